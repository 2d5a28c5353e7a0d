"""Whether the columns that an explanation ranks first move the prediction most."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from mxt.criteria.base import Assessment, Candidate, Criterion, too_few_to_explain, without_contributions
from mxt.criteria.base.checks import check_explainer, refuse_too_few_rows
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

    *Deletion* removes the cells of a row, one column after the other, and *insertion* puts them back: a
    removed cell takes the values of background rows, over which predictions are averaged. Columns with the
    largest contribution towards the prediction go first. The gain is the area between the curve in that
    order and the curve in random orders: how much further the prediction has moved from its start, on average
    over the steps. It is 0 for an order that knows nothing, and in the unit of the prediction, a probability
    or the target's unit. The interval is Student's over rows, and all of it must lie above the minimum.
    Deletion and insertion of pixels: Petsiuk, Das and Saenko 2018, arXiv:1806.07421.

    Example:
        {KIND: FidelityCriterion, minimum: 0, rows: 100, orders: 5, background_rows: 20}
    """

    KIND: Literal["FidelityCriterion"] = "FidelityCriterion"

    minimum: Annotated[float, Field(ge=0)] = 0.0
    """The whole interval of either gain must lie above this number."""

    explainer: OneOf[Explainer] = Field(default={"KIND": "AutoExplainer"}, validate_default=True)
    """How rows are explained."""

    rows: Annotated[int, Field(ge=2)] = 100
    """The largest number of rows to explain, drawn by their ids and the seed."""

    orders: Annotated[int, Field(ge=1)] = 5
    """Number of random orders of the columns drawn for each row; each is used forwards and backwards."""

    background_rows: Annotated[int, Field(ge=1)] = 20
    """Number of background rows to use."""

    @model_validator(mode="after")
    def _rows_enough(self) -> Self:
        refuse_too_few_rows(self.rows, self.minimum_rows)
        return self

    def names(self, _candidate: Candidate, /) -> list[str]:
        return [*NAMES]

    def check(self, candidate: Candidate) -> None:
        check_explainer(self.explainer, candidate, self.minimum_rows, background_for=self.KIND)

    def assess(self, candidate: Candidate) -> list[Assessment]:
        inputs = drawn(candidate.inputs, self.rows, candidate.seed)
        why = too_few_to_explain(candidate, len(inputs), self.minimum_rows)
        if why:
            return self._unknown(len(inputs), why)
        return self.judge(candidate, inputs, candidate.model.explain(inputs, self.explainer))

    def judge(self, candidate: Candidate, inputs: pd.DataFrame, explanation: Explanation) -> list[Assessment]:
        """Judge an explanation of some inputs."""
        reached = decided_outputs(explanation, candidate.model.predict(inputs)[PREDICTION])
        why = without_contributions([contributions(explanation, reached)])
        if why:
            return self._unknown(len(inputs), why)
        gains = self._gains(candidate, inputs, explanation, reached)
        note = (
            f"{explanation.method}; {self.orders} random orders and their reverses, in "
            f"{unit(candidate.model.predictor)}"
        )
        return [
            Assessment.of(name, self._target, gain, len(inputs), missed_by=self._missed(gain), note=note)
            for name, gain in zip(NAMES, map(mean_interval, gains.T), strict=True)
        ]

    def _unknown(self, rows: int, why: str) -> list[Assessment]:
        return [Assessment.unknown(name, self._target, rows, why) for name in NAMES]

    def _gains(
        self, candidate: Candidate, inputs: pd.DataFrame, explanation: Explanation, reached: np.ndarray
    ) -> np.ndarray:
        """Gain of deletion and of insertion for each row, shape (rows, 2)."""
        import numpy as np

        predictor = candidate.model.predictor
        known = chosen(predictor, candidate.model.background, self.background_rows, candidate.seed, self.KIND)
        shown = predictor.select(inputs)
        pool, base = pooled(known, shown), outputs(predictor, known).mean(axis=0)
        prediction = alone(predictor, shown)
        places = [explanation.columns.index(name) for name in predictor.columns]
        values = contributions(explanation, reached)[:, places]
        gains = []
        for row, random in enumerate(chances(shown.index, candidate.seed)):
            game = Game(predictor, pool.at(row), random, base, prediction[row])
            gains.append(self._gain(game, values[row], int(reached[row])))
        return np.array(gains)

    def _gain(self, game: Game, values: np.ndarray, output: int) -> np.ndarray:
        """Gain of deletion and of insertion for one row with these contributions, shape (2,)."""
        import numpy as np

        start, end = game.base[output], game.prediction[output]
        sign = 1.0 if end >= start else -1.0
        own = np.argsort(-sign * values, kind="stable")
        random = game.chance.random((self.orders, len(values))).argsort(axis=1)
        orders = np.concatenate([own[np.newaxis], random, random[:, ::-1]])
        worths = game.worth(nested_sets(orders))[:, output].reshape(len(orders), 2, -1)
        moved = sign * areas(worths, float(start), float(end))
        return moved[0] - moved[1:].mean(axis=0)

    def _missed(self, gain: Interval) -> list[float]:
        """How far the value and the lower end of its interval lie below the minimum, which fails too."""
        short = [self.minimum - float(part) for part in (gain.estimate, gain.low)]
        return [part or math.ulp(0.0) for part in short]

    @property
    def _target(self) -> str:
        return f"whole interval above {self.minimum:g}"
