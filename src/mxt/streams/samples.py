"""Row samples: which rows of a long table are explained, and how they stand for all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mxt.datasets.splitters.base import draw
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

STRATA = "strata"
"""Suffix of a part's file with the sums of its sampled rows in each band."""

_SEEDS = 10**15
"""Added to a sample's seed, so that the sample does not depend on the rows that a splitter draws."""


@dataclass(frozen=True)
class RowSample:
    """A random sample of a table's rows, stratified by bands of the prediction after it is drawn."""

    rate: float
    """The chance of a row to be in the sample."""
    rows: int
    """Rows of the whole table."""
    seed: int
    edges: list[list[float]]
    """The borders between the bands, for each of the model's outputs."""
    why: str
    """Why not all rows are explained, as a clause."""

    @property
    def expected(self) -> int:
        """The expected number of rows in the sample."""
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

        columns = zip(self.edges, _scores(predictor, predictions).T, strict=True)
        return np.stack([np.searchsorted(edges, scores, "right") for edges, scores in columns], axis=1)

    def describe(self, explained: int) -> str:
        """The sample in words.

        Args:
            explained: How many rows were drawn.
        """
        return (
            f"{explained} of {self.rows} rows, drawn by id with seed {self.seed} and rate {self.rate:.6g}, "
            f"weighted in {BANDS} bands of the prediction; {self.why}"
        )


@dataclass(frozen=True)
class Sampling(Task):
    """Predict all rows, and explain those of a sample."""

    model: Model
    explaining: Task
    sample: RowSample

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:
        import numpy as np

        names, columns = self.model.predictor.outputs, self.model.predictor.columns
        bands = self.sample.bands(self.model.predictor, self.model.predict(inputs))
        taken = self.sample.takes(inputs.index)
        done = self.explaining.do(inputs[taken], table[taken]) if taken.any() else Done(None, {TALLY: b""})
        values = np.empty((0, len(columns))) if done.table is None else done.table[columns].to_numpy()
        sizes = np.abs(values.reshape(-1, len(names), len(columns)).swapaxes(1, 2))
        strata = Strata.of(bands, taken, sizes, BANDS)
        return replace(done, states={**done.states, STRATA: strata.to_bytes()}, rows=int(taken.sum()))


def band_edges(predictor: Predictor, predictions: pd.DataFrame) -> list[list[float]]:
    """The borders between the bands of each output: quantiles of some rows' predictions."""
    import numpy as np

    quantiles = np.linspace(0, 1, BANDS + 1)[1:-1]
    columns = _scores(predictor, predictions).T
    return [np.quantile(scores, quantiles, method="lower").tolist() for scores in columns]


def _scores(predictor: Predictor, predictions: pd.DataFrame) -> np.ndarray:
    """The numbers whose quantiles make the bands of each output: shape (rows, outputs).

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
