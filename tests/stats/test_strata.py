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
    """Of 40 and 80 rows 12 and 18: means 2 and 10, variances 12 / 11 and 72 / 17."""
    strata = np.repeat([0, 1], [40, 80])[:, None]
    chosen = np.zeros(120, dtype=bool)
    chosen[[*range(12), *range(40, 58)]] = True
    values = np.array([1.0, 3.0] * 6 + [8.0, 12.0] * 9).reshape(30, 1, 1)
    found = Strata.of(strata, chosen, values, 2).means(0)
    terms = np.array([(1 / 3) ** 2 * (28 / 40) * (12 / 11) / 12, (2 / 3) ** 2 * (62 / 80) * (72 / 17) / 18])
    assert found.means == pytest.approx(2 / 3 + 20 / 3)
    assert found.errors == pytest.approx(np.sqrt(terms.sum()))
    assert found.freedom == pytest.approx(terms.sum() ** 2 / (terms**2 / [11, 17]).sum())


@pytest.mark.parametrize("rate", [0.03, *(pytest.param(rate, marks=pytest.mark.slow) for rate in (0.1, 0.5))])
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


@pytest.mark.parametrize("expected", [30, pytest.param(60, marks=pytest.mark.slow)])
def test_a_small_sample_has_no_bias_and_its_intervals_hold_as_often_as_they_say(expected: int) -> None:
    """Of a number that rises from stratum to stratum, which tells if one of them is counted too often.

    Of 2000 samples, a bias in standard deviations has a standard error of 1 / sqrt(2000) = 0.022, and a
    coverage of 0.95 one of sqrt(0.95 * 0.05 / 2000) = 0.005. Four of these are allowed for each.
    """
    chance, samples = np.random.default_rng(1), 2000
    score = np.sort(chance.normal(size=ROWS))
    sizes = (5 + score + 0.3 * chance.normal(size=ROWS)).reshape(-1, 1, 1)
    strata, truth = np.repeat(range(BANDS), ROWS // BANDS)[:, None], sizes.mean()
    chosen = [taken(seed, expected / ROWS) for seed in range(samples)]
    found = np.array([of(strata, rows, sizes).means(0) for rows in chosen])[:, :, 0]
    held = interval(*found.T)
    far = found[:, 0] - truth
    assert abs(far.mean()) < 4 / np.sqrt(samples) * far.std()
    coverage = np.mean((held.low <= truth) & (truth <= held.high))
    assert coverage == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / samples))


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
    ("population", "sampled", "groups"),
    [
        ([20, 20], [10, 10], 2),
        ([20, 20], [16, 4], 2),
        ([20, 20], [4, 16], 2),
        ([40, 10, 10], [20, 5, 5], 2),
        ([30, 10], [15, 5], 1),
        ([0, 20, 0, 20, 0], [0, 10, 0, 10, 0], 2),
        ([10], [1], 1),
        ([5, 5], [2, 2], 1),
    ],
)
def test_strata_are_put_together_by_the_rows_to_be_expected(
    population: list[int], sampled: list[int], groups: int
) -> None:
    assert groups_of(population, sampled) == groups


@pytest.mark.parametrize(
    ("sampled", "groups"), [([19, 1], 1), ([0, 20], 1), ([15, 1, 14], 2), ([0, 0, 30], 1), ([14, 14, 2], 3)]
)
def test_a_stratum_with_less_than_two_sampled_rows_joins_its_neighbour(
    sampled: list[int], groups: int
) -> None:
    assert groups_of([40] * len(sampled), sampled) == groups


def groups_of(population: list[int], sampled: list[int]) -> float:
    """How many groups, by the degrees of freedom of a column that is 0."""
    strata = np.repeat(range(len(population)), population)[:, None]
    pairs = zip(population, sampled, strict=True)
    chosen = np.concatenate([np.arange(rows) < count for rows, count in pairs])
    found = Strata.of(strata, chosen, np.zeros((sum(sampled), 1, 1)), len(sampled)).means(0)
    assert found.means == 0
    return sum(sampled) - float(found.freedom[0]) if sum(sampled) > 1 else 1


@pytest.mark.parametrize("size", [1e90, 1e149, 1e-90, 1e-149])
def test_neither_large_nor_small_numbers_change_the_degrees_of_freedom(size: float) -> None:
    sizes, strata = table()
    chosen = taken(1)
    found, as_it_is = (of(strata, chosen, sizes * by).means(0) for by in (size, 1.0))
    assert found.freedom == pytest.approx(as_it_is.freedom, rel=1e-9)
    assert found.errors == pytest.approx(as_it_is.errors * size, rel=1e-9, abs=0)


def test_one_sampled_row_has_no_error() -> None:
    strata = np.zeros((FEWEST, 1), dtype=int)
    found = Strata.of(strata, np.arange(FEWEST) == 2, np.ones((1, 1, 1)), 1).means(0)
    assert found.means == 1
    assert np.isnan(found.errors)
