"""What is made of parts fails by one known part, and is unknown by one unknown part otherwise."""

from __future__ import annotations

import itertools
import math

import pytest

from mxt.stats.verdicts import every, kept


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((True, True), True),
        ((True, False), False),
        ((None, False), False),
        ((None, True), None),
        ((None,), None),
        ((), None),
    ],
)
def test_a_known_part_that_fails_fails_the_whole(
    parts: tuple[bool | None, ...],
    expected: bool | None,  # noqa: FBT001 - a case
) -> None:
    assert {every(order) for order in itertools.permutations(parts)} == {expected}


@pytest.mark.parametrize(
    ("beyond", "expected"), [(0.0, True), (-1.0, True), (1e-300, False), (math.inf, False), (math.nan, None)]
)
def test_a_limit_that_is_reached_is_kept(beyond: float, expected: bool | None) -> None:  # noqa: FBT001 - a case
    assert kept(beyond) is expected
