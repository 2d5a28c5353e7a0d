"""Effect curves: the prediction along a column, as a table of effects and as an importance."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from mxt.explainers.base import sampling
from mxt.explainers.base.units import Unit
from mxt.importances.base import Basis, Importance, Measurement, bounds, direction, ranked, with_cells
from mxt.importances.base.draws import drawn
from mxt.stats.effects import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import pandas as pd

    from mxt.importances.base.levels import Levels
    from mxt.predictors.base import Predictor
    from mxt.stats.intervals import Interval

    Predict = Callable[[pd.DataFrame], np.ndarray]
    """Gives predictions, shape (rows, outputs)."""


@dataclass(frozen=True)
class Curve:
    """The effect of one column at its levels."""

    column: str
    levels: Levels
    effects: Interval
    """Arrays of shape (levels, outputs)."""
    counts: np.ndarray
    """Number of rows that each effect was measured with, shape (levels,)."""
    shares: np.ndarray
    """Share of the rows that each level stands for, shape (levels,); their sum is 1."""
    rows: int
    """Number of rows that the whole curve was measured with."""


class CurveImportance(Importance):
    """Measures the effect of each column along its values; its importance is the spread of the effects."""

    KIND: str

    points: Annotated[int, Field(ge=2)] = 20
    """Most values of a numeric column at which the effect is measured: all values, or as many quantiles."""

    categories: Annotated[int, Field(ge=1)] = 30
    """Most categories of a text column: the most frequent ones."""

    rows: Annotated[int, Field(ge=1)]
    """Most rows to use, drawn by their ids and the seed."""

    unit: Unit = "probability"
    """Whether a classifier's effects are measured on its probabilities or on its margins."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the draw."""

    method: ClassVar[str]
    """Name of the method in tables."""

    @abstractmethod
    def curves(self, predict: Predict, inputs: pd.DataFrame, columns: list[str]) -> Iterator[Curve]:
        """The curve of each column, measured on `inputs`."""

    def measure(self, basis: Basis) -> Measurement:
        inputs = drawn(basis.samples(self.KIND), self.rows, self.seed)
        predict, unit = prediction_function(basis.predictor, self.unit)
        curves = [*self.curves(predict, inputs, basis.predictor.columns)]
        return curves_measurement(curves, basis.predictor.outputs, self.method, unit)


def predictions_with_cells(
    predict: Predict, inputs: pd.DataFrame, column: str, rows: np.ndarray, donors: np.ndarray
) -> np.ndarray:
    """Predictions for the tables of `mxt.importances.base.with_cells`, shape (rows, outputs)."""
    import numpy as np

    return np.concatenate([predict(part) for part in with_cells(inputs, column, rows, donors)])


def prediction_function(predictor: Predictor, unit: Unit) -> tuple[Predict, str]:
    """The model's predictions in a unit, as a function of a table, and the name of the unit."""
    if unit == "probability":
        return lambda table: sampling.outputs(predictor, table), sampling.unit(predictor)
    return lambda table: predictor.scores(table).values, "margin"


def curves_measurement(curves: list[Curve], names: list[str], method: str, unit: str) -> Measurement:
    """A table of effects with all curves, and the spread of each curve as its column's importance.

    Args:
        curves: One for each source column.
        names: The class of each output, or one empty text.
        method: Name of the method.
        unit: Unit of the effects.
    """
    import numpy as np
    import pandas as pd

    columns = [curve.column for curve in curves]
    tables, effects = [], []
    for place, name in enumerate(names):
        sizes = [spread(curve.effects.estimate, curve.shares)[place] for curve in curves]
        facts = {
            "class": name or None,
            "direction": [direction(one.levels.numbers, one.effects.estimate[:, place]) for one in curves],
            "n": pd.array([curve.rows for curve in curves], dtype="Int64"),
        }
        tables.append(ranked(columns, np.array(sizes), method, unit, **facts))
        effects += [_points(curve, place).assign(**{"class": name or None}) for curve in curves]
    drawn = pd.concat(effects, ignore_index=True).assign(method=method, unit=unit)
    order = ["feature", "method", "class", "place", "value", "number", "effect", "ci_low", "ci_high"]
    drawn = drawn[[*order, "unit", "n"]].astype({"class": "str", "value": "str", "n": "Int64"})
    return Measurement(pd.concat(tables, ignore_index=True), drawn)


def _points(curve: Curve, output: int) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    return pd.DataFrame(
        {
            "feature": curve.column,
            "place": range(1, len(curve.levels.labels) + 1),
            "value": pd.array(curve.levels.labels, dtype="str"),
            "number": np.nan if curve.levels.times else curve.levels.numbers,
            "effect": curve.effects.estimate[:, output],
            **bounds(curve.effects, output),
            "n": curve.counts,
        }
    )
