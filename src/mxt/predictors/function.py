"""Plain functions of a table: they only predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mxt.errors import ModelError
from mxt.predictors.base.opaque import OpaquePredictor

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd


class FunctionPredictor(OpaquePredictor):
    """A function that takes a table and gives a number, a label or probabilities for each row."""

    flavor: ClassVar[str] = "function"

    def __init__(
        self, function: Callable[[pd.DataFrame], Any], columns: list[str], classes: list[Any]
    ) -> None:
        if not callable(function):
            msg = f"A {type(function).__name__} is not a function of a table."
            raise ModelError(msg)
        self._function = function
        super().__init__(columns, classes)

    @property
    def native(self) -> object:
        return self._function

    def call(self, inputs: pd.DataFrame) -> Any:
        return self._function(inputs)
