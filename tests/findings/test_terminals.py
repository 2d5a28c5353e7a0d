"""Texts as a terminal shows them."""

from __future__ import annotations

import pytest

from mxt.findings.terminals import LONGEST, clean, padded, places


def test_nothing_in_a_text_steers_the_terminal() -> None:
    assert clean("a\n b\tc") == "a b c"
    assert clean("\x1b[31mred\x07\u202e") == "\ufffd[31mred\ufffd\ufffd"
    assert len(clean("x" * 99)) == LONGEST


@pytest.mark.parametrize(
    ("text", "width"), [("age", 3), ("Größe", 5), ("Gro\u0308ße", 5), ("月額", 4), ("", 0)]
)
def test_a_text_is_as_wide_as_it_is_shown(text: str, width: int) -> None:
    assert places(text) == width
    assert padded(text, 6) == text + " " * (6 - width)
