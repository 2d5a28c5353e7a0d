"""What predictors share whose inside is not known: they give predictions, and nothing else."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError
from mxt.predictors.base import Predictor, Scores

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_NEAR = 1e-6
"""How far beyond 0 and 1 a probability may lie by rounding."""


class OpaquePredictor(Predictor):
    """Predictions of an object that MXT cannot look into.

    With classes, a matrix holds their probabilities; a list holds labels, or of two classes the
    probability of the second. Without classes, a list holds predicted numbers.
    """

    @abstractmethod
    def call(self, inputs: pd.DataFrame) -> Any:
        """What the object gives for a table of the model's columns."""

    @property
    def core(self) -> Any:
        return self.native

    @property
    def sources(self) -> list[int]:
        return [*range(len(self.columns))]

    def encode(self, inputs: pd.DataFrame) -> np.ndarray:
        """The columns as doubles.

        Raises:
            ModelError: Some are not numbers, and nobody knows what codes the model gives them.
        """
        import numpy as np
        import pandas as pd

        chosen = self.select(inputs)
        odd = [str(name) for name in chosen if not pd.api.types.is_numeric_dtype(chosen[name])]
        if odd:
            kind = type(self.native).__name__
            msg = f"The columns {odd} are not numbers, and a {kind} does not tell their codes."
            raise ModelError(msg)
        return chosen.to_numpy(dtype=float, na_value=np.nan)

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        import numpy as np

        outputs = self._outputs(inputs)
        if not self.classes:
            return self._numbers(outputs), None
        if outputs.ndim == 1 and self._named(outputs):
            return outputs, None
        chances = self._chances(outputs)
        return np.asarray(self.classes)[chances.argmax(axis=1)], chances

    def scores(self, inputs: pd.DataFrame) -> Scores:
        """Predicted numbers, or the probabilities of the explained classes; 1 and 0 where it gives labels."""
        import numpy as np

        labels, chances = self.labels_and_probabilities(inputs)
        if not self.classes:
            return Scores(labels.reshape(-1, 1), "target")
        if chances is None:
            chances = (labels[:, None] == np.asarray(self.classes)).astype(float)
        return Scores(chances[:, -len(self.outputs) :], "probability")

    @property
    def link(self) -> Any:
        from mxt.stats.links import identity

        return identity()

    def _outputs(self, inputs: pd.DataFrame) -> np.ndarray:
        """The object's answer, shape (rows,) or (rows, classes)."""
        import numpy as np

        chosen, kind = self.select(inputs), type(self.native).__name__
        try:
            outputs = np.asarray(self.call(chosen))
        except Exception as error:
            msg = f"The {kind} refuses the inputs ({type(error).__name__}); check their columns and types."
            raise ModelError(msg) from error
        if outputs.ndim == 2 and outputs.shape[1] == 1:  # noqa: PLR2004 - a column is a list
            outputs = outputs[:, 0]
        if outputs.ndim not in {1, 2} or len(outputs) != len(inputs):
            msg = f"The {kind} gave an answer of shape {outputs.shape} for {len(inputs)} rows."
            raise ModelError(msg)
        return outputs

    def _numbers(self, outputs: np.ndarray) -> np.ndarray:
        if outputs.ndim == 1 and outputs.dtype.kind in "fiub":
            return outputs.astype(float)
        found = "labels" if outputs.ndim == 1 else f"{outputs.shape[1]} columns"
        msg = f"The {type(self.native).__name__} gives {found}, not one number a row; name its classes."
        raise ModelError(msg)

    def _named(self, outputs: np.ndarray) -> bool:
        """Whether the outputs are classes; doubles in 0..1 are chances of the second of two classes."""
        fractions = outputs.dtype.kind == "f" and len(self.outputs) == 1
        if fractions and not any(isinstance(name, float) for name in self.classes):
            return False
        return {*outputs.tolist()} <= {*self.classes}

    def _chances(self, outputs: np.ndarray) -> np.ndarray:
        """The probabilities of all classes, shape (rows, classes)."""
        import numpy as np

        kind, count = type(self.native).__name__, len(self.classes)
        if outputs.dtype.kind not in "fiub":
            msg = f"The {kind} gives labels that are not among the {count} classes of the model."
            raise ModelError(msg)
        chances = outputs.astype(float)
        if chances.ndim == 1 and count == 2:  # noqa: PLR2004 - the other class has the rest
            chances = np.column_stack([1 - chances, chances])
        if chances.shape != (len(outputs), count):
            msg = f"The {kind} gave an answer of shape {outputs.shape} for {count} classes."
            raise ModelError(msg)
        if not ((chances >= -_NEAR) & (chances <= 1 + _NEAR)).all():
            msg = f"The {kind} gave numbers outside of 0 to 1 for probabilities of {count} classes."
            raise ModelError(msg)
        return np.clip(chances, 0, 1)
