"""Exchanges of roles are named; retraining makes none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from churn import churn
from mxt.explainers.base.comparison import ExplainedDecisions, cells_of, compared
from mxt.models.random_forest import RandomForestRecipe
from mxt.models.xgboost import XgboostRecipe
from mxt.stats.explanation_diff import Pair
from mxt.stats.role_swaps import Swap, swaps

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST = 0.01


def lines(slopes: list[float], rows: int = 500, seed: int = 0) -> np.ndarray:
    """Contributions of a linear model to independent columns."""
    return np.random.default_rng(seed).normal(size=(rows, len(slopes))) * slopes


def found(before: np.ndarray, after: np.ndarray) -> list[Swap]:
    count, columns = before.shape
    return swaps(Pair(before, after, np.zeros(count, dtype=bool), np.ones(columns, dtype=bool)), LEAST)


def steps(cells: list[np.ndarray], order: tuple[int, ...]) -> np.ndarray:
    """Contributions that steps at values make; the order tells which step each column is fed to."""
    made: list[Callable[[np.ndarray], np.ndarray]] = [
        lambda cell: 2.0 * (cell > 40),
        lambda cell: -1.0 * (cell > 90),
        lambda cell: 1.0 * (cell == "b"),
    ]
    return np.stack([made[place](cell) for place, cell in zip(order, cells, strict=True)], axis=1)


def fed(order: tuple[int, ...], rows: int = 800) -> list[Swap]:
    """What is found in columns of other ranges, with 5 % more of everything."""
    chance = np.random.default_rng(2)
    cells = [chance.uniform(0, 72, rows), chance.uniform(18, 118, rows), chance.choice(["a", "b"], rows)]
    before, after = steps(cells, (0, 1, 2)), 1.05 * steps(cells, order)
    return swaps(Pair(before, after, np.zeros(rows, dtype=bool), np.ones(3, dtype=bool)), LEAST, cells)


def test_columns_fed_to_each_other_are_an_exchange_of_values() -> None:
    assert fed((1, 0, 2)) == [Swap(0, 1, "values")]
    assert fed((0, 1, 2)) == []


def test_a_model_beside_itself_has_no_exchange() -> None:
    values = lines([3, 1, 1, 0.5, 0])
    values[:, 2] = values[:, 1]  # two columns that tell the same
    assert found(values, values) == []


def test_exchanged_slopes_are_an_exchange_of_weight() -> None:
    assert found(lines([3, 1, 1, 0.5]), lines([3, 0.5, 1, 1])) == [Swap(1, 3, "weight")]


def test_two_exchanges_are_both_named() -> None:
    named = found(lines([3, 1, 2, 0.5, 0.7]), lines([1, 3, 0.5, 2, 0.7]))
    assert sorted(named) == [Swap(0, 1, "weight"), Swap(2, 3, "weight")]


def test_exchanged_names_of_columns_of_one_weight_are_an_exchange_of_rows() -> None:
    values = lines([1, 1, 1, 0.5])
    assert found(values, values[:, [0, 2, 1, 3]]) == [Swap(1, 2, "rows")]


def test_exchanged_slopes_of_one_size_are_an_exchange_of_direction() -> None:
    assert found(lines([3, 1, -1, 0.5]), lines([3, -1, 1, 0.5])) == [Swap(1, 2, "direction")]


def test_a_target_whose_classes_were_exchanged_is_no_exchange_of_columns() -> None:
    values = lines([3, 1, -1, 0.5])
    assert found(values, -values) == []


def test_a_column_that_alone_gained_weight_exchanged_nothing() -> None:
    assert found(lines([3, 1, 1, 0.5]), lines([3, 1, 1, 2])) == []


def retrained(sort: str, seed: int) -> tuple[Pair, list[np.ndarray]]:
    """Two models of one recipe that differ by chance alone: by the forest's seed, or by half of the rows."""
    inputs, targets = churn(1600)
    if sort == "seed":
        models = [
            RandomForestRecipe(trees=60, depth=6, seed=each).fit(inputs, targets) for each in (seed, 99)
        ]
    else:
        half = np.random.default_rng(seed).random(len(inputs)) < 0.5
        recipe = XgboostRecipe(trees=40, depth=3, learning_rate=0.1)
        models = [recipe.fit(inputs[part], targets[part]) for part in (half, ~half)]
    told = [
        ExplainedDecisions("", model.predict(inputs)["prediction"], model.explain(inputs)) for model in models
    ]
    both = compared(told[0], told[1], None)
    return both.pair, cells_of(inputs, both.columns)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("sort", ["seed", "half"])
def test_mere_retraining_exchanges_nothing(sort: str, seed: int) -> None:
    pair, cells = retrained(sort, seed)
    assert pair.changed_decisions.any()
    assert swaps(pair, LEAST, cells) == []


@pytest.mark.parametrize(
    "names", [("tenure", "MonthlyCharges"), ("OnlineSecurity", "StreamingTV"), ("tenure", "TotalCharges")]
)
def test_columns_exchanged_at_training_are_named(names: tuple[str, str]) -> None:
    inputs, targets = churn(1600)
    recipe = XgboostRecipe(trees=40, depth=3, learning_rate=0.1)
    turned = inputs.assign(**dict(zip(names, (inputs[name] for name in reversed(names)), strict=True)))
    models = [recipe.fit(table, targets) for table in (inputs, turned)]
    told = [
        ExplainedDecisions("", model.predict(inputs)["prediction"], model.explain(inputs)) for model in models
    ]
    both = compared(told[0], told[1], None)
    [swap] = swaps(both.pair, LEAST, cells_of(inputs, both.columns))
    assert {both.columns[swap.first], both.columns[swap.second]} == {*names}


@pytest.mark.parametrize("seed", range(20))
def test_a_model_that_changed_a_little_everywhere_has_no_exchange(seed: int) -> None:
    chance = np.random.default_rng(seed)
    slopes = np.linspace(0.2, 2, 12)
    moved = slopes * chance.lognormal(sigma=0.2, size=12)
    assert found(lines(list(slopes)), lines(list(moved))) == []
