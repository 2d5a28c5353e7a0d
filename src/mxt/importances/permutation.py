"""How much worse the model predicts when a column is shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from mxt.datasets.likeness import joined
from mxt.datasets.splitters.base import draw
from mxt.errors import DataError
from mxt.importances.base import Basis, Importance, Measurement, bounds, ranked, with_cells
from mxt.importances.base.draws import drawn
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
"""Number of classes from which each class has a loss of its own: two classes have the same loss."""


_LOSSES = {"log loss": log_losses, "share of wrong labels": wrong_labels, "squared error": squared_errors}
"""Losses of predictions by name, each a function of predictions and targets."""


class PermutationImportance(Importance):
    """Growth of the model's loss when a column's cells are shuffled.

    Source: Breiman 2001, doi:10.1023/A:1010933404324. The loss is the log loss of classes, the share of wrong
    labels if there are no probabilities, and the squared error of numbers. With several classes, the loss of
    all classes is measured, and the loss of each class against the rest. The 95 % interval is normal, over
    the rows that receive a cell and the rows that give one. With a `metric` the loss is that score, and the
    interval is Student's over repeats: it covers the chance of the shuffles only. If the score is about one
    class, the column `class` names it.

    Every row gets the cell of another row, in an order drawn by ids and seed. Rows that the model was fitted
    to are left out, as far as the version keeps a record of them.

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
    """The score whose fall is measured; the model's loss if left out."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the shuffles."""

    def measure(self, basis: Basis) -> Measurement:
        import numpy as np

        samples = basis.samples(self.KIND)
        samples = samples if basis.held_out is None else samples[basis.held_out]
        inputs = drawn(samples, self.rows, self.seed)
        truth = _aligned(basis.targets, inputs)
        donors = np.stack([_cycle(inputs.index, repeat, self.seed) for repeat in range(self.repeats)])
        if self.metric is not None:
            metric = self.metric.about(basis.positive)
            return Measurement(_spoilt_scores(metric, basis.predictor, inputs, truth, donors))
        return Measurement(_grown_losses(basis.predictor, inputs, truth, donors))


def _spoilt_scores(
    metric: Metric, predictor: Predictor, inputs: pd.DataFrame, truth: pd.Series, donors: np.ndarray
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
    falls = mean_interval(as_it_is - np.array([scores(column, donors) for column in predictor.columns]).T)
    name = metric.positive_of([*map(str, predictor.classes)]) if predictor.classes else ""
    facts = {**bounds(falls), "n": len(inputs), "class": name or None}
    unit = f"{'fall' if metric.higher_is_better else 'growth'} of {metric.label}"
    return ranked(predictor.columns, falls.estimate, f"permutation_{metric.label}", unit, **facts)


def _grown_losses(
    predictor: Predictor, inputs: pd.DataFrame, truth: pd.Series, donors: np.ndarray
) -> pd.DataFrame:
    """Growth of the model's own loss, of all classes together and of each class if there are several."""
    import numpy as np
    import pandas as pd

    rows, known = np.arange(len(inputs)), _known(predictor, truth)

    def losses(column: str, givers: np.ndarray) -> np.ndarray:
        parts = with_cells(inputs, column, np.tile(rows, len(givers)), givers.ravel())
        predictions, names = zip(*(_predictions(predictor, part) for part in parts), strict=True)
        each = _LOSSES[names[0]](np.concatenate(predictions), np.tile(known, len(givers)))
        return each.reshape(*givers.shape, -1)

    as_it_is = losses(predictor.columns[0], rows[np.newaxis])[0]
    grown = [shuffled_loss(as_it_is, losses(column, donors), donors) for column in predictor.columns]
    growth = Interval(*(np.stack(part) for part in zip(*grown, strict=True)))
    unit = _predictions(predictor, inputs.iloc[:1])[1]
    names = [None, *map(str, predictor.classes)] if len(predictor.classes) >= _SEVERAL else [None]
    tables = []
    for part, name in enumerate(names):
        facts = {"class": name, "n": len(inputs), **bounds(growth, part)}
        tables.append(ranked(predictor.columns, growth.estimate[:, part], "permutation", unit, **facts))
    return pd.concat(tables, ignore_index=True)


def _predictions(predictor: Predictor, inputs: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Probabilities, shape (rows, classes), or numbers, shape (rows,), and the name of their loss."""
    import numpy as np

    chances = predictor.probabilities(inputs) if predictor.classes else None
    if chances is not None:
        return np.asarray(chances, dtype=float), "log loss"
    labels = predictor.labels_and_probabilities(inputs)[0]
    if not predictor.classes:
        return np.asarray(labels, dtype=float), "squared error"
    return (labels[:, np.newaxis] == np.asarray(predictor.classes)).astype(float), "share of wrong labels"


def _known(predictor: Predictor, truth: pd.Series) -> np.ndarray:
    """The targets as numbers, or as the positions of their classes in the model's."""
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


def _aligned(targets: pd.Series | None, inputs: pd.DataFrame) -> pd.Series:
    """The target of each row."""
    if targets is None:
        msg = "PermutationImportance compares predictions with targets; give it some."
        raise DataError(msg)
    if targets.index.has_duplicates or inputs.index.has_duplicates or len(inputs) <= 1:
        msg = "PermutationImportance needs two rows at least, and an id for each."
        raise DataError(msg)
    truth = joined(targets, inputs.index)
    if truth.isna().any():
        msg = f"{int(truth.isna().sum())} of {len(truth)} rows have no target."
        raise DataError(msg)
    return truth


def _cycle(ids: pd.Index, repeat: int, seed: int) -> np.ndarray:
    """For each row the position of the row that gives it a cell: the next in an order drawn by the ids."""
    import numpy as np

    order = np.argsort(draw(ids.astype(str) + f" {repeat}", seed), kind="stable")
    donors = np.empty_like(order)
    donors[order] = np.roll(order, -1)
    return donors
