"""What metrics compare: classes coded as numbers, or numbers."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import Field

from mxt.errors import ConfigError, DataError
from mxt.schemas.outputs import PREDICTION, PROBABILITY
from mxt.schemas.targets import class_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

TWO = 2
MOST_NAMED = 20
"""More classes than this are counted in a message, not named: they may be cells of a wrong column."""
LONGEST_CLASS = 60
"""A label holds the whole name of a class of so many characters; MLflow takes 250 for all of a name."""

ClassName: TypeAlias = str | int | bool
"""A class as a config names it; classes are compared by their texts."""
Named = Annotated[ClassName | None, Field(exclude_if=lambda name: name is None)]
"""A class that a config may name; one that names none is recorded as it was before it could."""


@dataclass(frozen=True)
class Numbers:
    """Numbers, and those predicted."""

    truth: np.ndarray
    told: np.ndarray


@dataclass(frozen=True)
class Classes:
    """Classes, and those predicted, each by its place in `names`."""

    names: tuple[str, ...]
    """In the model's order, which is alphabetical, unless a positive class was put last."""
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
            ConfigError: As `positive_among`.
            DataError: The model gives no probabilities.
        """
        shares = self.probabilities(metric)
        place = self.names.index(positive_among(metric, self.names, positive))
        return shares[:, place], self.truth == place

    def facing(self, metric: str, positive: str | None) -> Classes:
        """The same two classes in the order that puts the positive one last.

        A model without probabilities names the classes of the rows alone; if that is one class, the other
        class of the two is put beside it.

        Raises:
            ConfigError: As `positive_among`.
        """
        if positive is None:
            return self
        if self.shares is None and len(self.names) < TWO:
            known = self.names[0]
            if known == positive:
                return Classes(("", positive), self.truth + 1, self.told + 1, None)
            return Classes((known, positive), self.truth, self.told, None)
        if positive_among(metric, self.names, positive) == self.names[-1]:
            return self
        turned = None if self.shares is None else self.shares[:, ::-1]
        return Classes(self.names[::-1], 1 - self.truth, 1 - self.told, turned)


def positive_among(metric: str, names: Sequence[str], positive: str | None) -> str:
    """The positive one of some classes: the one named, or the last of two.

    Raises:
        ConfigError: The one named is none of them, or none is named of more than two.
    """
    if positive is None and len(names) > TWO:
        msg = f"The metric {metric} needs to know which of {len(names)} classes is the positive one."
        raise ConfigError(msg)
    if positive is not None and positive not in names:
        msg = f"The metric {metric} takes {positive!r} for positive, which is none of {listed(names)}."
        raise ConfigError(msg)
    return names[-1] if positive is None else positive


def listed(names: Sequence[str]) -> str:
    """Classes in the words of a message."""
    return f"{list(names)}" if len(names) <= MOST_NAMED else f"its {len(names)} classes"


def text_of(positive: ClassName | None) -> str | None:
    """A class as its text, by which classes are compared."""
    return None if positive is None else str(positive)


def labelled(label: str, positive: ClassName | None) -> str:
    """The label of a score that is about a class which a config names, so that each class has its own.

    Characters that no name in MLflow may have become `_`, and long names are cut; a few digits of the digest
    of the class then keep labels apart.
    """
    if positive is None:
        return label
    name = str(positive)
    plain = re.sub(r"[^\w. -]", "_", name)[:LONGEST_CLASS]
    digest = "" if plain == name else f"_{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return f"{label}_{plain}{digest}"


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


def class_names(truth: pd.Series[Any], predictions: pd.DataFrame) -> tuple[str, ...]:
    """The classes of `answers` by their texts; none where numbers are compared.

    Raises:
        DataError: A row's class is none that the model knows.
    """
    found = answers(truth, predictions)
    if isinstance(found, Numbers):
        whole = found.told.dtype.kind in "iu"
        return labels(truth, predictions[PREDICTION]).names if whole else ()
    return found.names


def target_names(targets: pd.Series[Any]) -> tuple[str, ...]:
    """The classes of targets by their texts, in the order that a model fitted to them has."""
    import pandas as pd

    return tuple(map(str, pd.factorize(targets, sort=True)[1]))


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
        shown = ", ".join([*names[:MOST_NAMED], *(["..."] if len(names) > MOST_NAMED else [])])
        msg = (
            f"{int((codes < 0).sum())} rows have a class that is not among the model's {len(names)}: {shown}."
        )
        raise DataError(msg)
    return codes
