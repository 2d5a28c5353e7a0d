"""What metrics compare: classes coded as numbers, or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mxt.errors import ConfigError, DataError
from mxt.schemas.outputs import PREDICTION, PROBABILITY
from mxt.schemas.targets import class_places

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

TWO = 2
_SHOWN = 10
"""How many classes a message names."""


@dataclass(frozen=True)
class Numbers:
    """Numbers, and those predicted."""

    truth: np.ndarray
    told: np.ndarray


@dataclass(frozen=True)
class Classes:
    """Classes, and those predicted, each by its place in `names`."""

    names: tuple[str, ...]
    """In the model's order, which is alphabetical; the last of two is the positive one."""
    truth: np.ndarray
    """Shape (rows,)."""
    told: np.ndarray
    """Shape (rows,)."""
    shares: np.ndarray | None
    """The probability of each class, shape (rows, classes); None if the model gives none."""

    @property
    def right(self) -> np.ndarray:
        """Whether each prediction is right, shape (rows,)."""
        return self.truth == self.told

    def probabilities(self, metric: str) -> np.ndarray:
        """The probabilities, which `metric` needs.

        Raises:
            DataError: The model gives none.
        """
        if self.shares is None:
            msg = f"The metric {metric} needs probabilities, and the model gives classes alone."
            raise DataError(msg)
        return self.shares

    def scored(self, metric: str, positive: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The probability of the positive class, and whether each row is positive; both of shape (rows,).

        Raises:
            ConfigError: `positive` is no class of the model, or is not told where there are more than two.
            DataError: The model gives no probabilities.
        """
        shares = self.probabilities(metric)
        if positive is None and len(self.names) > TWO:
            msg = f"The metric {metric} needs to know which of {len(self.names)} classes is the positive one."
            raise ConfigError(msg)
        if positive is not None and positive not in self.names:
            msg = f"The metric {metric} takes {positive!r} for positive, which is none of {list(self.names)}."
            raise ConfigError(msg)
        place = len(self.names) - 1 if positive is None else self.names.index(positive)
        return shares[:, place], self.truth == place


def answers(truth: pd.Series[Any], predictions: pd.DataFrame) -> Classes | Numbers:
    """The truth and a table of `OutputsSchema` as metrics compare them.

    Raises:
        DataError: A row's class is none that the model knows.
    """
    import pandas as pd

    columns = [name for name in predictions.columns if name.startswith(PROBABILITY)]
    told = predictions[PREDICTION]
    if not columns and pd.api.types.is_numeric_dtype(told) and not pd.api.types.is_bool_dtype(told):
        return Numbers(truth.to_numpy(), told.to_numpy())
    if not columns:
        return labels(truth, told)
    names = [name.removeprefix(PROBABILITY) for name in columns]
    return Classes(tuple(names), _codes(truth, names), _codes(told, names), predictions[columns].to_numpy())


def labels(truth: pd.Series[Any], told: pd.Series[Any]) -> Classes:
    """Classes of a model that gives no probabilities: those that are true or predicted."""
    known = sorted({*told.astype(str)})
    names = sorted({*known, *truth[class_places(truth, known) < 0].astype(str)})
    return Classes(tuple(names), _codes(truth, names), _codes(told, names), None)


def classes(metric: str, truth: pd.Series[Any], predictions: pd.DataFrame) -> Classes:
    """`answers` of a classifier.

    Raises:
        DataError: The predictions are numbers, or a row's class is none that the model knows.
    """
    found = answers(truth, predictions)
    if isinstance(found, Numbers):
        msg = f"The metric {metric} is for classes, and the model predicts numbers."
        raise DataError(msg)
    return found


def _codes(labels: pd.Series[Any], names: list[str]) -> np.ndarray:
    codes = class_places(labels, names)
    if (codes < 0).any():
        shown = ", ".join([*names[:_SHOWN], *(["..."] if len(names) > _SHOWN else [])])
        msg = (
            f"{int((codes < 0).sum())} rows have a class that is not among the model's {len(names)}: {shown}."
        )
        raise DataError(msg)
    return codes
