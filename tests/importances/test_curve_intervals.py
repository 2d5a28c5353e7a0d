"""How often the intervals of accumulated local effects hold the effects of the population."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mxt.importances.accumulated_effects import AccumulatedEffectsImportance
from mxt.importances.base import Basis
from mxt.predictors.function import FunctionPredictor
from sweeps import trials

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = {"a": (0.5, 0.0), "b": (0.3, 2.0), "c": (0.15, -1.0), "d": (0.05, 4.0)}
"""Probability of each category, and what it adds to the prediction."""

COUNTS = np.arange(40)
AGES = np.arange(18, 91)


def rows_of(seed: int, rows: int) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "same": chance.normal(size=rows),
            "waves": chance.exponential(size=rows),
            "first": chance.normal(size=rows),
            "count": chance.poisson(2, size=rows),
            "age": chance.choice(AGES, rows),
            "kind": chance.choice([*KINDS], rows, p=[share for share, _ in KINDS.values()]),
        }
    )
    table["second"] = table["first"] + chance.normal(size=rows)
    table["more"] = table["count"] + chance.normal(size=rows)
    table["wealth"] = table["age"] / 20 + chance.normal(size=rows)
    return table


def predict(table: pd.DataFrame) -> pd.Series[float]:
    """The column itself; waves and a slope; products with columns that depend on the first factor."""
    own = table["same"] + np.sin(3 * table["waves"]) + table["waves"]
    own += table["kind"].map({name: added for name, (_, added) in KINDS.items()}).astype(float)
    products = (("first", "second"), ("count", "more"), ("age", "wealth"))
    return own + sum(table[one] * table[other] for one, other in products)


def steps(levels: np.ndarray, shares: np.ndarray, slopes: np.ndarray) -> tuple[np.ndarray, float]:
    """The effect at whole numbers one apart, of a product with a column of mean `slopes`, and its mean."""
    near = (shares[1:] * slopes[1:] + shares[:-1] * slopes[:-1]) / (shares[1:] + shares[:-1])
    heights = np.append(0, near.cumsum())
    assert (np.diff(levels) == 1).all()
    return heights, float(shares @ heights)


def effects() -> dict[str, Callable[[pd.Series[Any]], Any]]:
    """The population's effect at each value, as its definition gives it."""
    counts, of_counts = steps(COUNTS, stats.poisson.pmf(COUNTS, 2), COUNTS.astype(float))
    ages, of_ages = steps(AGES, np.full(len(AGES), 1 / len(AGES)), AGES / 20)
    of_kinds = sum(share * added for share, added in KINDS.values())
    return {
        "same": lambda number: number,
        "waves": lambda number: np.sin(3 * number) + number - 0.3 - 1,  # E sin(3 X) = 3 / (1 + 9)
        "first": lambda number: number**2 / 2 - 0.5,
        "second": lambda number: number**2 / 4 - 0.5,  # the mean of the first, given the second, is its half
        "count": lambda number: np.interp(number, COUNTS, counts) - of_counts,
        "age": lambda number: np.interp(number, AGES, ages) - of_ages,
        "kind": lambda value: value.map({name: added - of_kinds for name, (_, added) in KINDS.items()}),
    }


@pytest.mark.slow
@pytest.mark.parametrize("points", [20, 10])
def test_nineteen_intervals_of_twenty_hold_the_effect_at_every_level(points: int) -> None:
    """By place for numbers of more values than points, else by value, if half of the samples have it."""
    count, truths, importance = trials(250, 4000), effects(), AccumulatedEffectsImportance(points=points)
    found = []
    for seed in range(count):
        table = rows_of(seed, 500)
        curves = importance.measure(Basis(FunctionPredictor(predict, [*table], []), table)).effects
        assert curves is not None
        for name, truth in truths.items():
            curve = curves[curves["feature"] == name]
            at = truth(curve["value"] if name == "kind" else curve["number"])
            by = "value" if name in {"kind", "count"} else "place"
            held = ((curve["ci_low"] <= at) & (at <= curve["ci_high"])).where(curve["ci_low"].notna())
            found.append(pd.DataFrame({"column": name, "level": curve[by].astype(str), "held": held}))
    levels = pd.concat(found).groupby(["column", "level"])["held"].agg(["mean", "count"])
    for name in ("same", "waves", "first", "second"):
        assert levels.loc[name]["count"].loc[["1", str(points)]].tolist() == [0, 0]
        assert (levels.loc[name]["count"] == count).sum() == points - 2
    known = levels[levels["count"] >= count / 2]
    noise = 3 * np.sqrt(0.05 * 0.95 / known["count"])
    wrong = known[~known["mean"].between(0.93 - noise, 0.97 + noise)]
    assert wrong.empty, wrong
