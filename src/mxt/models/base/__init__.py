"""What every recipe does: fit a model to a training table."""

from __future__ import annotations

import difflib
import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, ValidationError

from mxt.errors import ConfigError, DataError
from mxt.kinds import Kind
from mxt.predictors.base.outputs import BINARY
from mxt.schemas.shapes import number_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mxt.models.base.model import Model


class Recipe(Kind, ABC):
    """Trains a model; the same recipe and table give the same model."""

    task: Literal["classification", "regression"] = "classification"
    """Whether the target is a class or a number."""

    calibration: Literal["sigmoid"] | None = None
    """Calibrate the probabilities of two classes, by Platt scaling on cross-validated scores."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the random draws of the training."""

    @abstractmethod
    def fit(self, inputs: pd.DataFrame, targets: pd.Series) -> Model:
        """Fit a model.

        Args:
            inputs: Source columns: numbers, texts, booleans; missing values allowed.
            targets: A class or number for each row, none missing.

        Raises:
            DataError: The targets do not fit the task, or a column has a type that no model takes.
        """

    def varied(self, values: Mapping[str, object]) -> Self:
        """The same recipe with other values of some fields.

        Raises:
            ConfigError: There is no such field, or the value is wrong for it.
        """
        known = [name for name in type(self).model_fields if name != "KIND"]
        for name in values:
            if name not in known:
                meant = difflib.get_close_matches(name, known, n=1)
                hint = f"perhaps {meant[0]!r} was meant" if meant else f"it has {', '.join(known)}"
                msg = f"{type(self).__name__} has no field {name!r}; {hint}."
                raise ConfigError(msg)
        plain = {name: value.item() if hasattr(value, "item") else value for name, value in values.items()}
        try:
            return self.model_validate_json(json.dumps({**self.model_dump(mode="json"), **plain}))
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            place = fault["loc"][0] if fault["loc"] else next(iter(values))
            why = fault["msg"].removeprefix("Value error, ")
            msg = f"{type(self).__name__} cannot take {place}: {plain.get(str(place))!r} ({why})."
            raise ConfigError(msg) from None

    def check(self, inputs: pd.DataFrame, targets: pd.Series) -> None:
        """Raise a DataError for targets or columns that the recipe cannot learn from."""
        import pandas as pd

        types = pd.api.types
        numeric = types.is_numeric_dtype(targets) and not types.is_bool_dtype(targets)
        if self.task == "regression" and not numeric:
            hint = number_shape(targets)
            why = f": {hint.sentence(str(targets.name))}" if hint else ""
            msg = f"A regression needs numbers; the target {targets.name!r} is of type {targets.dtype}{why}."
            raise DataError(msg)
        if self.task == "classification" and types.is_float_dtype(targets):
            msg = f"The target {targets.name!r} holds doubles, not classes; give the recipe task: regression."
            raise DataError(msg)
        if self.calibration and (self.task != "classification" or targets.nunique() != BINARY):
            msg = (
                f"Sigmoid calibration needs two classes; the target {targets.name!r} has {targets.nunique()}."
            )
            raise DataError(msg)
        if inputs.columns.empty:
            msg = "There are no input columns."
            raise DataError(msg)
        times = [str(name) for name in inputs.columns if types.is_datetime64_any_dtype(inputs[name])]
        if times:
            msg = f"Times cannot be learned from as they are: leave out {times}."
            raise DataError(msg)


def text_names(inputs: pd.DataFrame) -> list[str]:
    """Columns that hold neither numbers nor booleans."""
    import pandas as pd

    return [str(name) for name in inputs.columns if not pd.api.types.is_numeric_dtype(inputs[name])]
