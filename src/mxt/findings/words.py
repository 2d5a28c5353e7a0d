"""Values as people write them, on pages and screens."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_CELL = 60
"""Characters of a name or a cell on a page; a longer one loses its middle."""

LARGEST_WHOLE = 1e15
"""From here on a number is written with an exponent."""

LONGEST_ITEM = 120
"""Characters of an item of a list in a sentence."""

LONGEST_REASON = 300
"""Characters of a reason, which is a sentence or two."""

LONGEST_LABEL = 30
"""Characters of a label in a chart."""

_DIGEST = re.compile(r"^[0-9a-f]{64}$")
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$")
_SMALLEST_P = 0.001
_LEADING_DIGITS = 12


def number(value: float, digits: int = 4) -> str:
    """A number with a few significant digits, a large one whole; empty if it is not known."""
    if math.isnan(value):
        return ""
    whole = 10**digits <= abs(value) < LARGEST_WHOLE
    return f"{value:,.0f}" if whole else f"{value:.{digits}g}"


def share(value: float) -> str:
    """A share in per cent; "unknown" if it is not known."""
    return "unknown" if math.isnan(value) else f"{100 * value:.1f} %"


def interval(value: float, low: float, high: float) -> str:
    """A number with its interval behind it, as far as they are known."""
    ends = [number(end) or "?" for end in (low, high)]
    return number(value) if ends == ["?", "?"] else f"{number(value)} ({ends[0]} to {ends[1]})"


def p_value(p: float) -> str:
    """A p-value: three decimals, and nothing more exact than below 0.001."""
    if math.isnan(p):
        return ""
    return "< 0.001" if p < _SMALLEST_P else f"{p:.3f}"


def count(amount: int, noun: str, plural: str = "") -> str:
    """How many there are, such as "1 row" or "1,409 rows"."""
    return f"{amount:,} {noun if amount == 1 else plural or f'{noun}s'}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(shortened(name, LONGEST_ITEM) for name in names[:most])}{more}"


def shortened(text: str, most: int = LONGEST_CELL) -> str:
    """The text on one line; a long one without its middle, since names often differ at their ends."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    head = (most - 1) // 2 + 1
    return f"{line[:head]}…{line[head - most + 1 :]}"


def stated(value: object) -> str:
    """A fact as a person writes it; empty if there is nothing to say."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return number(value)
    text = " ".join(str(value).split())
    if _DIGEST.match(text):
        return f"{text[:_LEADING_DIGITS]}…"
    if _MOMENT.match(text):
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return text
