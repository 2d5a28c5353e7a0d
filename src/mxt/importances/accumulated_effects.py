"""How the prediction changes along a column, told by the rows that are near each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mxt.importances.base import Findings, Importance, Subject, drawn
from mxt.importances.curves import Curve, Unit, answers, asked, findings_of, known_levels, levels_of
from mxt.stats.effects import Moves, accumulated
from mxt.stats.similarity import similarity_order

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd

    from mxt.importances.curves import Levels

    Ask = Callable[[pd.DataFrame], np.ndarray]
    Codes = dict[str, tuple[np.ndarray, bool]]


class AccumulatedEffectsImportance(Importance):
    """Accumulated local effects: mean changes of the prediction from value to value, summed up and centred.

    Apley and Zhu 2020, doi:10.1111/rssb.12377. Unlike partial dependence, it asks the model only near the
    rows that there are. Numbers are cut at quantiles; of few distinct numbers each is a value. Categories
    without an order are put in one, so that those alike in the other columns are neighbours. Missing numbers
    have no place in the order and are left out.

    The 95 % interval is normal and over rows. A column's importance is the curve's standard deviation over
    the rows.

    Example:
        {KIND: AccumulatedEffectsImportance, points: 10}
    """

    KIND: Literal["AccumulatedEffectsImportance"] = "AccumulatedEffectsImportance"

    points: Annotated[int, Field(ge=2)] = 20
    """Most values of a number: all of them, or as many quantiles."""

    categories: Annotated[int, Field(ge=1)] = 30
    """Most categories of a text: the most frequent."""

    rows: Annotated[int, Field(ge=1)] = 5000
    """Most rows to use, drawn by their ids and the seed."""

    unit: Unit = "probability"
    """Whether a classifier's effects are on its probabilities or its margins."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the draw."""

    method: ClassVar[str] = "accumulated_local_effects"

    def measure(self, subject: Subject) -> Findings:
        inputs = drawn(subject.samples(self.KIND), self.rows, self.seed)
        ask, unit = asked(subject.predictor, self.unit)
        outputs = len(subject.predictor.outputs)
        codes = {str(name): _codes(inputs[name]) for name in inputs}
        curves = [
            self._curve(ask, inputs, self._levels(inputs, column, codes), column, outputs)
            for column in subject.predictor.columns
        ]
        return findings_of(curves, subject.predictor.outputs, self.method, unit)

    def _curve(self, ask: Ask, inputs: pd.DataFrame, levels: Levels, column: str, outputs: int) -> Curve:
        rows, steps = _moved(levels)
        if len(rows):
            upper = answers(ask, inputs, column, rows, levels.donors[steps + 1])
            differences = upper - answers(ask, inputs, column, rows, levels.donors[steps])
        else:
            differences = _zeros(0, outputs)
        shares = _shares(levels)
        effects = accumulated(Moves(rows, steps, differences), shares)
        return Curve(column, levels, effects, levels.counts, shares, int(levels.counts.sum()))

    def _levels(self, inputs: pd.DataFrame, column: str, codes: Codes) -> Levels:
        """The column's levels in their order; a column without any number has one, the missing value."""
        levels = levels_of(inputs[column], self.points, self.categories)
        if not levels.ordered:
            others = [found for name, found in codes.items() if name != column]
            return levels.arranged(similarity_order(levels.of_rows, len(levels.labels), others))
        known = known_levels(levels)
        return known if known.labels else levels


def _moved(levels: Levels) -> tuple[np.ndarray, np.ndarray]:
    """The rows to move along each step between levels: those at both ends, or between the ends.

    Rows of the lowest value lie in the first step.
    """
    import numpy as np

    rows = np.flatnonzero(levels.of_rows >= 0)
    of_rows, last = levels.of_rows[rows], len(levels.labels) - 2
    if last < 0:
        return rows[:0], rows[:0]
    up = of_rows <= last if levels.distinct else np.zeros(len(rows), dtype=bool)
    down = of_rows > 0 if levels.distinct else np.ones(len(rows), dtype=bool)
    steps = np.concatenate([of_rows[up], np.maximum(of_rows[down] - 1, 0)])
    return np.concatenate([rows[up], rows[down]]), steps


def _shares(levels: Levels) -> np.ndarray:
    """The weight of each level in the mean; a row between two levels counts half for each."""
    import numpy as np

    shares = levels.counts / levels.counts.sum()
    if levels.distinct:
        return shares
    inside = np.append(shares[0] + shares[1], shares[2:])
    return (np.append(inside, 0) + np.append(0, inside)) / 2


def _codes(column: pd.Series[float]) -> tuple[np.ndarray, bool]:
    """A column as whole numbers from 0, a number as its decile, and whether they have an order."""
    levels = levels_of(column, 11, len(column))
    return levels.of_rows, levels.ordered


def _zeros(rows: int, outputs: int) -> np.ndarray:
    import numpy as np

    return np.zeros((rows, outputs))
