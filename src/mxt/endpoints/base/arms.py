"""The two arms of an experiment: their rows, outcomes and predictions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mxt.errors import ConfigError, DataError
from mxt.schemas.outputs import PREDICTION

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import pandas as pd

    from mxt.models import Model

NAMES = ("control", "treatment")
NO_SUBJECTS = "a salt hashes subjects, and a row's number is none; name `subject` or `inputs.id_column`"


@dataclass(frozen=True)
class Arm:
    """The rows of one arm, in an order that their ids decide."""

    name: str
    """Either control or treatment."""
    table: pd.DataFrame
    """The rows, with the columns that the endpoints need."""
    subjects: np.ndarray
    """The subject of each row, as codes from 0 on without a gap."""
    source: str
    """Where the rows were read from, for messages."""
    truth: pd.Series | None = None
    """What should have been predicted for the rows, if that is known."""
    predictions: pd.Series | None = None
    """What was predicted for the rows."""
    model: Model | None = None
    """The model that serves the arm."""
    inputs: pd.DataFrame | None = None
    """What the model predicts from."""
    positive: str | None = None
    """The class that an endpoint is about if its config names none; None if no class is known."""

    @property
    def count(self) -> int:
        """Number of subjects."""
        return int(self.subjects.max()) + 1

    def served_by(self, model: Model, inputs: pd.DataFrame) -> Arm:
        """The arm with a model, its inputs and its predictions for the arm's rows."""
        return replace(self, model=model, inputs=inputs, predictions=model.predict(inputs)[PREDICTION])

    def outcome(self, column: str) -> pd.Series:
        """A column of outcomes, none of which is missing.

        Raises:
            DataError: Outcomes are missing; to leave them out would compare only the rows that have one.
        """
        values = self.table[column]
        missing = int(values.isna().sum())
        if missing:
            msg = (
                f"{self.source}: column {column!r} misses {missing} of {len(values)} values in the "
                f"{self.name} arm. Say what a missing outcome means, or filter on what was known before."
            )
            raise DataError(msg)
        return values

    def numbers(self, column: str) -> np.ndarray:
        """A column of finite numbers, shape (rows,).

        Raises:
            DataError: The column holds texts, missing or infinite values.
        """
        import numpy as np
        import pandas as pd

        values = self.outcome(column)
        if not pd.api.types.is_numeric_dtype(values):
            msg = f"{self.source}: column {column!r} holds no numbers; compare the share of a value of it."
            raise DataError(msg)
        numbers = values.to_numpy(dtype=float)
        infinite = int((~np.isfinite(numbers)).sum())
        if infinite:
            msg = f"{self.source}: column {column!r} has {infinite} infinite values in the {self.name} arm."
            raise DataError(msg)
        return numbers


def needed(id_column: str | None, subject: str | None, names: Iterable[str | None]) -> list[str]:
    """The columns that an experiment needs beside the models' inputs, in alphabetical order.

    Args:
        id_column: Of the reader.
        subject: The column of subjects, which may be the id column.
        names: All other columns; None for one that the config does not name.

    Raises:
        ConfigError: The id column is among the other columns.
    """
    columns = {name for name in names if name}
    if id_column in columns:
        msg = f"{id_column!r} is the `id_column` of the inputs; it can be neither arm nor outcome."
        raise ConfigError(msg)
    return sorted(columns | ({subject} if subject and subject != id_column else set()))


def arms_of(
    table: pd.DataFrame,
    subjects: pd.Series[str],
    treated: np.ndarray,
    source: str,
    target: str | None = None,
    positive: str | None = None,
) -> tuple[Arm, Arm]:
    """The control and the treatment arm of an experiment.

    Args:
        table: All rows.
        subjects: The subject of each row.
        treated: Whether each row is in the treatment arm, shape (rows,).
        source: Where the rows were read from.
        target: The column with the truth, if endpoints compare predictions with it.
        positive: The positive class, if one is known.
    """
    import numpy as np

    def arm(name: str, rows: np.ndarray) -> Arm:
        codes = np.unique(subjects[rows].to_numpy(dtype=str), return_inverse=True)[1]
        truth = None if target is None else table.loc[rows, target]
        return Arm(name, table[rows], codes, source, truth, positive=positive)

    return arm(NAMES[0], ~treated), arm(NAMES[1], treated)
