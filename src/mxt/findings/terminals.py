"""Texts on a terminal: on one line, without signs that steer it, in columns of equal width."""

from __future__ import annotations

import unicodedata

from mxt.findings.words import shortened

LONGEST = 32
"""The most characters of a name or a value."""


def clean(text: object) -> str:
    """A text on one line, shortened, without characters that steer a terminal."""
    line = " ".join(str(text).split())
    return shortened(
        "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line), LONGEST
    )


def places(text: str) -> int:
    """The width of a text on a screen, where some signs take two places and some none."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def padded(text: str, width: int) -> str:
    """The text with blanks behind it, so that it takes `width` places on a screen."""
    return text + " " * (width - places(text))
