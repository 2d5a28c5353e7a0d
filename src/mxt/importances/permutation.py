"""How much worse the model predicts without what a column tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from mxt.datasets.likeness import joined
from mxt.datasets.splitters.base import draw
from mxt.errors import DataError
from mxt.importances.base import Importance, Measurement, Subject, bounds, drawn, ranked, with_cells
from mxt.kinds import OneOf
from mxt.metrics.base import Metric
from mxt.schemas.targets import class_places
from mxt.stats.effects import shuffled_loss
from mxt.stats.intervals import Interval, mean_interval
from mxt.stats.losses import log_losses, squared_errors, wrong_labels

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base import Predictor

_SEVERAL = 3
"""Classes from which each is told by itself: of two, the loss of one is that of the other."""


class PermutationImportance(Importance):
    """Growth of the model's loss when a column's cells are shuffled.

    Breiman 2001, doi:10.1023/A:1010933404324. The loss is the log loss of classes, the share of wrong labels
    where there are no probabilities, and the squared error of numbers. Of several classes there is the loss
    of all, and of each against the rest. The 95 % interval is normal and over rows, both those that get a
    cell and those that give it. With a `metric` the loss is that score, and the interval is Student's over
    repeats: it tells of the shuffles only. If the score is about one class, the column `class` says which.

    Every row gets the cell of another, in an order drawn by ids and seed. Rows that the model was fitted to
    are left out, as far as the version keeps a record of them.

    Example:
        {KIND: PermutationImportance, repeats: 10}
    """

    KIND: Literal["PermutationImportance"] = "PermutationImportance"

    needs_targets: ClassVar[bool] = True

    repeats: Annotated[int, Field(ge=2)] = 5
    """How often each column is shuffled."""

    rows: Annotated[int, Field(ge=2)] = 5000
    """Most rows to use, drawn by their ids and the seed."""

    metric: OneOf[Metric] | None = None
    """The score that shuffling is to spoil; the model's loss if left out."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the shuffles."""

    def measure(self, subject: Subject) -> Measurement:
        import numpy as np

        samples = subject.samples(self.KIND)
        samples = samples if subject.held_out is None else samples[subject.held_out]
        inputs = drawn(samples, self.rows, self.seed)
        truth = _aligned(subject.targets, inputs)
        donors = np.stack([_cycle(inputs.index, repeat, self.seed) for repeat in range(self.repeats)])
        if self.metric is not None:
            metric = self.metric.about(subject.positive)
            return Measurement(self._spoilt_scores(metric, subject.predictor, inputs, truth, donors))
        return Measurement(_grown_losses(subject.predictor, inputs, truth, donors))

    @staticmethod
    def _spoilt_scores(
        metric: Metric, predictor: Predictor, inputs: pd.DataFrame, truth: pd.Series[Any], donors: np.ndarray
    ) -> pd.DataFrame:
        """Fall of the score, the mean over repeats."""
        import numpy as np
        import pandas as pd

        rows, sign = np.arange(len(inputs)), 1 if metric.higher_is_better else -1

        def scores(column: str, givers: np.ndarray) -> list[float]:
            parts = with_cells(inputs, column, np.tile(rows, len(givers)), givers.ravel())
            table = pd.concat([predictor.predict(part) for part in parts])
            repeats = [table.iloc[rows + len(rows) * repeat] for repeat in range(len(givers))]
            return [sign * metric.score(truth, repeat.set_axis(truth.index)) for repeat in repeats]

        as_it_is = scores(predictor.columns[0], rows[np.newaxis])[0]
        spoilt = np.array([scores(column, donors) for column in predictor.columns])
        found = mean_interval(as_it_is - spoilt.T)
        name = metric.positive_of([*map(str, predictor.classes)]) if predictor.classes else ""
        facts = {**bounds(found), "n": len(inputs), "class": name or None}
        unit = f"{'fall' if metric.higher_is_better else 'growth'} of {metric.label}"
        return ranked(predictor.columns, found.estimate, f"permutation_{metric.label}", unit, **facts)


