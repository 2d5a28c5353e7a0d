"""Models in MLflow's general pyfunc flavour, of whichever library: they only predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mxt.predictors.base.opaque import OpaquePredictor

if TYPE_CHECKING:
    import pandas as pd


class PyfuncPredictor(OpaquePredictor):
    """A loaded pyfunc: any object whose ``predict`` takes a table."""

    flavor: ClassVar[str] = "python_function"

    def __init__(self, model: Any, columns: list[str], classes: list[Any]) -> None:
        self._model = model
        schema = getattr(getattr(model, "metadata", None), "signature", None)
        inputs = getattr(schema, "inputs", None)
        named = inputs.input_names() if inputs is not None and inputs.has_input_names() else []
        super().__init__(columns or [str(name) for name in named], classes)

    @property
    def native(self) -> object:
        return self._model

    def call(self, inputs: pd.DataFrame) -> Any:
        return self._model.predict(inputs)
