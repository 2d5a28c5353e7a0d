"""What a job that makes a model checks before its fit: the target, and the columns to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger
from pydantic_core import PydanticCustomError

from mxt.errors import DataError
from mxt.findings.words import in_yaml, listed
from mxt.models.base.targets import check_targets, plain_targets
from mxt.schemas import InputsSchema, TargetsSchema
from mxt.schemas.base import MAX_IDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from mxt.datasets.splitters.base import Splitter
    from mxt.jobs.base import Locals
    from mxt.jobs.base.context import Context
    from mxt.models.base import Recipe


def check_target(table: pd.DataFrame, target: str, recipe: Recipe, source: str) -> None:
    """Refuse a target column that the recipe cannot learn.

    Raises:
        DataError: The column is absent, misses values, is the same in every row, does not fit the recipe's
            task, or has a class of a single row.
    """
    column = TargetsSchema.check(table, target, source)
    truth = plain_targets(column, recipe.task)
    check_targets(truth, recipe.task, recipe.max_classes)
    if recipe.task == "classification":
        _refuse_single_rows(truth, source)


def refuse_shared(target: str, fields: Mapping[str, Collection[str | None]]) -> None:
    """Raise a fault of a config if one of its `fields` names the column to predict too."""
    kind, msg = "contradiction", "`target` names a column that `{field}` names too; leave it out there"
    for field, names in fields.items():
        if target in names:
            raise PydanticCustomError(kind, msg, {"field": field})


def refuse_lost_classes(training: pd.Series, truth: pd.Series, splitter: Splitter, recipe: Recipe) -> None:
    """Raise a DataError if all rows of a class of the target `truth` were held out from `training`."""
    if recipe.task == "regression":
        return
    lost = sorted({*truth.unique().tolist()} - {*training.unique().tolist()}, key=str)
    if lost:
        msg = (
            f"{type(splitter).__name__} holds out every row of the {_classes(lost)} of the target "
            f"{truth.name!r}, so that none is left to learn from: write `splitter: {{KIND: "
            "StratifiedSplitter}`, which spreads each class over both parts, or use more rows."
        )
        raise DataError(msg)


def empty_columns(table: pd.DataFrame, target: str, exclude: Sequence[str], source: str) -> list[str]:
    """The columns without any value, which a model leaves out; a warning names them."""
    names = [str(name) for name in table.columns if name != target and name not in exclude]
    empty = [name for name in names if table[name].isna().all()]
    if empty:
        logger.warning(
            "{}: no row has a value in {}, so the model leaves {} out; later tables may fill {}",
            source,
            listed([repr(name) for name in empty]),
            *(("it", "it") if len(empty) == 1 else ("them", "them")),
        )
    return empty


def inferred_schema(table: pd.DataFrame, target: str, exclude: Sequence[str], source: str) -> InputsSchema:
    """The schema of all columns that a model may see and that have a value."""
    empty = empty_columns(table, target, exclude, source)
    left_out = {target, *exclude, *empty}
    names = [name for name in table.columns if name not in left_out]
    if not names:
        msg = (
            f"{source}: no column is left to learn from: of {len(table.columns)} one is the target, "
            f"{len(empty)} have no value, and `exclude` leaves out the others."
        )
        raise DataError(msg)
    return InputsSchema.infer(table[names])


def _refuse_single_rows(truth: pd.Series, source: str) -> None:
    """Raise a DataError if some class has one row, which can be learned from or scored on, but not both."""
    import pandas as pd

    counts = truth.value_counts()
    alone = sorted(counts.index[counts == 1].tolist(), key=str)
    if not alone:
        return
    name = truth.name
    numeric = pd.api.types.is_numeric_dtype(truth)
    numbers = (
        "write `task: regression` in the recipe if these are numbers and no classes, " if numeric else ""
    )
    mend = (
        f"{numbers}leave such rows out by `filters: [[{in_yaml([str(name)])}, not in, [...]]]` of the reader"
    )
    ids = ", ".join(repr(row) for row in truth.index[truth.isin(alone)][:MAX_IDS])
    has, id_s = ("has", "id") if len(alone) == 1 else ("each have", "ids")
    msg = (
        f"{source}: the {_classes(alone)} of the target {name!r} {has} a single row ({id_s} {ids}), and a "
        f"class needs rows to learn from and rows to be scored on: {mend}, or join classes."
    )
    raise DataError(msg)


def _classes(names: Sequence[object]) -> str:
    """Classes in words: up to five by name, more by their number."""
    if len(names) > MAX_IDS:
        return f"{len(names)} classes"
    return f"class{'es' * (len(names) > 1)} {', '.join(map(repr, names))}"


def made_before(context: Context, semver: str) -> Locals | None:
    """The locals of a training that is run again, and was stopped when its run had ended; None of any other.

    Raises:
        ModelError: Another training has the semantic version.
    """
    from mxt.jobs.base.conclusions import nothing_to_do
    from mxt.registries.unfinished import claim

    there = claim(context.client, context.name, semver, context.config_digest)
    if there is None:
        return None
    context.pinned(there)
    why = f"run {there.run_id}, of this config, had made {there} when it was stopped"
    return context.conclude(nothing_to_do(why, version=there))
