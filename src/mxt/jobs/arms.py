"""The arms of an experiment: who is in which, and what the arm's version predicts for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from loguru import logger
from pydantic import Field

from mxt.datasets.readers.base import Scalar
from mxt.endpoints.arms import Arm
from mxt.errors import DataError
from mxt.kinds import Strict
from mxt.registries.versions import AliasOrVersion, pin
from mxt.schemas.outputs import PREDICTION
from mxt.stats.assignment import assign

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.jobs.context import Context
    from mxt.models import Model
    from mxt.registries.loaders import Loader
    from mxt.registries.versions import Pinned
    from mxt.schemas import InputsSchema

NAMES = ("control", "treatment")


class Versions(Strict):
    """The versions that the arms are served by."""

    control: AliasOrVersion = "Champion"
    """Alias, number or semantic version of the control arm."""

    treatment: AliasOrVersion = "Challenger"
    """That of the treatment arm; the same one makes a test of the experiment itself."""


class Variant(Strict):
    """A column that tells which arm a row was in."""

    column: Annotated[str, Field(min_length=1)]
    """The column."""

    control: Scalar
    """What it holds in the control arm."""

    treatment: Scalar
    """What it holds in the treatment arm."""


@dataclass(frozen=True)
class Served:
    """What serves one arm."""

    pinned: Pinned
    schema: InputsSchema | None
    model: Model


def served(context: Context, loader: Loader, versions: Versions) -> tuple[Served, Served]:
    """The versions of both arms, loaded once if they are the same; the run is tied to the treatment's."""
    first, second = (
        pin(context.client, context.name, named) for named in (versions.control, versions.treatment)
    )
    context.pinned(second)
    context.facts |= {"control_version": first.version, "treatment_version": second.version}
    control = _served(context, loader, first)
    if first.version == second.version:
        context.facts["same_version"] = True
        logger.warning("both arms are served by {}: this tests the experiment, not a version", first)
        return control, control
    return control, _served(context, loader, second)


def _served(context: Context, loader: Loader, pinned: Pinned) -> Served:
    return Served(pinned, loader.load_schema(pinned.uri), context.load(loader, pinned.uri))


def with_model(arm: Arm, by: Served, context: Context) -> Arm:
    """The arm, with its version and what that predicts for its rows."""
    inputs = context.check(by.schema, arm.table, arm.source)
    with context.step(f"predict {len(inputs)} rows of the {arm.name} arm by {by.pinned}"):
        predictions = by.model.predict(inputs)[PREDICTION]
    return replace(arm, model=by.model, inputs=inputs, predictions=predictions)


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


def arms_of(
    table: pd.DataFrame, subjects: pd.Series[str], treated: np.ndarray, source: str, target: str | None
) -> tuple[Arm, Arm]:
    """The rows of each arm, with the truth if there is a target."""
    first, second = (
        Arm(
            name,
            table[chosen],
            _codes(subjects[chosen]),
            source,
            None if target is None else table.loc[chosen, target],
        )
        for name, chosen in zip(NAMES, (~treated, treated), strict=True)
    )
    return first, second


def assignments_table(subjects: pd.Series[str], treated: np.ndarray) -> pd.DataFrame:
    """The arm of each subject, by subject."""
    import numpy as np
    import pandas as pd

    arms = np.where(treated, NAMES[1], NAMES[0])
    table = pd.DataFrame({"subject": subjects.to_numpy(), "arm": arms}).drop_duplicates("subject")
    return table.set_index("subject").sort_index()


def _codes(subjects: pd.Series[str]) -> np.ndarray:
    """Subjects as codes from 0 on, in their own order."""
    import numpy as np

    return np.unique(subjects.to_numpy(dtype=str), return_inverse=True)[1]
