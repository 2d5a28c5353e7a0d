"""Means of a table by a sample of it: known answers, intervals that hold often enough, exact merging."""

from __future__ import annotations

import numpy as np
import pytest

from mxt.stats.intervals import interval
from mxt.stats.strata import FEWEST, Strata, together

BANDS = 10
ROWS = 2000


def table(seed: int = 0, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of two columns and two outputs that differ between strata, and the strata of each output."""
    chance = np.random.default_rng(seed)
    score = chance.normal(size=(rows, 2))
    strata = np.stack(
        [np.searchsorted(np.quantile(of, np.linspace(0, 1, BANDS + 1)[1:-1]), of) for of in score.T], 1
    )
    sizes = np.abs(score[:, None, :] * [[1.0], [0.5]] + 0.3 * chance.standard_normal((rows, 2, 2)))
    return sizes, strata


def taken(seed: int, rate: float = 0.1) -> np.ndarray:
    return np.random.default_rng((7, seed)).random(ROWS) < rate


def of(strata: np.ndarray, chosen: np.ndarray, sizes: np.ndarray) -> Strata:
    return Strata.of(strata, chosen, sizes[chosen], BANDS)


def test_a_sample_of_all_rows_tells_the_mean_without_error() -> None:
    sizes, strata = table()
    whole = of(strata, np.ones(ROWS, dtype=bool), sizes)
    assert (whole.rows, whole.rows_sampled) == (ROWS, ROWS)
    for output in (0, 1):
        found = whole.means(output)
        assert found.means == pytest.approx(sizes[:, :, output].mean(axis=0), rel=1e-14)
        assert (found.errors == 0).all()


def test_two_strata_by_hand() -> None:
    """Of 20 and 60 rows 5 each: means 3 and 10, variances 2.5 and 10."""
    strata = np.repeat([0, 1], [20, 60])[:, None]
    chosen = np.zeros(80, dtype=bool)
    chosen[[0, 1, 2, 3, 4, 20, 21, 22, 23, 24]] = True
    values = np.array([1.0, 2, 3, 4, 5, 6, 8, 10, 12, 14]).reshape(10, 1, 1)
    found = Strata.of(strata, chosen, values, 2).means(0)
    terms = np.array([0.25**2 * 0.75 * 2.5 / 5, 0.75**2 * (55 / 60) * 10 / 5])
    assert found.means == pytest.approx(0.25 * 3 + 0.75 * 10)
    assert found.errors == pytest.approx(np.sqrt(terms.sum()))
    assert found.freedom == pytest.approx(terms.sum() ** 2 / (terms**2 / 4).sum())


@pytest.mark.parametrize("rate", [0.03, 0.1, 0.5])
def test_nineteen_intervals_of_twenty_hold_the_mean_of_the_whole_table(rate: float) -> None:
    sizes, strata = table()
    truth = sizes.mean(axis=0)
    held = []
    for seed in range(400):
        for output in (0, 1):
            means, errors, freedom = of(strata, taken(seed, rate), sizes).means(output)
            found = interval(means, errors, freedom)
            held.append((found.low <= truth[:, output]) & (truth[:, output] <= found.high))
    assert np.mean(held, axis=0) == pytest.approx(0.95, abs=0.03)


def test_strata_tell_more_than_a_simple_sample_and_never_much_less() -> None:
    sizes, strata = table()
    idle = np.random.default_rng(5).integers(0, BANDS, strata.shape)
    truth = sizes[:, :, 0].mean(axis=0)
    far: dict[str, list[np.ndarray]] = {"strata": [], "idle": [], "simple": []}
    for seed in range(300):
        chosen = taken(seed)
        far["strata"].append(of(strata, chosen, sizes).means(0).means - truth)
        far["idle"].append(of(idle, chosen, sizes).means(0).means - truth)
        far["simple"].append(sizes[chosen][:, :, 0].mean(axis=0) - truth)
    error = {name: np.sqrt(np.mean(np.square(found), axis=0)) for name, found in far.items()}
    assert (error["strata"] < 0.8 * error["simple"]).all()
    assert (error["idle"] < 1.1 * error["simple"]).all()


def test_cuts_orders_and_files_change_no_bit() -> None:
    sizes, strata = table()
    chosen = taken(1)
    whole = of(strata, chosen, sizes).to_bytes()
    order = np.random.default_rng(2).permutation(ROWS)
    cuts = np.split(order, [1, 2, 300, 301, 1900])
    parts = [of(strata[rows], chosen[rows], sizes[rows]).to_bytes() for rows in cuts]
    assert together(map(Strata.from_bytes, parts)).to_bytes() == whole


@pytest.mark.parametrize(
    ("sampled", "groups"),
    [([9, 9], 2), ([9, 4], 1), ([4, 9], 1), ([0, 9, 0, 9, 0], 2), ([3, 3, 9], 2), ([1], 1), ([2, 2], 1)],
)
def test_strata_of_few_rows_are_put_together(sampled: list[int], groups: int) -> None:
    """Groups are counted by the degrees of freedom of a column that is 0."""
    strata = np.repeat(range(len(sampled)), 10)[:, None]
    chosen = np.concatenate([np.arange(10) < count for count in sampled])
    found = Strata.of(strata, chosen, np.zeros((sum(sampled), 1, 1)), len(sampled)).means(0)
    assert found.freedom == max(1, sum(sampled) - groups)
    assert found.means == 0


def test_one_sampled_row_has_no_error() -> None:
    strata = np.zeros((FEWEST, 1), dtype=int)
    found = Strata.of(strata, np.arange(FEWEST) == 2, np.ones((1, 1, 1)), 1).means(0)
    assert found.means == 1
    assert np.isnan(found.errors)
