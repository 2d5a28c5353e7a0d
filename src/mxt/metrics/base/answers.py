"""Truth and predictions as metrics compare them: classes coded as whole numbers, or numbers."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field

from mxt.errors import ConfigError, DataError, named
from mxt.schemas.casts import holds_numbers
from mxt.schemas.outputs import PREDICTION, PROBABILITY
from mxt.schemas.shapes import number_shape
from mxt.schemas.targets import class_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

TWO = 2
MOST_NAMED = 20
"""The most classes that a message names; more may be the cells of a wrong column, and are only counted."""
LONGEST_CLASS = 60
"""The most characters of a class in a label; MLflow allows 250 for a whole name."""

ClassName: TypeAlias = str | int | bool
"""A class as a config names it; classes are compared as texts."""
Named = Annotated[ClassName | None, Field(exclude_if=lambda name: name is None)]
"""A class that a config may name; if it names none, the recorded config lacks the field."""


@dataclass(frozen=True)
class Numbers:
    """True and predicted numbers, each of shape (rows,)."""

    truth: np.ndarray
    predicted: np.ndarray


@dataclass(frozen=True)
class Classes:
    """True and predicted classes, each by its place in `names`."""

    names: tuple[str, ...]
    """In alphabetical order, unless a positive class was put last."""
    truth: np.ndarray
    """Shape (rows,)."""
    predicted: np.ndarray
    """Shape (rows,)."""
    shares: np.ndarray | None
    """The probability of each class, shape (rows, classes); None if the model gives none."""

    @property
    def right(self) -> np.ndarray:
        """Whether each prediction is right, shape (rows,)."""
        return self.truth == self.predicted

    def probabilities(self, metric: str) -> np.ndarray:
        """The probabilities, for a metric that cannot do without.

        Args:
            metric: Its name.

        Raises:
            DataError: The model gives no probabilities.
        """
        if self.shares is None:
            msg = f"The metric {metric} needs probabilities, and the model gives classes alone."
            raise DataError(msg)
        return self.shares

    def scored(self, metric: str, positive: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The probability of the positive class, and whether each row is positive; both of shape (rows,).

        Raises:
            ConfigError: As `positive_among`.
            DataError: The model gives no probabilities.
        """
        shares = self.probabilities(metric)
        place = self.names.index(positive_among(metric, self.names, positive))
        return shares[:, place], self.truth == place

    def facing(self, metric: str, positive: str | None) -> Classes:
        """The same two classes, ordered so that the positive one is last.

        A model without probabilities has the classes of its rows alone; if all rows are of one class, the
        second class is added.

        Raises:
            ConfigError: As `positive_among`.
        """
        if positive is None:
            return self
        if self.shares is None and len(self.names) < TWO:
            known = self.names[0]
            if known == positive:
                return Classes(("", positive), self.truth + 1, self.predicted + 1, None)
            return Classes((known, positive), self.truth, self.predicted, None)
        if positive_among(metric, self.names, positive) == self.names[-1]:
            return self
        turned = None if self.shares is None else self.shares[:, ::-1]
        return Classes(self.names[::-1], 1 - self.truth, 1 - self.predicted, turned)


def positive_among(metric: str, names: Sequence[str], positive: str | None) -> str:
    """The positive class among `names`: the class given, or else the last of two.

    Raises:
        ConfigError: There is no such class, or none is given and there are more than two.
    """
    if positive is None and len(names) > TWO:
        msg = f"The metric {metric} needs to know which of {len(names)} classes is the positive one."
        raise ConfigError(msg)
    if positive is not None and positive not in names:
        msg = f"The metric {metric} takes {positive!r} for positive, which is none of {listed(names)}."
        raise ConfigError(msg)
    return names[-1] if positive is None else positive


def listed(names: Sequence[str]) -> str:
    """Classes as a message lists them."""
    return f"{list(names)}" if len(names) <= MOST_NAMED else f"its {len(names)} classes"


