"""Targets of a recipe: plain classes or numbers, and a refusal of targets that do not fit its task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mxt.errors import DataError
from mxt.predictors.base.columns import plain_column
from mxt.schemas.casts import holds_numbers
from mxt.schemas.shapes import number_shape
from mxt.schemas.targets import FEWEST_VALUES

if TYPE_CHECKING:
    import pandas as pd

Task = Literal["classification", "regression"]

MOST_CLASSES = 50
"""A target with more different values is a number or an id, unless the recipe allows as many classes."""


def plain_targets(targets: pd.Series, task: Task) -> pd.Series:
    """The targets in one of pandas' plain types; whole numbers that are classes are integers.

    So a class has one name, whether it was stored as 1 or as 1.0.
    """
    import numpy as np
    import pandas as pd

    column = targets
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    column = plain_column(column)
    if task == "classification" and pd.api.types.is_float_dtype(column):
        values = column.to_numpy()
        if np.isfinite(values).all() and (values == np.floor(values)).all() and (abs(values) < 2**53).all():
            return column.astype("int64")
    return column


def check_targets(targets: pd.Series, task: Task, most_classes: int) -> None:
    """Refuse targets that no model of the task can learn.

    Args:
        targets: The plain targets.
        task: What the recipe learns.
        most_classes: How many classes a classification may have.

    Raises:
        DataError: They do not fit the task; the message names the line that mends it.
    """
    import pandas as pd

    name, distinct, fault = targets.name, targets.nunique(), ""
    numeric = holds_numbers(targets)
    if pd.api.types.is_datetime64_any_dtype(targets):
        fault = "holds times, which are neither classes nor numbers; name another column as `target`"
    elif not numeric and _other(targets):
        fault = "holds neither numbers, texts nor booleans; name another column as `target`"
    elif distinct < FEWEST_VALUES:
        fault = f"is the same in all {len(targets)} rows"
    elif task == "regression":
        fault = _no_number(targets, numeric=numeric)
    elif numeric:
        fault = _no_class(targets, distinct, most_classes)
    elif distinct > most_classes:
        fault = _no_classes(targets, distinct)
    if fault:
        msg = f"The target {name!r} {fault}."
        raise DataError(msg)


def _no_number(targets: pd.Series, *, numeric: bool) -> str:
    """Why targets cannot be learned by a regression; empty if they can."""
    import numpy as np

    if not numeric:
        holds = "booleans" if targets.dtype.kind == "b" else f"{targets.nunique()} different texts"
        hint = number_shape(targets)
        mend = "name another column as `target`, or write `task: classification` in the recipe"
        why = hint.sentence(str(targets.name)) if hint else mend
        return f"holds {holds}, and a regression needs numbers: {why}"
    endless = int(np.isinf(targets.to_numpy(float)).sum())
    rows, has = ("1 row", "has") if endless == 1 else (f"{endless} rows", "have")
    return f"must be finite, and {rows} {has} an infinite number" if endless else ""


def _no_class(targets: pd.Series, distinct: int, most_classes: int) -> str:
    """Why numbers cannot be learned as classes; empty if they can."""
    import pandas as pd

    mend = "write `task: regression` in the recipe"
    if pd.api.types.is_float_dtype(targets):
        return f"holds {distinct} different numbers: {mend}, since numbers that are not whole are no classes"
    if distinct <= most_classes:
        return ""
    return (
        f"holds {distinct} different numbers: {mend}, or `max_classes: {distinct}` if each number is a class"
    )


def _no_classes(targets: pd.Series, distinct: int) -> str:
    """Why texts are too many for classes, and what may have been meant."""
    hint = number_shape(targets)
    mend = f"name another column as `target`, or write `max_classes: {distinct}` in the recipe"
    why = f"{hint.sentence(str(targets.name))}, and `task: regression` in the recipe" if hint else mend
    return f"holds {distinct} different texts in {len(targets)} rows, too many for classes: {why}"


def _other(targets: pd.Series) -> bool:
    """Whether some targets are neither texts nor booleans."""
    import pandas as pd

    return pd.api.types.infer_dtype(targets, skipna=True) not in {"string", "boolean", "empty"}
