"""What every drift measure owes: silence for samples of one distribution, an alarm for another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import yaml

from drift.raw import compare
from mxt.drift.base import Drift
from mxt.drift.base.profiles import Profile
from mxt.kinds import members
from mxt.kinds.texts import example_of

if TYPE_CHECKING:
    from collections.abc import Callable

MEASURES = {name: kind(**yaml.safe_load(example_of(kind))) for name, kind in members(Drift).items()}


def numbers(chance: np.random.Generator, rows: int) -> pd.Series:
    """Standard normal numbers."""
    return pd.Series(chance.normal(size=rows), name="x")


def counts(chance: np.random.Generator, rows: int) -> pd.Series:
    """Small whole numbers with many ties."""
    return pd.Series(chance.poisson(2, size=rows), name="x")


def categories(chance: np.random.Generator, rows: int) -> pd.Series:
    """One of five known texts, none rarer than one row in twenty."""
    drawn = chance.choice(list("abcde"), size=rows, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    return pd.Series(drawn, name="x", dtype=pd.CategoricalDtype(list("abcde")))


def flags(chance: np.random.Generator, rows: int) -> pd.Series:
    """Booleans."""
    return pd.Series(chance.random(rows) < 0.3, name="x")


def with_gaps(chance: np.random.Generator, rows: int) -> pd.Series:
    """Numbers of which a third is missing."""
    return numbers(chance, rows).where(chance.random(rows) > 1 / 3)


def texts_with_gaps(chance: np.random.Generator, rows: int) -> pd.Series:
    """Texts of which a tenth is missing."""
    return categories(chance, rows).where(chance.random(rows) > 0.1)


def free_texts(chance: np.random.Generator, rows: int) -> pd.Series:
    """Texts that are never the same twice; a tenth is missing."""
    drawn = pd.Series([f"text {number}" for number in chance.integers(2**60, size=rows)], name="x")
    return drawn.where(chance.random(rows) > 0.1)


def times(chance: np.random.Generator, rows: int) -> pd.Series:
    """Moments of a year, to the microsecond; a tenth is missing."""
    drawn = pd.Timestamp("2026-01-01") + pd.to_timedelta(chance.integers(3 * 10**13, size=rows), "us")
    return pd.Series(drawn, name="x").where(chance.random(rows) > 0.1)


def sparse(chance: np.random.Generator, rows: int) -> pd.Series:
    """Numbers of which only one in a hundred is there."""
    return numbers(chance, rows).where(chance.random(rows) < 0.01)


def sparse_texts(chance: np.random.Generator, rows: int) -> pd.Series:
    """Known texts of which only one in a hundred is there."""
    return categories(chance, rows).where(chance.random(rows) < 0.01)


def sparse_flags(chance: np.random.Generator, rows: int) -> pd.Series:
    """Booleans of which only one in a hundred is there."""
    return flags(chance, rows).astype("boolean").where(chance.random(rows) < 0.01)


def rare_texts(chance: np.random.Generator, rows: int) -> pd.Series:
    """One of a hundred known texts, of which most are so rare that a sample lacks them."""
    known = [f"text {place}" for place in range(100)]
    weights = 1 / np.arange(1.0, 101) ** 2
    drawn = chance.choice(known, size=rows, p=weights / weights.sum())
    return pd.Series(drawn, name="x", dtype=pd.CategoricalDtype(known))


SAMPLERS = (numbers, counts, categories, flags, with_gaps, texts_with_gaps, free_texts, times)

SPARSE = (sparse, sparse_texts, sparse_flags, rare_texts)
"""Samplers of which few rows tell anything."""

CONSTANTS: dict[str, pd.Series] = {
    "a number": pd.Series([7.5] * 50, name="x"),
    "a category": pd.Series(["a"] * 50, name="x", dtype="category"),
    "a text": pd.Series(["a"] * 50, name="x"),
    "a boolean": pd.Series([True] * 50, name="x"),
    "missing numbers": pd.Series([np.nan] * 50, name="x"),
    "missing texts": pd.Series([None] * 50, name="x", dtype="str"),
    "missing categories": pd.Series([None] * 50, name="x", dtype=pd.CategoricalDtype(["a"])),
}


def pairs_with(*samplers: Callable[..., pd.Series]) -> pytest.MarkDecorator:
    """Each measure with each sampler of columns that it is for."""
    return pytest.mark.parametrize(
        ("name", "sampler"),
        [
            pytest.param(name, sampler, id=f"{name}-{sampler.__name__}")
            for name, measure in MEASURES.items()
            for sampler in samplers
            if measure.applies_to(Profile.of(sampler(np.random.default_rng(0), 5)))
        ],
    )


pairs = pairs_with(*SAMPLERS)


def test_every_column_has_a_measure() -> None:
    for sampler in SAMPLERS:
        sample = sampler(np.random.default_rng(0), 5)
        assert any(measure.applies_to(Profile.of(sample)) for measure in MEASURES.values())


@pairs
def test_identical_samples_do_not_drift(name: str, sampler: Callable[..., pd.Series]) -> None:
    sample = sampler(np.random.default_rng(1), 2000)
    found = compare(MEASURES[name], sample, sample)
    assert (found.column, found.method, found.statistic, found.drifted) == ("x", name, 0, False)
    assert found.p_value in {None, 1}


@pairs
def test_the_order_of_rows_does_not_matter(name: str, sampler: Callable[..., pd.Series]) -> None:
    chance = np.random.default_rng(2)
    before, after = sampler(chance, 300), sampler(chance, 200)
    shuffled = compare(
        MEASURES[name], before.sample(frac=1, random_state=1), after.sample(frac=1, random_state=2)
    )
    assert shuffled == compare(MEASURES[name], before, after)


@pairs
def test_a_column_that_changes_in_every_way_drifts(name: str, sampler: Callable[..., pd.Series]) -> None:
    chance = np.random.default_rng(3)
    before, after = sampler(chance, 2000), sampler(chance, 2000)
    match after.dtype.kind:
        case "i" | "f":
            changed = after + 3
        case "b":
            changed = (~after).astype("boolean")
        case _:
            changed = after.astype("str").where(after != after.iloc[0], "new")
    found = compare(MEASURES[name], before, changed.where(chance.random(2000) > 1 / 4))
    assert found.drifted
    assert found.statistic > found.threshold


@pairs_with(*SAMPLERS, *SPARSE)
@pytest.mark.parametrize(
    ("before", "after"), [(200, 200), pytest.param(5000, 5000, marks=pytest.mark.slow), (5000, 50)]
)
def test_no_change_raises_an_alarm_in_less_than_one_run_of_fifty(
    name: str, before: int, after: int, sampler: Callable[..., pd.Series]
) -> None:
    measure, alarms = members(Drift)[name](), 0
    for seed in range(200):
        chance = np.random.default_rng(seed)
        alarms += compare(measure, sampler(chance, before), sampler(chance, after)).drifted
    assert alarms < 4


@pytest.mark.parametrize("what", CONSTANTS)
@pytest.mark.parametrize("name", MEASURES)
def test_a_constant_column_has_not_moved(name: str, what: str) -> None:
    constant = CONSTANTS[what]
    if MEASURES[name].applies_to(Profile.of(constant)):
        found = compare(MEASURES[name], constant, constant.head(20))
        assert (found.statistic, found.drifted) == (0, False)


@pairs
def test_a_column_that_goes_missing_is_compared_all_the_same(
    name: str, sampler: Callable[..., pd.Series]
) -> None:
    sample = sampler(np.random.default_rng(4), 500)
    for before, after in ((sample, sample.where(sample.isna())), (sample.where(sample.isna()), sample)):
        if MEASURES[name].applies_to(Profile.of(before)):
            found = compare(MEASURES[name], before, after)
            assert np.isfinite(found.statistic)
            assert found.p_value is None or 0 <= found.p_value <= 1


@pairs
def test_a_large_statistic_of_few_rows_is_an_accident(name: str, sampler: Callable[..., pd.Series]) -> None:
    chance, measure = np.random.default_rng(5), members(Drift)[name]()
    found = [compare(measure, sampler(chance, 12), sampler(chance, 12)) for _ in range(50)]
    if name != "UnseenDrift":  # a new category is no accident
        assert sum(part.drifted for part in found) <= 1
    assert all(part.statistic >= 0 for part in found)
