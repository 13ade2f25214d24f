"""Numbers as the prose says them."""

import re
from collections.abc import Iterable

import numpy as np

UNKNOWN = "–"  # shown where a number cannot be computed: never nan


def percent(fraction: float | None, digits: int = 1) -> str:
    """0.614 → '61.4 %'; nothing or nan → '–'."""
    if fraction is None or np.isnan(fraction):
        return UNKNOWN
    return f"{100 * fraction:.{digits}f} %"


def span(low: float, high: float, digits: int = 1) -> str:
    """An interval of fractions: (0.58, 0.64) → '58.0 to 64.0 %'; nan → '–'."""
    if np.isnan(low) or np.isnan(high):
        return UNKNOWN
    return f"{100 * low:.{digits}f} to {100 * high:.{digits}f} %"


def listing(words: Iterable[str], nothing: str = "none") -> str:
    """['fear', 'sad', 'angry'] → 'fear, sad and angry'; no words → `nothing`."""
    *most, last = list(words) or [nothing]
    return f"{', '.join(most)} and {last}" if most else last


def plural(n: int, noun: str) -> str:
    """(1, 'face') → '1 face'; (1200, 'face') → '1,200 faces'."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def estimate(value: float, low: float, high: float) -> str:
    """A share with its interval: '61.4 % (58.0 to 64.0 %)'; what is nan is left out."""
    if np.isnan(value) or np.isnan(low):
        return percent(value)
    return f"{percent(value)} ({span(low, high)})"


def plain(text: str) -> str:
    r"""Text from outside as Markdown that shows it as it stands: 'a_<b>.zip' → 'a\_\<b\>.zip'."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#+!|&$~^=@-])", r"\\\1", text)
    return re.sub(r"^(\d*)([.):%])", r"\1\\\2", escaped)  # a list, a fence, a comment
