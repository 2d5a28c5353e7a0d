"""Models in MLflow's general pyfunc flavour, of whichever library: they only predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mxt.predictors.base.opaque import OpaquePredictor

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from mlflow.pyfunc import PyFuncModel

    from mxt.predictors.base.outputs import Label


class MlflowPredictor(OpaquePredictor):
    """A loaded pyfunc: any object whose ``predict`` takes a table."""

    library: ClassVar[str] = "mlflow"
    flavor: ClassVar[str] = "python_function"
    flavor_module: ClassVar[str] = "mlflow.pyfunc"
    checks_files: ClassVar[bool] = True
    savable: ClassVar[bool] = False

    def __init__(self, native: PyFuncModel, columns: list[str], classes: Sequence[Label]) -> None:
        schema = getattr(getattr(native, "metadata", None), "signature", None)
        inputs = getattr(schema, "inputs", None)
        named = inputs.input_names() if inputs is not None and inputs.has_input_names() else []
        super().__init__(native, columns or [str(name) for name in named], classes)

    def call(self, inputs: pd.DataFrame) -> object:
        return self.native.predict(inputs)
