"""Profiles add up, lose nothing that a measure needs, and stay small."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drift.raw import reference_values
from mxt.drift.base import Drift
from mxt.drift.base.profiles import Profile, digest, merged, to_bytes
from mxt.errors import DataError
from mxt.kinds import members

MEASURES = {name: kind() for name, kind in members(Drift).items()}

numbers = st.one_of(
    st.integers(-3, 3).map(float),  # ties
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, np.nan, 5e-324, 0.1 + 0.2, 0.3]),
)
texts = st.one_of(st.sampled_from(["a", "b", "B", ""]), st.text(max_size=3), st.none())
flags = st.booleans()


def columns(cells: st.SearchStrategy[Any], dtype: str) -> st.SearchStrategy[pd.Series]:
    """Columns of one type, with at least a row."""
    return st.lists(cells, min_size=1, max_size=40).map(lambda found: pd.Series(found, dtype=dtype, name="x"))


pairs = st.one_of(
    st.tuples(columns(numbers, "float64"), columns(numbers, "float64")),
    st.tuples(columns(st.integers(-9, 9), "int64"), columns(st.integers(-9, 9), "int64")),
    st.tuples(columns(texts, "str").map(lambda column: column.astype("category")), columns(texts, "str")),
    st.tuples(columns(texts, "str"), columns(texts, "str")),
    st.tuples(columns(flags, "bool"), columns(flags, "bool")),
)


def numbers_at(*cells: float) -> pd.Series:
    return pd.Series(cells, name="x", dtype="float64")


def test_numbers_are_counted_at_and_between_those_of_the_reference() -> None:
    reference = Profile.of(numbers_at(2, 1, 2, np.nan))
    assert reference.values.tolist() == [1, 2]
    assert reference.counts.tolist() == [0, 1, 0, 2, 0, 1]
    current = reference.like(numbers_at(0, -5, 1, 1.5, 2, 2, 2, 9, np.nan, np.nan))
    assert current.counts.tolist() == [2, 1, 1, 3, 1, 2]
    assert (current.rows, current.missing) == (10, 2)


def test_categories_are_counted_by_those_of_the_reference() -> None:
    known = pd.CategoricalDtype(["b", "a", "rare"])
    reference = Profile.of(pd.Series(["b", "a", "b", None], name="x", dtype=known))
    assert reference.values.tolist() == ["a", "b", "rare"]
    assert reference.counts.tolist() == [1, 2, 0, 0, 1]
    current = reference.like(pd.Series(["a", "c", "d", "rare", "d", None], name="x", dtype="str"))
    assert current.counts.tolist() == [1, 0, 1, 3, 1]


@pytest.mark.parametrize(
    "cells", [["a", "b", None, "b"], [pd.Timestamp(2026, 1, 1), None, pd.Timestamp(2026, 1, 2)]]
)
def test_free_texts_and_times_are_counted_together(cells: Any) -> None:
    reference = Profile.of(pd.Series(cells, name="x"))
    assert reference.counts.tolist() == [len(cells) - 1, 1]
    assert reference.like(pd.Series(["c", None, None], dtype="str")).counts.tolist() == [1, 2]
    assert not reference.closed


@pytest.mark.parametrize(
    "part",
    [
        pd.Series([True, False, True]),
        pd.Series([True, False, True, None], dtype="boolean"),
        pd.Series([1.0, 0.0, 1.0, np.nan]),
        pd.Series([1, 0, 1]),
    ],
)
def test_booleans_are_the_same_where_some_are_missing(part: pd.Series) -> None:
    for column in (pd.Series([True, True], name="x"), pd.Series([True, None], name="x", dtype="boolean")):
        current = Profile.of(column).like(part)
        assert current.counts.tolist() == [1, 2, 0, len(part) - 3]


@settings(deadline=None, max_examples=300)
@given(pair=pairs)
def test_measures_tell_of_counts_what_they_tell_of_columns(pair: tuple[pd.Series, ...]) -> None:
    before, after = pair
    reference = Profile.of(before)
    current = reference.like(after)
    for name, measure in MEASURES.items():
        if measure.applies_to(reference):
            found = measure.compare(reference, current)
            statistic, p_value = reference_values(name, before, after)
            assert found.statistic == pytest.approx(statistic, rel=1e-12, abs=1e-12), name
            assert (found.p_value is None) == (p_value is None), name
            assert p_value is None or found.p_value == pytest.approx(p_value, rel=1e-12, abs=1e-12), name


@settings(deadline=None)
@given(pair=pairs, cuts=st.lists(st.integers(0, 40), max_size=5), seed=st.integers(0, 99))
def test_counts_of_parts_add_up_in_any_order(pair: tuple[pd.Series, ...], cuts: list[int], seed: int) -> None:
    before, after = pair
    references = [Profile.of(before), Profile.of(after.rename("y"))]
    stops = sorted({0, len(after), *(cut for cut in cuts if cut < len(after))})
    states = []
    for start, stop in pairwise(stops):
        part = after.iloc[start:stop]
        states.append(to_bytes(reference.like(part) for reference in references))
    np.random.default_rng(seed).shuffle(states)
    for found, reference in zip(merged(references, states), references, strict=True):
        assert found.counts.tolist() == reference.like(after).counts.tolist()
        assert found.column == reference.column


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (numbers_at(1, 2, 3), pd.Series([1, 3], dtype="int64")),
        (numbers_at(1, 2, 3), pd.Series([1, 3], dtype="float32")),
        (numbers_at(1, 2, 3), pd.Series([1, 3], dtype="Int64")),
        (numbers_at(0, 1, 3), pd.Series([True, False])),
        (pd.Series(["1", "2", "3"], name="x", dtype="category"), pd.Series(["1", "2"])),
        (pd.Series(["1", "2", "3"], name="x", dtype="category"), pd.Series(["2", "1"], dtype="category")),
    ],
)
def test_the_type_of_a_part_does_not_matter(before: pd.Series, after: pd.Series) -> None:
    current = Profile.of(before).like(after)
    seen = current.present[1::2] if current.numeric else current.present[:-1]
    assert (current.rows, seen.sum()) == (2, 2)


@pytest.mark.parametrize(
    "before",
    [
        numbers_at(1, 2),
        pd.Series(["a"], name="x"),
        pd.Series(["a"], name="x", dtype="category"),
        pd.Series([True], name="x"),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "object", "str"])
def test_a_part_may_have_no_value_at_all(before: pd.Series, dtype: str) -> None:
    current = Profile.of(before).like(pd.Series([None] * 3, dtype=dtype))
    assert (current.rows, current.missing) == (3, 3)


def test_a_reference_may_have_no_value_at_all() -> None:
    reference = Profile.of(numbers_at(np.nan, np.nan))
    assert reference.like(numbers_at(4, np.nan, 5)).counts.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (numbers_at(1, 2), pd.Series(["4711", "x"])),
        (numbers_at(1, 2), pd.Series(["4711", None])),
        (pd.Series(["a"], name="x"), numbers_at(4711)),
        (pd.Series(["a"], name="x", dtype="category"), numbers_at(4711)),
        (pd.Series([True], name="x"), numbers_at(4711)),
        (pd.Series([True], name="x"), numbers_at(0, 1, 4711)),
        (pd.Series([True], name="x"), pd.Series(["4711"])),
    ],
)
def test_values_of_another_type_are_not_compared(before: pd.Series, after: pd.Series) -> None:
    held = Profile.of(before).holds
    with pytest.raises(DataError, match=f"'x' holds {held} in the reference, something else here") as error:
        Profile.of(before).like(after)
    assert "4711" not in str(error.value)


def test_a_state_is_as_small_as_its_part_or_the_reference() -> None:
    chance = np.random.default_rng(0)
    reference = Profile.of(pd.Series(chance.normal(size=100_000), name="x"))
    few = reference.like(pd.Series(chance.normal(size=10)))
    assert len(to_bytes([few])) < 400
    texts = Profile.of(pd.Series(["a", "b"], name="x", dtype="category"))
    unseen = texts.like(pd.Series([f"free text {row}" for row in range(10_000)]))
    assert unseen.counts.tolist() == [0, 0, 10_000, 0]
    assert len(to_bytes([unseen])) < 100


@pytest.mark.parametrize(
    "other",
    [
        numbers_at(1, 2, 4),
        numbers_at(1, 2, 3).rename("y"),
        pd.Series(["1.0", "2.0", "3.0"], name="x", dtype="category"),
        pd.Series(["1.0", "2.0", "3.0"], name="x"),
    ],
)
def test_the_digest_is_that_of_the_values(other: pd.Series) -> None:
    known = digest([Profile.of(numbers_at(1, 2, 3))])
    assert known == digest([Profile.of(numbers_at(3, 2, 1, 1, np.nan))])
    assert known != digest([Profile.of(other)])


@pytest.mark.parametrize(
    ("cells", "listed"),
    [
        (pd.Categorical(["a", "b"], ["a", "b", "c"]), True),
        (pd.Categorical(["a"] * 3 + ["b"] * 3), True),
        (pd.Categorical(["a"] * 9 + ["b"] * 2), False),
        (pd.Categorical(["a", "b", None]), False),
    ],
)
def test_categories_are_a_list_if_one_is_absent_or_none_is_rare(cells: Any, listed: bool) -> None:  # noqa: FBT001 - a parameter of the test
    column = pd.Series(cells, name="x")
    assert Profile.of(column).listed == listed
    assert [Profile.of(column, listed=given).listed for given in (True, False)] == [True, False]
    assert digest([Profile.of(column, listed=True)]) == digest([Profile.of(column, listed=False)])
