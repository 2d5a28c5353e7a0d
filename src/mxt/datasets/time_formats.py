"""Formats of times that are not written as ISO 8601: which there are, and which one texts are written in."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""What the names of months begin with, in small letters."""

_LONG = "january february march april may june july august september october november december"

DIRECTIVES = {
    "d": ("0?[1-9]|[12][0-9]|3[01]", "0[1-9]|[12][0-9]|3[01]"),
    "m": ("0?[1-9]|1[0-2]", "0[1-9]|1[0-2]"),
    "Y": ("[0-9]{4}",),
    "y": ("[0-9]{2}",),
    "b": (f"(?i:{'|'.join(MONTHS)})",),
    "B": (f"(?i:{'|'.join(_LONG.split())})",),
    "H": ("[01]?[0-9]|2[0-3]", "[01][0-9]|2[0-3]"),
    "I": ("0?[1-9]|1[0-2]", "0[1-9]|1[0-2]"),
    "M": ("[0-5]?[0-9]", "[0-5][0-9]"),
    "S": ("[0-5]?[0-9]", "[0-5][0-9]"),
    "f": ("[0-9]{1,6}",),
    "p": ("(?i:am|pm)",),
}
"""What stands for the directives of a format; digits are padded where no sign parts two directives."""

_WITHIN = {"M": {"H", "I"}, "S": {"M"}, "f": {"S"}}
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
_DATES = tuple(
    form.replace("-", sign)
    for sign in "./-"
    for form in ("%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y", "%Y-%m-%d")
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M", "T%H:%M:%S")
COMMON = tuple(date + time for date in _DATES for time in _TIMES)
"""Formats that texts are compared with; of two that both fit, the one with the day first comes first."""
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")


def known_format(form: str) -> str:
    """A format of times, if it has a year and every directive of it is known, and stands in it once.

    Raises:
        ValueError: It has not; the message names the fault.
    """
    directives = _DIRECTIVE.findall(form)
    unknown = next((one for one in directives if one not in DIRECTIVES), None)
    repeated = next((one for one in directives if directives.count(one) > 1), None)
    known = {*directives}
    fault = ""
    if unknown is not None:
        zone = "; times with a zone are read if they are written as ISO 8601" if unknown in ("z", "Z") else ""
        listed = ", ".join(f"%{one}" for one in DIRECTIVES)
        fault = f"has '%{unknown}', and may have {listed}{zone}"
    elif not directives:
        fault = "has no directive, such as %d for the day"
    elif repeated is not None:
        fault = f"has '%{repeated}' twice"
    elif len(known & {"Y", "y"}) != 1:
        fault = "needs one year: %Y of four digits, or %y of two"
    elif len(known & {"m", "b", "B"}) != 1:
        fault = "needs one month: %m for its number, %b or %B for its English name"
    elif ("I" in known) != ("p" in known) or {"H", "I"} <= known:
        fault = "needs %p beside %I for hours up to 12, or %H alone for hours up to 23"
    elif any(small in known and not known & larger for small, larger in _WITHIN.items()):
        fault = "has a part of an hour without the larger ones: %H, %M, %S and %f follow one another"
    refuse(f"{form!r} {fault}" if fault else "")
    return form


def refuse(fault: str) -> None:
    """Raise a ValueError that a config's reader shows as it is, if there is a fault."""
    if fault:
        kind, form = "contradiction", "{fault}"
        raise PydanticCustomError(kind, form, {"fault": fault})


def contradiction(forms: Collection[str]) -> str:
    """The fault of formats of which two may fit one cell and mean other days; empty if there are none."""
    alike: dict[str, str] = {}
    for form in forms:
        places = re.sub("%[dmy]", "%?", form)
        if places.startswith("%Y-%?-%?") and not form.startswith("%Y-%m-%d"):
            return f"{form!r} contradicts ISO 8601, by which the month comes before the day after a year"
        if places in alike and alike[places] != form:
            both = f"{alike[places]!r} and {form!r}"
            return f"a cell may fit both {both}, which mean other days; keep one of them"
        alike[places] = form
    return ""


def line(forms: Collection[str]) -> str:
    """The line of a config that names formats."""
    return f"time_formats: [{', '.join(f'{chr(34)}{form}{chr(34)}' for form in forms)}]"


def advice(forms: Sequence[str], known: Sequence[str] = ()) -> str:
    """What to write in a reader for texts that may be written in either of some formats.

    Args:
        forms: What `formats_of` gives.
        known: Formats that the reader has already.
    """
    first, *second = (f'"{form}"' if known else f"`{line([form])}`" for form in forms)
    day, month = ("day", "month") if forms[0].startswith("%d") else ("month", "day")
    choice = f"{first} if the {day} comes first, {second[0]} if the {month} does" if second else first
    return f"add to `time_formats` {choice}" if known else f"set {choice} in `inputs`"


@cache
def pattern(form: str) -> str:
    """The regular expression of a format, with a group for each directive, named as the directive is."""
    padded = bool(re.search(r"%\w%", form))
    parts: list[str] = []
    for place, part in enumerate(_DIRECTIVE.split(form)):
        if place % 2:
            parts.append(f"(?P<{part}>{DIRECTIVES[part][-1 if padded else 0]})")
        else:
            parts.append(re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(part)))
    return f"^{''.join(parts)}$"


def formats_of(texts: Sequence[str], enough: float = 1.0) -> tuple[str, ...]:
    """The formats that fit the most of some texts: two if days and months cannot be distinguished.

    Texts that are all written as ISO 8601 need none.
    Where dots stand between the numbers, the day comes first unless the texts show otherwise.

    Args:
        texts: Different cells, without missing ones and blanks around them.
        enough: The share of the texts that must fit.
    """
    if all(map(_ISO.fullmatch, texts)):
        return ()
    fits = {form: sum(_fits(text, form) for text in texts) for form in _likely(texts)}
    most = max(fits.values(), default=0)
    if not most or most < enough * len(texts):
        return ()
    best = tuple(form for form in COMMON if fits.get(form) == most)
    return best[:1] if best[0][2] == "." else best


def unlike(texts: Sequence[str], form: str) -> int:
    """How many of some texts are no time by a format."""
    return sum(not _fits(text, form) for text in texts)


def _likely(texts: Sequence[str]) -> list[str]:
    """The formats that fit one of the first texts."""
    return [form for form in COMMON if any(_fits(text, form) for text in texts[:20])]


def _fits(text: str, form: str) -> bool:
    if not re.fullmatch(pattern(form), text):
        return False
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - times of a table have no zone
    except ValueError:
        return False
    return True
