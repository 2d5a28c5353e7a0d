"""Who is in which arm of an experiment: observed, or drawn by a salted hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

from loguru import logger
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.datasets.readers.base import Scalar
from mxt.datasets.readers.csv import CsvReader
from mxt.errors import DataError
from mxt.kinds import Strict
from mxt.stats.assignment import assign, mismatch

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.datasets.readers.base import Reader
    from mxt.endpoints.base.arms import Arm
    from mxt.jobs.base.context import Context

NAMES = ("control", "treatment")


class Variant(Strict):
    """A column that tells which arm a row was in."""

    column: Annotated[str, Field(min_length=1)]
    """The column."""

    control: Scalar
    """What it holds in the control arm."""

    treatment: Scalar
    """What it holds in the treatment arm."""

    @model_validator(mode="after")
    def _of_two_arms(self) -> Self:
        if str(self.control) == str(self.treatment):
            kind, told = "contradiction", "control and treatment are the same value; name that of either arm"
            raise PydanticCustomError(kind, told)
        return self


def subjects_of(table: pd.DataFrame, column: str | None, source: str) -> pd.Series[str]:
    """The subject of each row as text: that of a column, or else the row's id.

    Raises:
        DataError: Subjects are missing, or are numbers that may be written in several ways.
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


def warn_of_inferred(inputs: Reader, subject: str | None, table: pd.DataFrame) -> None:
    """Warn if subjects that are hashed were inferred to be integers: the file may write them otherwise."""
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


def hashed(subjects: pd.Series[str], salt: str, control_share: float) -> np.ndarray:
    """Whether each row is in the treatment arm, by the hash of its subject: booleans, shape (rows,)."""
    import pandas as pd

    codes, names = pd.factorize(subjects)
    return assign(names, salt, (control_share, 1 - control_share)).astype(bool)[codes]


def observed(table: pd.DataFrame, subjects: pd.Series[str], variant: Variant, source: str) -> np.ndarray:
    """Whether each row was in the treatment arm: booleans, shape (rows,).

    Raises:
        DataError: Rows are in neither arm, or subjects in both.
    """
    import pandas as pd

    values = table[variant.column]
    control, treated = (
        ((values == named) | (values.astype(str) == str(named))).to_numpy(dtype=bool)
        for named in (variant.control, variant.treatment)
    )
    neither = int((~(control | treated)).sum())
    if neither:
        msg = (
            f"{source}: in {neither} of {len(values)} rows column {variant.column!r} holds neither "
            f"{variant.control!r} nor {variant.treatment!r}; filter them out if they belong to no arm."
        )
        raise DataError(msg)
    treated_share = pd.Series(treated).groupby(subjects.to_numpy()).mean()
    both = int(treated_share.between(0, 1, inclusive="neither").sum())
    if both:
        msg = (
            f"{source}: {both} subjects have rows in both arms, so their rows tell of neither. "
            "Leave these subjects out, or name the `subject` that was assigned."
        )
        raise DataError(msg)
    return treated


def refuse_empty(treated: np.ndarray, source: str) -> None:
    """Raise a DataError if an arm has no row."""
    for name, empty in zip(NAMES, (treated.all(), not treated.any()), strict=True):
        if empty:
            msg = f"{source}: the {name} arm has none of the {len(treated)} rows."
            raise DataError(msg)


def assignments_table(subjects: pd.Series[str], treated: np.ndarray) -> pd.DataFrame:
    """The arm of each subject, by subject."""
    import numpy as np
    import pandas as pd

    arms = np.where(treated, NAMES[1], NAMES[0])
    table = pd.DataFrame({"subject": subjects.to_numpy(), "arm": arms}).drop_duplicates("subject")
    return table.set_index("subject").sort_index()


def check_split(context: Context, arms: tuple[Arm, Arm], control_share: float, level: float) -> float:
    """The p-value of the arms' sizes, told in the run; below the level they are a mismatch."""
    counts = [arm.count for arm in arms]
    p_split = mismatch(counts, (control_share, 1 - control_share))
    context.facts |= {
        "control_subjects": counts[0],
        "treatment_subjects": counts[1],
        "mismatch_p": float(f"{p_split:.3g}"),
    }
    if p_split < level:
        found = f"{counts[0] / sum(counts):.1%} in the control arm, planned were {control_share:.1%}"
        why = "subjects were lost or assigned wrongly, and nothing else can be trusted"
        context.facts["mismatch"] = f"{found}: {why}"
    return p_split
