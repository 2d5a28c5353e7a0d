"""How the prediction changes along a column, told by the rows that are near each value."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from mxt.importances.base import Importance, Measurement, Subject, drawn
from mxt.importances.base.curves import (
    Curve,
    Unit,
    answers,
    asked,
    findings_of,
    finer_levels,
    known_levels,
    levels_of,
)
from mxt.stats.effects import Moves, Places, Walks, accumulated, walked
from mxt.stats.similarity import similarity_order

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd

    from mxt.importances.base.curves import Levels
    from mxt.stats.intervals import Interval

    Ask = Callable[[pd.DataFrame], np.ndarray]
    At = Callable[[np.ndarray, np.ndarray], np.ndarray]
    Codes = dict[str, tuple[np.ndarray, bool]]

FINE_ROWS = 10
"""Rows between two values of the finer steps that give the curve's centre."""


class AccumulatedEffectsImportance(Importance):
    """Accumulated local effects: mean changes of the prediction from value to value, summed up and centred.

    Apley and Zhu 2020, doi:10.1111/rssb.12377. Unlike partial dependence, it asks the model only near the
    rows that there are. Numbers are cut at quantiles; of few distinct numbers each is a value. Categories
    without an order are put in one, so that those alike in the other columns are neighbours. Missing numbers
    have no place in the order and are left out.

    The 95 % interval is Student's, over rows, and counts the error of the curve's centre. The least and the
    greatest of quantiles have none, since they are the sample's extremes. A column's importance is the
    curve's standard deviation over the rows.

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

    def measure(self, subject: Subject) -> Measurement:
        import numpy as np

        inputs = drawn(subject.samples(self.KIND), self.rows, self.seed)
        ask, unit = asked(subject.predictor, self.unit)
        codes = {str(name): _codes(inputs[name]) for name in inputs}
        every, columns = np.arange(len(inputs)), subject.predictor.columns
        own = answers(ask, inputs, columns[0], every, every)
        curves = [
            _curve(
                partial(answers, ask, inputs, column),
                self._levels(inputs, column, codes),
                inputs[column],
                own,
            )
            for column in columns
        ]
        return findings_of(curves, subject.predictor.outputs, self.method, unit)

    def _levels(self, inputs: pd.DataFrame, column: str, codes: Codes) -> Levels:
        """The column's levels in their order; a column without any number has one, the missing value."""
        levels = levels_of(inputs[column], self.points, self.categories)
        if not levels.ordered:
            others = [found for name, found in codes.items() if name != column]
            return levels.arranged(similarity_order(levels.of_rows, len(levels.labels), others))
        known = known_levels(levels)
        return known if known.labels else levels


def _curve(at: At, levels: Levels, column: pd.Series[Any], own: np.ndarray) -> Curve:
    """The curve of one column.

    Args:
        at: Gives the model's answers for rows that have the column's cells of other rows.
        levels: Where the curve is measured.
        column: The cells of all rows.
        own: The model's answers for the rows as they are, shape (rows, outputs).
    """
    import numpy as np

    rows, none = np.flatnonzero(levels.of_rows >= 0), np.zeros(0, dtype=np.intp)
    alone = len(levels.labels) == 1
    moves = Moves(none, none, own[none]) if alone else _moved(at, levels, rows)[0]
    if levels.distinct:
        effects = accumulated(moves, Places(levels.of_rows[rows], np.zeros_like(own[rows])))
    else:
        places = _places(at, levels, finer_levels(column, levels, FINE_ROWS), own)
        effects = _without_extremes(accumulated(moves, places), levels)
    return Curve(str(column.name), levels, effects, levels.counts, _shares(levels), len(rows))


def _moved(at: At, levels: Levels, rows: np.ndarray) -> tuple[Moves, np.ndarray]:
    """The rows moved along each step between levels, and the answers at its lower end.

    Each row is moved along the step below its level or, at the lowest level, above it: these moves come
    first, in the order of the rows. Rows that have the value of a level are moved along the step above it
    too, unless the value is one row's alone, as numbers without gaps between them are.
    """
    import numpy as np

    of_rows, last = levels.of_rows[rows], len(levels.labels) - 1
    shared = levels.distinct | (_held_counts(levels) > 1)[of_rows]
    also = np.flatnonzero(levels.held[rows] & shared & (of_rows > 0) & (of_rows < last))
    moved = np.concatenate([np.arange(len(rows)), also])
    steps = np.concatenate([np.maximum(of_rows - 1, 0), of_rows[also]])
    lower = at(rows[moved], levels.donors[steps])
    return Moves(moved, steps, at(rows[moved], levels.donors[steps + 1]) - lower), lower


def _places(at: At, levels: Levels, finer: Levels, own: np.ndarray) -> Places:
    """Where rows lie, along finer steps from the level below them, or above them in the first step.

    So the extremes of the sample, where rows are moved far, decide no other level's effect.
    """
    import numpy as np

    rows = np.flatnonzero(levels.of_rows >= 0)
    steps = np.maximum(levels.of_rows[rows] - 1, 0)
    near = np.maximum(steps, 1)
    starts = np.searchsorted(finer.numbers, levels.numbers)[near]
    moves, lower = _moved(at, finer, rows)
    if finer.distinct:
        return Places(near, walked(moves, Walks(starts, finer.of_rows[rows], np.zeros_like(own[rows]))))
    first, each = (near > steps).astype(np.intp), slice(len(rows))
    rests = own[rows] - lower[each] - first[:, np.newaxis] * moves.differences[each]
    return Places(near, walked(moves, Walks(starts, moves.steps[each] + first, rests)))


def _without_extremes(effects: Interval, levels: Levels) -> Interval:
    """Without an interval at the least and the greatest value, if few rows have it: it is the sample's."""
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
    """A column as whole numbers from 0, a number as its decile, and whether they have an order."""
    levels = levels_of(column, 11, len(column))
    return levels.of_rows, levels.ordered
