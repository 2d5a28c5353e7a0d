"""Assignments of subjects to the arms of an experiment: observed, or by a salted hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Self

from loguru import logger
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.datasets.conditions import Scalar
from mxt.datasets.readers.csv import CsvReader
from mxt.endpoints.base.arms import NAMES, NO_SUBJECTS
from mxt.errors import ConfigError, DataError
from mxt.kinds import Strict
from mxt.stats.assignment import assign, mismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

    from mxt.datasets.readers.base import Reader
    from mxt.endpoints.base.arms import Arm
    from mxt.findings import Fact


class Variant(Strict):
    """A column that holds which arm each row was in."""

    column: Annotated[str, Field(min_length=1)]
    """Name of the column."""

    control: Scalar
    """The value of the column in the control arm."""

    treatment: Scalar
    """The value of the column in the treatment arm."""

    @model_validator(mode="after")
    def _of_two_arms(self) -> Self:
        if str(self.control) == str(self.treatment):
            kind, msg = "contradiction", "control and treatment are the same value; name that of either arm"
            raise PydanticCustomError(kind, msg)
        return self

    @property
    def description(self) -> str:
        """Which arms are compared, the treatment first."""
        return f"{self.column} {self.treatment} (treatment) against {self.control} (control)"

    def treated(self, table: pd.DataFrame, subjects: pd.Series[str], source: str) -> np.ndarray:
        """Whether each row was in the treatment arm: booleans, shape (rows,).

        Raises:
            DataError: Rows are in neither arm, or subjects in both.
        """
        import pandas as pd

        values = table[self.column]
        control, treated = (
            ((values == value) | (values.astype(str) == str(value))).to_numpy(dtype=bool)
            for value in (self.control, self.treatment)
        )
        neither = int((~(control | treated)).sum())
        if neither:
            msg = (
                f"{source}: in {neither} of {len(values)} rows column {self.column!r} holds neither "
                f"{self.control!r} nor {self.treatment!r}; filter them out if they belong to no arm."
            )
            raise DataError(msg)
        treated_share = pd.Series(treated).groupby(subjects.to_numpy()).mean()
        both = int(treated_share.between(0, 1, inclusive="neither").sum())
        if both:
            msg = (
                f"{source}: {both} subjects have rows in both arms, so that no arm has their outcome. "
                "Leave these subjects out, or name the `subject` that was assigned."
            )
            raise DataError(msg)
        return treated


@dataclass(frozen=True)
class Salt:
    """The name of an experiment, which decides the arm of a subject by a hash."""

    text: str
    control_share: float
    """The share of subjects that the control arm gets, in (0, 1)."""

    description = "The treatment against the control"

    def treated(self, subjects: pd.Series[str]) -> np.ndarray:
        """Whether each row is in the treatment arm, by the hash of its subject: booleans, shape (rows,)."""
        import pandas as pd

        codes, names = pd.factorize(subjects)
        return assign(names, self.text, (self.control_share, 1 - self.control_share)).astype(bool)[codes]


def assigned(
    table: pd.DataFrame, inputs: Reader, subject: str | None, rule: Variant | Salt
) -> tuple[pd.Series[str], np.ndarray]:
    """The subject of each row, and whether the row is in the treatment arm: booleans, shape (rows,).

    Args:
        table: The rows.
        inputs: The reader that they come from.
        subject: The column of subjects; None if each row is one.
        rule: What decides the arm.

    Raises:
        ConfigError: A salt decides, and neither subjects nor rows have names.
        DataError: Subjects are missing or ambiguous, rows or subjects are not of one arm, or an arm is empty.
    """
    if isinstance(rule, Salt) and subject is None and inputs.id_column is None:
        raise ConfigError(NO_SUBJECTS)
    subjects = subjects_of(table, subject, inputs.source)
    if isinstance(rule, Variant):
        treated = rule.treated(table, subjects, inputs.source)
    else:
        _warn_of_inferred(inputs, subject, table)
        treated = rule.treated(subjects)
    for name, empty in zip(NAMES, (treated.all(), not treated.any()), strict=True):
        if empty:
            msg = f"{inputs.source}: the {name} arm has none of the {len(treated)} rows."
            raise DataError(msg)
    return subjects, treated


def subjects_of(table: pd.DataFrame, column: str | None, source: str) -> pd.Series[str]:
    """The subject of each row as text: from a column, or else the row's id.

    Raises:
        DataError: Subjects are missing, or are decimal numbers, which can be written in several ways.
    """
    import pandas as pd

    ids = table.index.to_series() if column in {None, table.index.name} else table[column]
    missing = int(ids.isna().sum())
    if missing:
        msg = f"{source}: column {column!r} misses the subject of {missing} of {len(ids)} rows."
        raise DataError(msg)
    if pd.api.types.is_float_dtype(ids):
        msg = f"{source}: the subjects are decimal numbers, which have no one text; store them as texts."
        raise DataError(msg)
    return ids.astype(str)


def _warn_of_inferred(inputs: Reader, subject: str | None, table: pd.DataFrame) -> None:
    """Warn if subjects to be hashed were inferred to be integers, which the file may write with zeros."""
    import pandas as pd

    column = subject or str(inputs.id_column)
    ids = table.index if column == inputs.id_column else table[column]
    inferred = isinstance(inputs, CsvReader) and column not in inputs.types
    if inferred and pd.api.types.is_integer_dtype(ids.dtype):
        logger.warning(
            "the subjects of column {!r} were read as integers, so that 007 is hashed as 7; if the file "
            "writes leading zeros, read them as texts by `types: {{{}: string}}` of the reader",
            column,
            column,
        )


def assignments_table(subjects: pd.Series[str], treated: np.ndarray) -> pd.DataFrame:
    """The arm of each subject, indexed by subject."""
    import numpy as np
    import pandas as pd

    arms = np.where(treated, NAMES[1], NAMES[0])
    table = pd.DataFrame({"subject": subjects.to_numpy(), "arm": arms}).drop_duplicates("subject")
    return table.set_index("subject").sort_index()


def check_split(arms: Sequence[Arm], control_share: float, level: float) -> tuple[float, dict[str, Fact]]:
    """The p-value of the arms' sizes under the planned shares, and facts about them.

    The fact `mismatch` is there if the p-value lies below the level.
    """
    counts = [arm.count for arm in arms]
    p_value = mismatch(counts, (control_share, 1 - control_share))
    facts: dict[str, Fact] = {f"{name}_subjects": count for name, count in zip(NAMES, counts, strict=True)}
    facts["mismatch_p"] = float(f"{p_value:.3g}")
    if p_value < level:
        shares = f"{counts[0] / sum(counts):.1%} in the control arm, planned were {control_share:.1%}"
        facts["mismatch"] = (
            f"{shares}: subjects were lost or assigned wrongly, and nothing else can be trusted"
        )
    return p_value, facts
