"""What every recipe does: fit a model to a training table."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, ValidationError

from mxt.errors import ConfigError, nearest
from mxt.kinds import Kind
from mxt.models.base.targets import MOST_CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mxt.findings import Fact
    from mxt.models.base.model import Model


class Recipe(Kind, ABC):
    """Trains a model; the same recipe and table give the same model."""

    task: Literal["classification", "regression"] = "classification"
    """Whether the target is a class or a number."""

    calibration: Literal["sigmoid"] | None = None
    """Calibrate the probabilities of two classes, by Platt scaling on cross-validated scores."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the random draws of the training."""

    dates: Literal["parts"] | None = Field(default=None, exclude_if=lambda dates: dates is None)
    """Learn from times: from the year, month, weekday, hour (if some hour is not 0) and the days elapsed
    since 2000. Explanations stay in the columns of the table. Times are refused if left out."""

    max_classes: Annotated[int, Field(ge=2)] = Field(
        default=MOST_CLASSES, exclude_if=lambda most: most == MOST_CLASSES
    )
    """Most classes of a classification; a target with more values is refused as a number or an id."""

    @abstractmethod
    def fit(self, inputs: pd.DataFrame, targets: pd.Series) -> Model:
        """Fit a model.

        Args:
            inputs: Source columns: numbers, texts, booleans, and times if `dates` says how; missing values
                allowed, in any type that pandas has for them.
            targets: A class or number for each row, none missing.

        Raises:
            DataError: The targets do not fit the task, or a column has a type that no model takes.
        """

    def outcome(self, model: Model) -> Mapping[str, Fact]:
        """What the fit decided beyond the fields of the recipe, as facts for a job's screen."""
        del model
        return {}

    def varied(self, values: Mapping[str, object]) -> Self:
        """The same recipe with other values of some fields.

        Raises:
            ConfigError: There is no such field, or the value is wrong for it.
        """
        known = [name for name in type(self).model_fields if name != "KIND"]
        for name in values:
            if name not in known:
                meant = nearest(name, known)
                hint = f"perhaps {meant!r} was meant" if meant else f"it has {', '.join(known)}"
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
        from mxt.models.base.preparing import checked

        checked(self, inputs, targets)


def text_names(inputs: pd.DataFrame) -> list[str]:
    """Columns that hold neither numbers nor booleans."""
    import pandas as pd

    return [str(name) for name in inputs.columns if not pd.api.types.is_numeric_dtype(inputs[name])]
