"""Tables as pandas writes them, set as a printer would: one head row, numbers to the right.

>>> cell("<td>-3 %</td>")
'-3 %'
"""

import re
from itertools import cycle

# pandas gives an index with a name a second head row of its own
HEAD = re.compile(
    r"(<thead>\s*<tr[^>]*>)\s*<th>[^<]*</th>(?P<names>.*?)</tr>\s*<tr>\s*(?P<index><th>[^<]+</th>)"
    r"(?:\s*<th></th>)+\s*</tr>",
    re.DOTALL,
)
# a sign, digits, a unit, an interval in brackets; or a dash, or nothing
NUMBER = re.compile(r"[+\N{MINUS SIGN}-]?[\d,.]+(\s[%a-zA-Z ]+)?( \(.*\))?|\N{EN DASH}|")


def fix_html(page: str) -> str:
    """Every table of pandas's on a page of HTML, set as this module says."""
    page = re.sub(r"<style scoped>.*?</style>", "", page, flags=re.DOTALL)  # the book has its own
    frame = re.compile(r'<table border="1" class="dataframe">.*?</table>', re.DOTALL)
    return frame.sub(lambda match: table(match[0]), page)


def table(text: str) -> str:
    """One table: the index's name in the head row, `class="number"` on columns of numbers."""
    text = HEAD.sub(r"\1\g<index>\g<names></tr>", text)
    # a hyphen before a number is a minus
    text = re.sub(r"(?<=[>( ])-(?=\d)", "\N{MINUS SIGN}", text)
    rows = [re.findall(r"<t[hd][^>]*>.*?</t[hd]>", row, re.DOTALL) for row in text.split("</tr>")]
    rows = [row for row in rows if row]
    if len({len(row) for row in rows}) != 1:  # spans: left as they are
        return text
    # a column stands to the right where each of its cells below the head is a number
    columns = zip(*rows, strict=True)
    # cells come row by row, so the columns take turns
    right = cycle([all(NUMBER.fullmatch(cell(c)) for c in column[1:]) for column in columns])
    return re.sub("(?<=<t[hd])(?=[ >])", lambda _: ' class="number"' * next(right), text)


def cell(text: str) -> str:
    """What stands in a cell, without its tags."""
    return re.sub(r"<[^>]*>", "", text).strip()
