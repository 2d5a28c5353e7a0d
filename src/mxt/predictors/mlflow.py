"""Models in MLflow's general pyfunc flavour, of whichever library: they only predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mxt.predictors.base.opaque import OpaquePredictor
from mxt.predictors.base.stored import Hazard

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from mlflow.models import ModelSignature
    from mlflow.pyfunc import PyFuncModel

    from mxt.predictors.base.outputs import Label
    from mxt.predictors.base.stored import Stored


_CODE = {
    "loader_module": "the module {}",
    "code": "the Python files of {!r}",
    "model_code_path": "the Python file {!r}",
}
"""Entries of a pyfunc that name code."""


def names_of(signature: ModelSignature | None) -> dict[str, str | int]:
    """The columns that a signature names, each by its text; empty if it names none.

    The columns of a frame may be numbered; a file has texts for these numbers.
    """
    inputs = signature.inputs if signature else None
    if inputs is None or not inputs.has_input_names():
        return {}
    names = [place if column.name is None else column.name for place, column in enumerate(inputs.inputs)]
    return {str(name): name for name in names}


class MlflowPredictor(OpaquePredictor):
    """A loaded pyfunc: any object whose ``predict`` takes a table."""

    library: ClassVar[str] = "mlflow"
    flavor: ClassVar[str] = "python_function"
    flavor_module: ClassVar[str] = "mlflow.pyfunc"
    savable: ClassVar[bool] = False

    def __init__(self, native: PyFuncModel, columns: list[str], classes: Sequence[Label]) -> None:
        self._named = names_of(getattr(getattr(native, "metadata", None), "signature", None))
        super().__init__(native, columns or [*self._named], classes)

    @classmethod
    def hazards(cls, stored: Stored) -> tuple[Hazard, ...]:
        """The module that loads the model, the code that it brings, and the pickles that are its own."""
        named = {phrase: stored.text(key) for key, phrase in _CODE.items()}
        hazards = [Hazard(phrase.format(text)) for phrase, text in named.items() if text]
        hazards += [stored.pickle("python_model")] if stored.text("python_model") else []
        return (*hazards,) or (Hazard("a pyfunc of its own code"),)

    def call(self, inputs: pd.DataFrame) -> object:
        return self.native.predict(inputs.rename(columns=self._named))
