"""Numbers as the prose says them."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

UNKNOWN = "–"  # shown where a number cannot be computed: never nan
OPEN = "inconclusive"  # the verdict where an interval allows both


def percent(fraction: float, digits: int = 1) -> str:
    """0.614 → '61.4 %'; nan → '–'."""
    return UNKNOWN if np.isnan(fraction) else f"{100 * fraction:.{digits}f} %"


def span(low: float, high: float) -> str:
    """An interval of fractions: (0.58, 0.64) → '58.0 to 64.0 %'; nan → '–'."""
    return UNKNOWN if np.isnan(low + high) else f"{100 * low:.1f} to {100 * high:.1f} %"


def listing(words: Iterable[str], nothing: str = "none") -> str:
    """['fear', 'sad', 'angry'] → 'fear, sad and angry'; no words → `nothing`."""
    *most, last = list(words) or [nothing]
    return f"{', '.join(most)} and {last}" if most else last


def plural(n: int, noun: str) -> str:
    """(1, 'face') → '1 face'; (1200, 'face') → '1,200 faces'."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def machine(processor: str, threads: int) -> str:
    """('AMD EPYC', 2) → '2 threads of AMD EPYC'; a graphics card has 0 → its name alone."""
    return f"{plural(threads, 'thread')} of {processor}" if threads else processor


def estimates(shares: Iterable, low: Iterable, high: Iterable) -> list[str]:
    """Shares with their intervals: '61.4 % (58.0 to 64.0 %)'; what is nan is left out."""
    rows = zip(shares, low, high, strict=True)
    return [percent(s) + ("" if np.isnan(s + a) else f" ({span(a, b)})") for s, a, b in rows]


def means(values: Iterable, low: Iterable, high: Iterable, sign: str = "") -> list[str]:
    """Means with their intervals: '0.42 (0.40 to 0.45)', with `sign` '+' '+0.42'; nan → '–'."""
    number = f"{{:{sign}.2f}}"
    form = f"{number} ({number} to {number})"
    rows = zip(values, low, high, strict=True)
    return [UNKNOWN if np.isnan(row[0]) else form.format(*row) for row in rows]


def plain(text: str) -> str:
    r"""Text from outside as Markdown that shows it as it stands: 'a_<b>.zip' → 'a\_\<b\>.zip'."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#+!|&$~^=@-])", r"\\\1", text)
    return re.sub(r"^(\d*)([.):%])", r"\1\\\2", escaped)  # a list, a fence, a comment


def as_text(table: pd.DataFrame, **forms: str | Callable[[Any], str]) -> pd.DataFrame:
    """The columns of a table that `forms` names, in its order, written out; nan → '–'.

    A form is a format string or a function. A name in `forms` may have _ for a space.
    """
    text = {
        name.replace("_", " "): [
            UNKNOWN if np.any(pd.isna(v)) else form.format(v) if isinstance(form, str) else form(v)
            for v in table[name]
        ]
        for name, form in forms.items()
    }
    return pd.DataFrame(text, index=table.index)
