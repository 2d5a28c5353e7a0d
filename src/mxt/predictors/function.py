"""Plain functions of a table: they only predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mxt.errors import ModelError
from mxt.predictors.base.opaque import OpaquePredictor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from mxt.predictors.base.outputs import Label


class FunctionPredictor(OpaquePredictor):
    """A function that takes a table and gives a number, a label or probabilities for each row."""

    flavor: ClassVar[str] = "function"
    savable: ClassVar[bool] = False

    def __init__(
        self, native: Callable[[pd.DataFrame], object], columns: list[str], classes: Sequence[Label]
    ) -> None:
        if not callable(native):
            msg = f"A {type(native).__name__} is not a function of a table."
            raise ModelError(msg)
        super().__init__(native, columns, classes)

    def call(self, inputs: pd.DataFrame) -> object:
        return self.native(inputs)
