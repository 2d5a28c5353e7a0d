"""How the prediction changes along a column, measured with the rows near each value."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mxt.importances.base.curves import Curve, CurveImportance, predictions_with_cells
from mxt.importances.base.levels import finer_levels, known_levels, levels_of
from mxt.stats.effects import Moves, Places, Walks, accumulated, walked
from mxt.stats.similarity import similarity_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import pandas as pd

    from mxt.importances.base.curves import Predict
    from mxt.importances.base.levels import Levels
    from mxt.stats.intervals import Interval

    PredictAt = Callable[[np.ndarray, np.ndarray], np.ndarray]
    """Predictions for rows that have the column's cells of other rows: positions of both, shape (n,)."""
    Codes = dict[str, tuple[np.ndarray, bool]]

FINE_ROWS = 10
"""Number of rows between two values of the finer steps that give the curve's centre."""


class AccumulatedEffectsImportance(CurveImportance):
    """Accumulated local effects: mean changes of the prediction from value to value, summed up and centred.

    Source: Apley and Zhu 2020, doi:10.1111/rssb.12377. Unlike partial dependence, the method evaluates the
    model only near existing rows. Numbers are cut at quantiles; a column of few distinct numbers is cut at
    each of them. Categories without an order are put in an order in which categories that are alike in the
    other columns are neighbours. Rows whose number is missing are left out.

    The 95 % interval is Student's, over rows, and includes the error of the curve's centre. The lowest and
    the highest quantile have no interval, since they are the extremes of the sample. A column's importance
    is the standard deviation of its curve over the rows.

    Example:
        {KIND: AccumulatedEffectsImportance, points: 10}
    """

    KIND: Literal["AccumulatedEffectsImportance"] = "AccumulatedEffectsImportance"

    rows: Annotated[int, Field(ge=1)] = 5000
    """Most rows to use, drawn by their ids and the seed."""

    method: ClassVar[str] = "accumulated_local_effects"

    def curves(self, predict: Predict, inputs: pd.DataFrame, columns: list[str]) -> Iterator[Curve]:
        import numpy as np

        codes = {str(name): _codes(inputs[name]) for name in inputs}
        every = np.arange(len(inputs))
        own = predictions_with_cells(predict, inputs, columns[0], every, every)
        for column in columns:
            predict_at = partial(predictions_with_cells, predict, inputs, column)
            yield _curve(predict_at, self._levels(inputs, column, codes), inputs[column], own)

    def _levels(self, inputs: pd.DataFrame, column: str, codes: Codes) -> Levels:
        """The column's levels in their order; one level, the missing value, if every number is missing."""
        levels = levels_of(inputs[column], self.points, self.categories)
        if not levels.ordered:
            others = [own for name, own in codes.items() if name != column]
            return levels.arranged(similarity_order(levels.of_rows, len(levels.labels), others))
        known = known_levels(levels)
        return known if known.labels else levels


def _curve(predict_at: PredictAt, levels: Levels, column: pd.Series, own: np.ndarray) -> Curve:
    """The curve of one column.

    Args:
        predict_at: Predicts rows that have the column's cells of other rows.
        levels: Where the curve is measured.
        column: The cells of all rows.
        own: Predictions for the rows as they are, shape (rows, outputs).
    """
    import numpy as np

    rows, none = np.flatnonzero(levels.of_rows >= 0), np.zeros(0, dtype=np.intp)
    alone = len(levels.labels) == 1
    moves = Moves(none, none, own[none]) if alone else _moved(predict_at, levels, rows)[0]
    if levels.distinct:
        effects = accumulated(moves, Places(levels.of_rows[rows], np.zeros_like(own[rows])))
    else:
        places = _places(predict_at, levels, finer_levels(column, levels, FINE_ROWS), own)
        effects = _without_extremes(accumulated(moves, places), levels)
    return Curve(str(column.name), levels, effects, levels.counts, _shares(levels), len(rows))


def _moved(predict_at: PredictAt, levels: Levels, rows: np.ndarray) -> tuple[Moves, np.ndarray]:
    """Moves of rows along the steps between levels, and predictions at the lower end of each move.

    First, in the order of the rows, each row is moved along the step below its level; a row of the lowest
    level is moved along the step above it. Then rows that have exactly the value of a level are moved along
    the step above it too, unless a single row has the value, as is usual for continuous numbers.
    """
    import numpy as np

    of_rows, last = levels.of_rows[rows], len(levels.labels) - 1
    shared = levels.distinct | (_held_counts(levels) > 1)[of_rows]
    also = np.flatnonzero(levels.held[rows] & shared & (of_rows > 0) & (of_rows < last))
    moved = np.concatenate([np.arange(len(rows)), also])
    steps = np.concatenate([np.maximum(of_rows - 1, 0), of_rows[also]])
    lower = predict_at(rows[moved], levels.donors[steps])
    return Moves(moved, steps, predict_at(rows[moved], levels.donors[steps + 1]) - lower), lower


def _places(predict_at: PredictAt, levels: Levels, finer: Levels, own: np.ndarray) -> Places:
    """Where each row lies, in finer steps from the level below it, or above it in the first step.

    So the extremes of the sample, where rows are moved far, do not influence the effect at other levels.
    """
    import numpy as np

    rows = np.flatnonzero(levels.of_rows >= 0)
    steps = np.maximum(levels.of_rows[rows] - 1, 0)
    near = np.maximum(steps, 1)
    starts = np.searchsorted(finer.numbers, levels.numbers)[near]
    moves, lower = _moved(predict_at, finer, rows)
    if finer.distinct:
        return Places(near, walked(moves, Walks(starts, finer.of_rows[rows], np.zeros_like(own[rows]))))
    first, each = (near > steps).astype(np.intp), slice(len(rows))
    rests = own[rows] - lower[each] - first[:, np.newaxis] * moves.differences[each]
    return Places(near, walked(moves, Walks(starts, moves.steps[each] + first, rests)))


def _without_extremes(effects: Interval, levels: Levels) -> Interval:
    """The effects, with no interval at the lowest and highest value unless enough rows have it."""
    import numpy as np

    rare = np.zeros(len(levels.labels), dtype=bool)
    rare[[0, -1]] = _held_counts(levels)[[0, -1]] < FINE_ROWS
    low, high = (np.where(rare[:, np.newaxis], np.nan, ends) for ends in (effects.low, effects.high))
    return effects._replace(low=low, high=high)


def _held_counts(levels: Levels) -> np.ndarray:
    """Number of rows that have the value of each level, shape (levels,)."""
    import numpy as np

    return np.bincount(levels.of_rows[levels.held & (levels.of_rows >= 0)], minlength=len(levels.labels))


def _shares(levels: Levels) -> np.ndarray:
    """The weight of each level in the mean; a row between two levels counts half for each."""
    import numpy as np

    shares = levels.counts / levels.counts.sum()
    if levels.distinct:
        return shares
    inside = np.append(shares[0] + shares[1], shares[2:])
    return (np.append(inside, 0) + np.append(0, inside)) / 2


def _codes(column: pd.Series[float]) -> tuple[np.ndarray, bool]:
    """A column as whole numbers from 0, and whether they have an order; a number is coded by its decile."""
    levels = levels_of(column, 11, len(column))
    return levels.of_rows, levels.ordered