def _grown_losses(
    predictor: Predictor, inputs: pd.DataFrame, truth: pd.Series[Any], donors: np.ndarray
) -> pd.DataFrame:
    """Growth of the model's own loss, of all classes and of each of several."""
    import numpy as np
    import pandas as pd

    rows, known = np.arange(len(inputs)), _known(predictor, truth)

    def losses(column: str, givers: np.ndarray) -> np.ndarray:
        parts = with_cells(inputs, column, np.tile(rows, len(givers)), givers.ravel())
        answers = [_answers(predictor, part) for part in parts]
        told = np.concatenate([answer for answer, _ in answers])
        found = _losses(told, np.tile(known, len(givers)), answers[0][1])
        return found.reshape(*givers.shape, -1)

    as_it_is = losses(predictor.columns[0], rows[np.newaxis])[0]
    grown = [shuffled_loss(as_it_is, losses(column, donors), donors) for column in predictor.columns]
    found = Interval(*(np.stack(part) for part in zip(*grown, strict=True)))
    unit = _answers(predictor, inputs.iloc[:1])[1]
    names = [None, *map(str, predictor.classes)] if len(predictor.classes) >= _SEVERAL else [None]
    tables = []
    for part, name in enumerate(names):
        facts = {"class": name, "n": len(inputs), **bounds(found, (slice(None), part))}
        tables.append(ranked(predictor.columns, found.estimate[:, part], "permutation", unit, **facts))
    return pd.concat(tables, ignore_index=True)


def _answers(predictor: Predictor, inputs: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Chances of the classes, shape (rows, classes), or numbers, shape (rows,), and the loss they have."""
    import numpy as np

    chances = predictor.probabilities(inputs) if predictor.classes else None
    if chances is not None:
        return np.asarray(chances, dtype=float), "log loss"
    labels = predictor.labels_and_probabilities(inputs)[0]
    if not predictor.classes:
        return np.asarray(labels, dtype=float), "squared error"
    return (labels[:, np.newaxis] == np.asarray(predictor.classes)).astype(float), "share of wrong labels"


def _losses(answers: np.ndarray, known: np.ndarray, loss: str) -> np.ndarray:
    """Shape (rows, parts)."""
    if loss == "squared error":
        return squared_errors(answers, known)
    return log_losses(answers, known) if loss == "log loss" else wrong_labels(answers, known)


def _known(predictor: Predictor, truth: pd.Series[Any]) -> np.ndarray:
    """The truth as numbers, or as the places of its classes."""
    import pandas as pd

    if not predictor.classes:
        if not pd.api.types.is_numeric_dtype(truth):
            msg = f"The model predicts numbers; its targets are of type {truth.dtype}."
            raise DataError(msg)
        return truth.to_numpy(float)
    codes = class_places(truth, [*map(str, predictor.classes)])
    if (codes < 0).any():
        msg = (
            f"{int((codes < 0).sum())} of {len(truth)} targets are not among the model's "
            f"{len(predictor.classes)} classes."
        )
        raise DataError(msg)
    return codes


def _aligned(targets: pd.Series[Any] | None, inputs: pd.DataFrame) -> pd.Series[Any]:
    """The target of each row."""
    if targets is None:
        msg = "PermutationImportance compares predictions with targets; give it some."
        raise DataError(msg)
    if targets.index.has_duplicates or inputs.index.has_duplicates or len(inputs) < 2:  # noqa: PLR2004 - two to swap
        msg = "PermutationImportance needs two rows at least, and an id for each."
        raise DataError(msg)
    found = joined(targets, inputs.index)
    if found.isna().any():
        msg = f"{int(found.isna().sum())} of {len(found)} rows have no target."
        raise DataError(msg)
    return found


def _cycle(ids: pd.Index, repeat: int, seed: int) -> np.ndarray:
    """For each row another that gives its cell: the next one in an order drawn by ids, repeat and seed."""
    import numpy as np

    order = np.argsort(draw(ids.astype(str) + f" {repeat}", seed), kind="stable")
    donors = np.empty_like(order)
    donors[order] = np.roll(order, -1)
    return donors
