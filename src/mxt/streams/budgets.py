"""Budgets: explain a seeded sample of a long table, and tell how sure the importances are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from mxt.datasets.splitters.base import draw
from mxt.kinds import Strict
from mxt.schemas.outputs import PREDICTION, PROBABILITY
from mxt.stats.strata import Strata
from mxt.streams.tasks import TALLY, Done, Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.models import Model
    from mxt.predictors.base import Predictor

BANDS = 10
"""Bands of the prediction, at quantiles of the table's first rows."""

FEWEST_ROWS = 30
"""Rows below which an interval says little."""

QUICK_ROWS = 65_536
"""Most rows of a part for an explainer that reads the model: fewer cost more, more save little."""

QUICK_VALUES = 20 * QUICK_ROWS
"""Most contributions of such a part, so that wide tables and many classes need no more memory."""

SLOW_ROWS = 250
"""Rows of a part for one that asks the model many times a row: enough to tell of progress."""

STRATA = "strata"
"""Suffix of what is told of the sample in each band."""

_SEEDS = 10**15
"""What seeds of a sample start from, so that rows which a splitter has drawn are not drawn again."""


class Budget(Strict):
    """What explaining may cost: `seconds` or `rows`. If all rows cost more, a sample of them is explained.

    A row is in the sample by its id and the seed alone. All rows are predicted.
    """

    seconds: Annotated[float, Field(gt=0)] | None = None
    """How long a run may explain, its first measurements included. How many rows that are depends on the
    machine; the run tells, so that `rows` can repeat it."""

    rows: Annotated[int, Field(ge=FEWEST_ROWS)] | None = None
    """About how many rows to explain."""

    seed: Annotated[int, Field(ge=0, lt=10**9)] = 0
    """Seed of the sample."""

    @model_validator(mode="after")
    def _seconds_or_rows(self) -> Self:
        if (self.seconds is None) == (self.rows is None):
            msg = "Give a budget either seconds or rows."
            raise ValueError(msg)
        return self


@dataclass(frozen=True)
class Sample:
    """Which rows of a table are explained, and the bands of the prediction that they stand for."""

    rate: float
    """The chance of a row."""
    rows: int
    """Rows of the whole table."""
    seed: int
    edges: list[list[float]]
    """Where the bands of each output's prediction meet."""
    why: str

    @property
    def expected(self) -> int:
        """About how many rows are explained."""
        return round(self.rate * self.rows)

    def takes(self, ids: pd.Index) -> np.ndarray:
        """Whether each row is in the sample: booleans, shape (rows,)."""
        import numpy as np

        if self.rate >= 1:
            return np.ones(len(ids), dtype=bool)
        return draw(ids, _SEEDS + self.seed) < np.uint64(self.rate * 2.0**64)

    def bands(self, predictor: Predictor, predictions: pd.DataFrame) -> np.ndarray:
        """The band of each row for each output: shape (rows, outputs)."""
        import numpy as np

        scores = banded_by(predictor, predictions).T
        found = [np.searchsorted(at, of, "right") for at, of in zip(self.edges, scores, strict=True)]
        return np.stack(found, axis=1)

    def told(self, explained: int) -> str:
        """The sample in words.

        Args:
            explained: How many rows it turned out to have.
        """
        return (
            f"{explained} of {self.rows} rows, drawn by id with seed {self.seed} and rate {self.rate:.6g}, "
            f"weighted in {BANDS} bands of the prediction; {self.why}"
        )


@dataclass(frozen=True)
class Sampling(Task):
    """Predicting all rows, and explaining a sample of them."""

    model: Model
    whole: Task
    """Explaining rows."""
    sample: Sample

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:
        import numpy as np

        names, columns = self.model.predictor.outputs, self.model.predictor.columns
        bands = self.sample.bands(self.model.predictor, self.model.predict(inputs))
        taken = self.sample.takes(inputs.index)
        done = self.whole.do(inputs[taken], table[taken]) if taken.any() else Done(None, {TALLY: b""})
        explained = done.table
        found = np.empty((0, len(columns))) if explained is None else explained[columns].to_numpy()
        sizes = np.abs(found.reshape(-1, len(names), len(columns)).swapaxes(1, 2))
        strata = Strata.of(bands, taken, sizes, BANDS)
        return replace(done, states={**done.states, STRATA: strata.to_bytes()}, rows=int(taken.sum()))


def most_rows(model: Model) -> int:
    """Rows of the longest part that suits memory, by the model's columns and outputs."""
    values = len(model.predictor.columns) * len(model.predictor.outputs)
    return min(QUICK_ROWS, max(SLOW_ROWS, QUICK_VALUES // max(values, 1)))


def banded_by(predictor: Predictor, predictions: pd.DataFrame) -> np.ndarray:
    """The numbers that tell the bands of each output: shape (rows, outputs).

    Its probability, or the number predicted; of a class without probabilities, whether it is predicted.
    """
    import numpy as np

    columns = []
    for name in predictor.outputs:
        if f"{PROBABILITY}{name}" in predictions:
            columns.append(predictions[f"{PROBABILITY}{name}"])
        elif predictor.task == "regression":
            columns.append(predictions[PREDICTION])
        else:
            columns.append(predictions[PREDICTION].astype(str) == name)
    return np.stack([column.to_numpy(np.float64) for column in columns], axis=1)


def edges(predictor: Predictor, predictions: pd.DataFrame) -> list[list[float]]:
    """Where the bands of each output meet: quantiles of some rows' predictions."""
    import numpy as np

    places = np.linspace(0, 1, BANDS + 1)[1:-1]
    return [np.quantile(of, places, method="lower").tolist() for of in banded_by(predictor, predictions).T]