def text_of(positive: ClassName | None) -> str | None:
    """A class as a text; None stays None."""
    return None if positive is None else str(positive)


def labelled(label: str, positive: ClassName | None) -> str:
    """The label of a score, with the positive class if the config names one.

    Characters that MLflow does not allow in names become `_`, and long names are cut; then a few digits of
    the class's digest keep the labels of different classes apart.
    """
    if positive is None:
        return label
    name = str(positive)
    plain = re.sub(r"[^\w. -]", "_", name)[:LONGEST_CLASS]
    digest = "" if plain == name else f"_{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return f"{label}_{plain}{digest}"


def encoded(truth: pd.Series, predictions: pd.DataFrame) -> Classes | Numbers:
    """Truth and predictions, a table of `OutputsSchema`, as metrics compare them.

    Raises:
        DataError: A row has a class that the model does not have, or a text where the model predicts numbers.
    """
    import pandas as pd

    columns = [name for name in predictions.columns if name.startswith(PROBABILITY)]
    predicted = predictions[PREDICTION]
    types = pd.api.types
    if not columns and holds_numbers(predicted):
        if types.is_float_dtype(predicted) and types.is_string_dtype(truth):
            raise DataError(_no_numbers(truth))
        return Numbers(truth.to_numpy(), predicted.to_numpy())
    if not columns:
        return labels(truth, predicted)
    names = [name.removeprefix(PROBABILITY) for name in columns]
    shares = predictions[columns].to_numpy()
    return Classes(tuple(names), _codes(truth, names), _codes(predicted, names), shares)


def _no_numbers(truth: pd.Series) -> str:
    """That the truth holds texts where a model predicts numbers, and how they become numbers."""
    hint = number_shape(truth)
    why = f": {hint.sentence(str(truth.name))}" if hint else ""
    return f"The model predicts numbers, and the target {truth.name!r} is of type {truth.dtype}{why}."


def class_names(truth: pd.Series, predictions: pd.DataFrame) -> tuple[str, ...]:
    """The classes as texts, in their order; none where numbers are compared, unless they are whole.

    Raises:
        DataError: A row has a class that the model does not have.
    """
    pairs = encoded(truth, predictions)
    if isinstance(pairs, Classes):
        return pairs.names
    whole = pairs.predicted.dtype.kind in "iu"
    return labels(truth, predictions[PREDICTION]).names if whole else ()


def target_names(targets: pd.Series) -> tuple[str, ...]:
    """The classes of targets as texts, in the order of a model that is fitted to them."""
    import pandas as pd

    return tuple(map(str, pd.factorize(targets, sort=True)[1]))


def labels(truth: pd.Series, predicted: pd.Series) -> Classes:
    """Classes of a model that gives no probabilities: all that are true or predicted."""
    known = sorted({*predicted.astype(str)})
    names = sorted({*known, *truth[class_places(truth, known) < 0].astype(str)})
    return Classes(tuple(names), _codes(truth, names), _codes(predicted, names), None)


def classes(metric: str, truth: pd.Series, predictions: pd.DataFrame) -> Classes:
    """Truth and predictions as a metric for classes compares them.

    Raises:
        DataError: The predictions are numbers, or a row has a class that the model does not have.
    """
    pairs = encoded(truth, predictions)
    if isinstance(pairs, Numbers):
        msg = f"The metric {metric} is for classes, and the model predicts numbers."
        raise DataError(msg)
    return pairs


def _codes(labels: pd.Series, names: list[str]) -> np.ndarray:
    codes = class_places(labels, names)
    if (codes < 0).any():
        shown = ", ".join([*map(named, names[:MOST_NAMED]), *(["..."] if len(names) > MOST_NAMED else [])])
        msg = (
            f"{int((codes < 0).sum())} rows have a class that is not among the model's {len(names)}: {shown}."
        )
        raise DataError(msg)
    return codes
