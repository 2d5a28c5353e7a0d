"""Values as people write them, on pages and screens."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_CELL = 60
"""The most characters of a name or a cell on a page; longer texts lose their middle."""

LARGEST_WHOLE = 1e15
"""Numbers from this one on are written with an exponent."""

LONGEST_ITEM = 120
"""The most characters of an item of a list within a sentence."""

LONGEST_REASON = 300
"""The most characters of a reason, which is a sentence or two."""

LONGEST_LABEL = 30
"""The most characters of a label in a chart."""

_DIGEST = re.compile(r"^[0-9a-f]{64}$")
_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$")
_WORD = re.compile(r"[^\W\d][\w-]*")
_RESERVED = {"true", "false", "yes", "no", "on", "off", "null", "none", "y", "n"}
_SMALLEST_P = 0.001
_LEADING_DIGITS = 12


def number(value: float, digits: int = 4) -> str:
    """A number with a few significant digits, or without decimals if it is large; empty if it is NaN."""
    if math.isnan(value):
        return ""
    whole = 10**digits <= abs(value) < LARGEST_WHOLE
    return f"{value:,.0f}" if whole else f"{value:.{digits}g}"


def share(value: float) -> str:
    """A share in per cent; "unknown" if it is NaN."""
    return "unknown" if math.isnan(value) else f"{100 * value:.1f} %"


def interval(value: float, low: float, high: float) -> str:
    """A number followed by its interval; an end that is NaN is written as a question mark."""
    ends = [number(end) or "?" for end in (low, high)]
    return number(value) if ends == ["?", "?"] else f"{number(value)} ({ends[0]} to {ends[1]})"


def p_value(p: float) -> str:
    """A p-value with three decimals; below 0.001, as "< 0.001"."""
    if math.isnan(p):
        return ""
    return "< 0.001" if p < _SMALLEST_P else f"{p:.3f}"


def count(amount: int, noun: str, plural: str = "") -> str:
    """An amount with its noun, such as "1 row" or "1,409 rows"."""
    return f"{amount:,} {noun if amount == 1 else plural or f'{noun}s'}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first `most` names, and the number of further ones."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(shortened(name, LONGEST_ITEM) for name in names[:most])}{more}"


def in_yaml(names: Sequence[str]) -> str:
    """Names as the elements of a list in YAML, quoted where they are no plain words."""
    plain = [name if _WORD.fullmatch(name) else json.dumps(name, ensure_ascii=False) for name in names]
    return ", ".join(name if name.lower() not in _RESERVED else f'"{name}"' for name in plain)


def shortened(text: str, most: int = LONGEST_CELL) -> str:
    """The text on one line, in quotes if it has blanks at an end; a long text loses its middle."""
    line = _one_line(text)
    if len(line) <= most:
        return line
    head = (most - 1) // 2 + 1
    return f"{line[:head]}…{line[head - most + 1 :]}"


def _one_line(text: str) -> str:
    """The text on one line, in quotes if it has blanks at an end."""
    blank = text.strip() and text != text.strip(" \t\xa0")
    return " ".join((repr(text) if blank else text).split())


def stated(value: object) -> str:
    """A fact as a person writes it; empty for an unknown number or an empty text."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return number(value)
    text = _one_line(str(value))
    if _DIGEST.match(text):
        return f"{text[:_LEADING_DIGITS]}…"
    if _MOMENT.match(text):
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return text
