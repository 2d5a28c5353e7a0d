"""The arms of an experiment, and what the version of an arm predicts for its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loguru import logger

from mxt.endpoints.base.arms import Arm
from mxt.endpoints.base.assignments import NAMES, Variant
from mxt.errors import ConfigError
from mxt.kinds import Strict
from mxt.registries.versions import AliasOrVersion
from mxt.schemas.outputs import PREDICTION

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

    from mxt.jobs.base.context import Context
    from mxt.registries.loaders.base import Loader
    from mxt.registries.served import Served


class Versions(Strict):
    """The versions that the arms are served by."""

    control: AliasOrVersion = "Champion"
    """Alias, number or semantic version of the control arm."""

    treatment: AliasOrVersion = "Challenger"
    """That of the treatment arm; the same one makes a test of the experiment itself."""


def served(context: Context, loader: Loader, versions: Versions) -> tuple[Served, Served]:
    """The versions of both arms, loaded once if they are the same; the run is tied to the treatment's."""
    control, treatment = (context.other(loader, named) for named in (versions.control, versions.treatment))
    first, second = control.pinned, treatment.pinned
    context.pinned(second)
    context.facts |= {"control_version": first.version, "treatment_version": second.version}
    if first.version == second.version:
        context.facts["same_version"] = True
        logger.warning("both arms are served by {}: this tests the experiment, not a version", first)
        return control, control
    return control, treatment


def arms_in_words(pair: tuple[Served, Served] | None, variant: Variant | None) -> str:
    """Which arms are compared, the treatment first."""
    if pair is not None:
        return f"{pair[1].pinned} (treatment) against {pair[0].pinned} (control)"
    if variant is not None:
        return f"{variant.column} {variant.treatment} (treatment) against {variant.control} (control)"
    return "The treatment against the control"


def truth_column(
    asking: Sequence[str],
    given: str | None,
    pair: tuple[Served, Served] | None,
    *,
    predicted: bool,
) -> str | None:
    """The column with the truth; None if no endpoint asks for predictions.

    Args:
        asking: Labels of the endpoints that do.
        given: The column that the config names.
        pair: The versions of both arms, if there are any.
        predicted: Whether there are predictions.

    Raises:
        ConfigError: There are no predictions, or nobody says what they should have been, or the versions
            say different things.
    """
    if not asking:
        return None
    if not predicted:
        msg = f"{', '.join(asking)}: there are no predictions; give the job `versions` or `prediction`."
        raise ConfigError(msg)
    known = given or (None if pair is None else _target_of(pair))
    if known is None:
        msg = f"{', '.join(asking)}: nobody tells what is predicted; give the job its `target`."
        raise ConfigError(msg)
    return known


def _target_of(pair: tuple[Served, Served]) -> str | None:
    """The column that both versions were trained to predict, if that is known.

    Raises:
        ConfigError: They predict different columns.
    """
    known = [by.recorded_target for by in pair]
    named = dict.fromkeys(target for target in known if target is not None)
    if len(named) > 1:
        msg = (
            f"versions: {pair[0].pinned} predicts {known[0]!r}, but {pair[1].pinned} predicts {known[1]!r}. "
            "Compare versions of one target, or give the job the `target` to score both by."
        )
        raise ConfigError(msg)
    return next(iter(named), None)


def refuse_id(id_column: str | None, asked: set[str]) -> None:
    """Raise a ConfigError if the column that tells rows apart is asked for as something else."""
    if id_column in asked:
        msg = (
            f"{id_column!r} is the `id_column` of the inputs, which tells rows apart; it cannot be a "
            "variant, an outcome, a prediction or a target too."
        )
        raise ConfigError(msg)


def with_model(arm: Arm, by: Served, context: Context) -> Arm:
    """The arm, with its version and what that predicts for its rows."""
    inputs = context.check(by.schema, arm.table, arm.source)
    with context.step(f"predict {len(inputs)} rows of the {arm.name} arm by {by.pinned}"):
        predictions = by.model.predict(inputs)[PREDICTION]
    return replace(arm, model=by.model, inputs=inputs, predictions=predictions)


def arms_of(
    table: pd.DataFrame,
    subjects: pd.Series[str],
    treated: np.ndarray,
    source: str,
    target: str | None,
    positive: str | None = None,
) -> tuple[Arm, Arm]:
    """The rows of each arm, with the truth if there is a target, and the positive class if one is known."""
    first, second = (
        Arm(
            name,
            table[chosen],
            _codes(subjects[chosen]),
            source,
            None if target is None else table.loc[chosen, target],
            positive=positive,
        )
        for name, chosen in zip(NAMES, (~treated, treated), strict=True)
    )
    return first, second


def _codes(subjects: pd.Series[str]) -> np.ndarray:
    """Subjects as codes from 0 on, in their own order."""
    import numpy as np

    return np.unique(subjects.to_numpy(dtype=str), return_inverse=True)[1]
