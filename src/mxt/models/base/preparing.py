"""A training table as a recipe's library takes it: plain types, parts of times, names that it accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.errors import DataError
from mxt.findings.words import count, in_yaml
from mxt.models.base.targets import check_targets, plain_targets
from mxt.predictors.base.columns import kind_of, plain_columns
from mxt.predictors.base.outputs import BINARY
from mxt.predictors.base.preparation import Preparation, Step, free_name, time_step
from mxt.predictors.base.prepared import prepared

if TYPE_CHECKING:
    import pandas as pd

    from mxt.models.base import Recipe
    from mxt.models.base.model import Model
    from mxt.predictors.base import Predictor

CALIBRATION_FOLDS = 5
"""Parts into which a calibration cuts the training rows; each class needs a row in every part."""


@dataclass(frozen=True)
class Prepared:
    """The training table of a recipe, prepared for its library."""

    inputs: pd.DataFrame
    targets: pd.Series
    sources: list[str]
    """Names of the columns before the preparation."""
    preparation: Preparation

    def model(self, predictor: Predictor) -> Model:
        """The model of the source columns, whose predictor was fitted to the prepared columns."""
        from mxt.models.base.model import Model

        return Model(prepared(predictor, self.preparation, self.sources))


def prepare(recipe: Recipe, inputs: pd.DataFrame, targets: pd.Series, refused: str = "") -> Prepared:
    """Check a training table, and prepare it.

    Args:
        recipe: What is to be fitted.
        inputs: Source columns of any type that pandas has for numbers, texts, booleans and times.
        targets: A class or number for each row.
        refused: Characters that the library refuses in names of columns; with some, it also gets categories
            in ASCII.

    Raises:
        DataError: The recipe cannot learn from them.
    """
    table, truth = checked(recipe, inputs, targets)
    sources = [str(name) for name in table.columns]
    steps, taken = {}, {*sources}
    for name in sources:
        column, spelt = table[name], "".join("_" if sign in refused else sign for sign in name)
        if column.isna().all():
            steps[name] = Step(())
        elif column.dtype.kind == "M":
            steps[name] = time_step(column.rename(spelt), taken)
        elif spelt != name:
            steps[name] = Step((free_name(spelt, taken),), spelt=bool(refused) and _beyond_ascii(column))
        elif refused and _beyond_ascii(column):
            steps[name] = Step((name,), spelt=True)
    preparation = Preparation(steps)
    return Prepared(preparation.apply(table), truth, sources, preparation)


def _beyond_ascii(column: pd.Series) -> bool:
    """Whether a column of texts holds other letters than those of ASCII."""
    import pandas as pd

    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    if pd.api.types.is_numeric_dtype(column) or (
        categorical and pd.api.types.is_numeric_dtype(column.cat.categories)
    ):
        return False
    known = column.cat.categories if categorical else column.dropna().unique()
    return not all(str(text).isascii() for text in known)


def checked(recipe: Recipe, inputs: pd.DataFrame, targets: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    """The inputs and targets in plain types.

    Raises:
        DataError: The recipe cannot learn from the targets or the columns.
    """
    truth = plain_targets(targets, recipe.task)
    check_targets(truth, recipe.task, recipe.max_classes)
    if recipe.calibration:
        _check_calibration(truth, recipe.task)
    table = plain_columns(inputs.rename(columns=str))
    _check_columns(table, recipe)
    return table, truth


def _check_calibration(targets: pd.Series, task: str) -> None:
    """Raise a DataError if probabilities of these targets cannot be calibrated."""
    name, counts = targets.name, targets.value_counts()
    if task != "classification" or len(counts) != BINARY:
        msg = f"Sigmoid calibration needs two classes; the target {name!r} has {len(counts)}."
        raise DataError(msg)
    if counts.min() < CALIBRATION_FOLDS:
        rows = count(int(counts.min()), "row")
        msg = (
            f"Sigmoid calibration needs {CALIBRATION_FOLDS} rows of each class to train on, and the class "
            f"{counts.index[-1]!r} of the target {name!r} has {rows}: leave `calibration` out of the recipe, "
            "or train on more rows."
        )
        raise DataError(msg)


def _check_columns(table: pd.DataFrame, recipe: Recipe) -> None:
    """Raise a DataError if a column has a type that no model takes."""
    if table.columns.empty:
        msg = "There are no input columns."
        raise DataError(msg)
    if not table.columns.is_unique:
        twice = sorted({*table.columns[table.columns.duplicated()]})
        msg = f"Several input columns are called {twice}; give each a name of its own."
        raise DataError(msg)
    if table.isna().all(axis=None):
        msg = f"None of the {table.shape[1]} input columns has a value."
        raise DataError(msg)
    times = [name for name in table.columns if table[name].dtype.kind == "M"]
    if times and recipe.dates is None:
        listed = in_yaml(times)
        msg = (
            f"Times cannot be learned from as they are: {times}. Write `dates: parts` in the recipe to learn "
            f"from their year, month, weekday, hour and age, or leave them out with `exclude: [{listed}]`."
        )
        raise DataError(msg)
    other = [name for name in table.columns if kind_of(table[name]) == "other" and name not in times]
    if other:
        msg = (
            f"The columns {other} hold neither numbers, texts, booleans nor times: leave them out with "
            f"`exclude: [{in_yaml(other)}]`, or turn them into numbers."
        )
        raise DataError(msg)
