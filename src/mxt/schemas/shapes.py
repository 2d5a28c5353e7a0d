"""Texts that were meant as numbers: how they are written, in words that show no cell."""

from __future__ import annotations

import heapq
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from numbers import Number
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    import pyarrow as pa

MOST_CHARACTERS = 24
"""Characters of a shape; a longer text ends in three dots."""

MOST_SHAPES = 3
"""Shapes that a hint shows, the most frequent ones."""

MOST_TEXTS = 10_000
"""Different texts whose shapes are counted."""

LEAST_SHARE = 0.5
"""The share of a column's values that must be numbers, however written, for it to be a column of numbers."""

ALIKE = {" ": " \u00a0\u2009\u202f", "'": "'\u2019"}
"""Separators that look alike: blanks of four widths, and two apostrophes."""

_DIGIT = r"\p{Nd}"

FORMS = (
    (".", ""),
    (".", ","),
    (".", " "),
    (".", "'"),
    (".", "_"),
    (",", ""),
    (",", "."),
    (",", " "),
    (",", "'"),
    (",", "_"),
)
"""Decimal separators with thousands separators, the plainest first."""


@dataclass(frozen=True)
class NumberHint:
    """Why a column of numbers is one of texts, and which lines of a config make numbers of them."""

    values: int
    """Values that are not missing."""
    others: int
    """Values among them that are no numbers as they are written."""
    decimal: str
    """The decimal separator with which the most values are numbers."""
    thousands: str
    """The thousands separator with which the most values are numbers; empty for none."""
    shapes: tuple[str, ...]
    """The shapes of the values that are no numbers, but have digits; the three most frequent at most."""
    advice: tuple[str, ...]
    """What these values are, and what to write in the reader, in a few words each."""

    def sentence(self, name: str) -> str:
        """Such as ``3 of 5,960 values of LOAN are no numbers: '9,999'-like; set `thousands: ','```."""
        are = "is no number" if self.others == 1 else "are no numbers"
        return f"{self.others:,} of {self.values:,} values of {name} {are}: {'; '.join(self.advice)}"

    def __str__(self) -> str:
        return self.sentence("the column")


def shape(text: str) -> str:
    """A text with 9 for each digit, and a for each letter: ``1,100`` is ``9,999``."""
    signs = "".join(map(_sign, text[:MOST_CHARACTERS]))
    return signs + "..." * (len(text) > MOST_CHARACTERS)


def shapes(texts: Iterable[str]) -> tuple[str, ...]:
    """The most frequent shapes of texts."""
    return _shapes(Counter(texts))


def number_shape(values: Iterable[object]) -> NumberHint | None:
    """How the texts of a column were meant as numbers.

    None if all values are numbers as they are, or if the column is one of texts: fewer than half of its
    values are numbers, however they are written.

    Args:
        values: The column's cells; what is missing may be among them.
    """
    import numpy as np

    known = [value for value in values if isinstance(value, str) or _is_number(value)]
    cells = Counter(value for value in known if isinstance(value, str))
    texts, counts = [*cells], np.array([*cells.values()], np.int64)
    matches = numbers_by_form(texts)
    best = max(FORMS, key=lambda form: int(counts[matches[form]].sum()))  # of equal forms the plainest
    others, read, digits = ~matches[FORMS[0]], matches[best], _matching(_arrow(texts), _DIGIT)
    numbers = len(known) - int(counts[~read].sum())
    if not others.any() or numbers < LEAST_SHARE * len(known):
        return None

    def those(chosen: np.ndarray) -> dict[str, int]:
        return {texts[place]: int(counts[place]) for place in np.flatnonzero(chosen)}

    equal = any((matches[form] == read).all() for form in FORMS if form == (best[1], ""))
    words = those(others & ~read & ~digits)
    advice = [
        *_dialect(those(others & read), best, equal=equal),
        *_units(those(others & ~read & digits)),
        *_words(words, alone=not (others & (read | digits)).any()),
    ]
    forms = _shapes(those(others & digits))
    return NumberHint(len(known), int(counts[others].sum()), *best, forms, tuple(advice))


