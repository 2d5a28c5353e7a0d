"""Whether the columns that an explanation names first are those that the prediction hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.criteria.base import Assessment, Criterion, Subject, tells_nothing, too_few_to_explain
from mxt.explainers.base import Explainer, Explanation
from mxt.explainers.base.comparison import contributions, decided_outputs
from mxt.explainers.base.sampling import Game, alone, chances, chosen, outputs, pooled, unit
from mxt.importances.base.draws import drawn
from mxt.kinds import OneOf
from mxt.schemas.outputs import PREDICTION
from mxt.stats.intervals import mean_interval
from mxt.stats.removals import areas, nested_sets

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.stats.intervals import Interval

NAMES = ("deletion_gain", "insertion_gain")


class FidelityCriterion(Criterion):
    """Columns in the order of their contributions move the prediction sooner than columns in random order.

    *Deletion* takes the cells of a row away, one column after the other, and *insertion* puts them back: an
    absent cell is that of background rows, over which predictions are averaged. Told is the area between the
    curve in the order of the explanation and that in random orders: how much further the prediction has moved
    from where it started, on average over the steps. It is in the unit of the prediction, probability or that
    of the target, and 0 for an order that knows nothing. The interval is Student's over rows, and all of it
    must lie above the minimum. Columns that speak for the prediction go first. Deletion and insertion of
    pixels: Petsiuk, Das and Saenko 2018, arXiv:1806.07421.

    Example:
        {KIND: FidelityCriterion, minimum: 0, rows: 100, orders: 5, background_rows: 20}
    """

    KIND: Literal["FidelityCriterion"] = "FidelityCriterion"

    minimum: Annotated[float, Field(ge=0)] = 0.0
    """The whole interval of either gain must lie above this."""

    explainer: OneOf[Explainer] = Field(default={"KIND": "AutoExplainer"}, validate_default=True)
    """How rows are explained."""

    rows: Annotated[int, Field(ge=2)] = 100
    """Most rows to explain, drawn by their ids and the seed."""

    orders: Annotated[int, Field(ge=1)] = 5
    """Random orders of the columns drawn for each row; each is used forward and backward."""

    background_rows: Annotated[int, Field(ge=1)] = 20
    """Rows of the background to use."""

    def assess(self, subject: Subject) -> list[Assessment]:
        inputs = drawn(subject.inputs, self.rows, subject.seed)
        why = too_few_to_explain(subject, len(inputs), self.minimum_rows)
        if why:
            return self._unknown(len(inputs), why)
        return self.judge(subject, inputs, subject.model.explain(inputs, self.explainer))

    def judge(self, subject: Subject, inputs: pd.DataFrame, explanation: Explanation) -> list[Assessment]:
        """Judge an explanation of some inputs."""
        reached = decided_outputs(explanation, subject.model.predict(inputs)[PREDICTION])
        why = tells_nothing([contributions(explanation, reached)])
        if why:
            return self._unknown(len(inputs), why)
        gains = self._gains(subject, inputs, explanation, reached)
        note = (
            f"{explanation.method}; {self.orders} random orders and their reverses, in "
            f"{unit(subject.model.predictor)}"
        )
        return [
            Assessment.of(name, self._target, found, len(inputs), missed_by=self._missed(found), note=note)
            for name, found in zip(NAMES, map(mean_interval, gains.T), strict=True)
        ]

    def _unknown(self, rows: int, why: str) -> list[Assessment]:
        return [Assessment.unknown(name, self._target, rows, why) for name in NAMES]

    def _gains(
        self, subject: Subject, inputs: pd.DataFrame, explanation: Explanation, reached: np.ndarray
    ) -> np.ndarray:
        """Gain of deletion and of insertion for each row, shape (rows, 2)."""
        import numpy as np

        predictor = subject.model.predictor
        known = chosen(predictor, subject.model.background, self.background_rows, subject.seed, self.KIND)
        shown = predictor.select(inputs)
        pool, base = pooled(known, shown), outputs(predictor, known).mean(axis=0)
        prediction = alone(predictor, shown)
        told = contributions(explanation, reached)
        told = told[:, [explanation.columns.index(name) for name in predictor.columns]]
        found = []
        for row, random in enumerate(chances(shown.index, subject.seed)):
            game = Game(predictor, pool.at(row), random, base, prediction[row])
            found.append(self._gain(game, told[row], int(reached[row])))
        return np.array(found)

    def _gain(self, game: Game, told: np.ndarray, output: int) -> np.ndarray:
        """Gain of deletion and of insertion for one row, shape (2,)."""
        import numpy as np

        start, end = game.base[output], game.prediction[output]
        sign = 1.0 if end >= start else -1.0
        own = np.argsort(-sign * told, kind="stable")
        random = game.chance.random((self.orders, len(told))).argsort(axis=1)
        orders = np.concatenate([own[np.newaxis], random, random[:, ::-1]])
        worths = game.worth(nested_sets(orders))[:, output].reshape(len(orders), 2, -1)
        found = sign * areas(worths, float(start), float(end))
        return found[0] - found[1:].mean(axis=0)

    def _missed(self, found: Interval) -> list[float]:
        """How far the value and the lower end miss the minimum, which they must exceed."""
        import math

        short = [self.minimum - float(part) for part in (found.estimate, found.low)]
        return [part or math.ulp(0.0) for part in short]

    @property
    def _target(self) -> str:
        return f"whole interval above {self.minimum:g}"