def numbers_by_form(texts: Sequence[str]) -> dict[tuple[str, str], np.ndarray]:
    """Which texts are numbers with each pair of separators in `FORMS`: booleans, shape (texts,)."""
    cells = _arrow(texts)
    return {form: _matching(cells, number_pattern(*form)) for form in FORMS}


def number_pattern(decimal: str, thousands: str) -> str:
    """The regular expression of a number with these separators; its groups have three digits."""
    whole = "[0-9]+"
    if thousands:
        between = f"[{re.escape(ALIKE.get(thousands, thousands))}]"
        whole = f"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{between}[0-9]{{3}})+)"
    point = re.escape(decimal)
    return rf"^\s*[+-]?(?:{whole}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$"


def _arrow(texts: Sequence[str]) -> pa.Array:
    """Texts of Arrow, with question marks for what UTF-8 has no form for."""
    import pyarrow as pa

    cells = [text.encode(errors="replace") for text in texts]
    return pa.array(cells, pa.large_binary()).cast(pa.large_string())


def _matching(texts: pa.Array, pattern: str) -> np.ndarray:
    """Whether each text matches a regular expression."""
    import pyarrow.compute as pc

    matches: np.ndarray = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return matches


def _dialect(solved: Mapping[str, int], form: tuple[str, str], *, equal: bool) -> list[str]:
    """Which separators make numbers of values; `equal` if the second would do as a decimal separator too."""
    if not solved:
        return []
    named = (("decimal", form[0] if form[0] != "." else ""), ("thousands", form[1]))
    lines = " and ".join(f"`{_line(name, sign)}`" for name, sign in named if sign)
    choice = f" (or `{_line('decimal', form[1])}`, if it starts a fraction)" if equal else ""
    return [f"{_like(solved)}; set {lines}{choice}"]


def _line(name: str, sign: str) -> str:
    """A line of a config."""
    return f'{name}: "{sign}"' if sign == "'" else f"{name}: '{sign}'"


def _units(texts: Mapping[str, int]) -> list[str]:
    """What values with digits are that no separators make numbers of."""
    return [f"{_like(texts)}, which no separators explain; mend them in the source"] if texts else []


def _like(texts: Mapping[str, int]) -> str:
    return f"{', '.join(map(repr, _shapes(texts)))}-like"


def _words(texts: Mapping[str, int], *, alone: bool) -> list[str]:
    """What values without digits are, whose spelling would be a cell; `alone` without other values."""
    if not texts:
        return []
    count = "" if alone else f"{sum(texts.values()):,} of them "
    if not any(text.strip() for text in texts):
        return [f'{count}blanks; if they mean missing, set `missing: ["", " "]`']
    if len(texts) > 1:
        what = f"{len(texts):,} texts without digits"
        return [f"{count}{what}; add the spellings that mean missing to `missing`"]
    padded = any(text != text.strip() for text in texts)
    what = f"one text without digits{', which begins or ends with a blank' if padded else ''}"
    return [f"{count}{what}; if it means missing, add its spelling to `missing`"]


def _shapes(texts: Mapping[str, int]) -> tuple[str, ...]:
    """The most frequent shapes of texts; of many texts, the first by their ends are looked at."""
    counts: Counter[str] = Counter()
    for text in heapq.nsmallest(MOST_TEXTS, texts, key=lambda text: text[::-1]):
        counts[shape(text)] += texts[text]
    ordered = sorted(counts, key=lambda form: (-counts[form], form))
    return tuple(ordered[:MOST_SHAPES])


def _is_number(value: object) -> bool:
    return isinstance(value, Number) and value == value  # noqa: PLR0124 - NaN differs from itself


def _sign(sign: str) -> str:
    """The sign that stands for a character: 9, a, a separator or currency as it is, or a tilde."""
    if sign.isdecimal():
        return "9"
    kind = unicodedata.category(sign)
    if kind[0] in "LM":
        return "a"
    return sign if kind[0] == "P" or kind in ("Zs", "Sc", "Sm") else "~"
