"""The base of predictors that give predictions and nothing else."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from mxt.errors import ModelError
from mxt.predictors.base import Predictor
from mxt.predictors.base.outputs import BINARY, Scores, of_no_rows
from mxt.predictors.base.refusals import refusals

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.stats.links import Link

_NEAR = 1e-6
"""Largest distance of a probability beyond 0 and 1 that passes for rounding."""


class OpaquePredictor(Predictor):
    """An object that MXT cannot look into.

    With classes, a matrix holds their probabilities; a list holds labels, or of two classes the
    probability of the second. Without classes, a list holds predicted numbers.
    """

    @abstractmethod
    def call(self, inputs: pd.DataFrame) -> object:
        """The object's predictions for a table of the model's columns."""

    def encode(self, inputs: pd.DataFrame) -> np.ndarray:
        """The columns as doubles.

        Raises:
            ModelError: Some are not numbers, and the object has no codes for them that MXT could know.
        """
        import numpy as np
        import pandas as pd

        chosen = self.select(inputs)
        odd = [str(name) for name in chosen if not pd.api.types.is_numeric_dtype(chosen[name])]
        if odd:
            msg = f"The columns {odd} are not numbers, and a {self._kind} has no codes for them."
            raise ModelError(msg)
        return chosen.to_numpy(dtype=float, na_value=np.nan)

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        if not len(inputs):
            return of_no_rows(self.classes, chances=bool(self.classes))
        outputs = self._outputs(inputs)
        if not self.classes:
            return self._numbers(outputs), None
        if outputs.ndim == 1 and self._are_labels(outputs):
            return outputs, None
        return self.most_probable(self._chances(outputs))

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
    def link(self) -> Link | None:
        from mxt.stats.links import identity

        return identity()

    @property
    def _kind(self) -> str:
        """The class of the object, for messages."""
        return type(self.native).__name__

    def _outputs(self, inputs: pd.DataFrame) -> np.ndarray:
        """The object's predictions, shape (rows,) or (rows, classes)."""
        import numpy as np

        chosen = self.select(inputs)
        with refusals(self._kind, Exception):
            outputs = np.asarray(self.call(chosen))
        shape = outputs.shape
        if shape == (len(inputs), 1):
            return outputs[:, 0]
        if outputs.ndim not in {1, 2} or len(outputs) != len(inputs):
            msg = f"The {self._kind} gave an answer of shape {shape} for {len(inputs)} rows."
            raise ModelError(msg)
        return outputs

    def _numbers(self, outputs: np.ndarray) -> np.ndarray:
        if outputs.ndim == 1 and outputs.dtype.kind in "fiub":
            return outputs.astype(float)
        given = "labels" if outputs.ndim == 1 else f"{outputs.shape[1]} columns"
        msg = f"The {self._kind} gives {given}, not one number a row; name its classes."
        raise ModelError(msg)

    def _are_labels(self, outputs: np.ndarray) -> bool:
        """Whether the outputs are labels; doubles in 0..1 are probabilities of the second of two classes."""
        fractions = outputs.dtype.kind == "f" and len(self.outputs) == 1
        if fractions and not any(isinstance(name, float) for name in self.classes):
            return False
        return {*outputs.tolist()} <= {*self.classes}

    def _chances(self, outputs: np.ndarray) -> np.ndarray:
        """The probabilities of all classes, shape (rows, classes)."""
        import numpy as np

        count = len(self.classes)
        if outputs.dtype.kind not in "fiub":
            msg = f"The {self._kind} gives labels that are not among the {count} classes of the model."
            raise ModelError(msg)
        chances = outputs.astype(float)
        if chances.ndim == 1 and count == BINARY:
            chances = np.column_stack([1 - chances, chances])
        if chances.shape != (len(outputs), count):
            msg = f"The {self._kind} gave an answer of shape {outputs.shape} for {count} classes."
            raise ModelError(msg)
        if not ((chances >= -_NEAR) & (chances <= 1 + _NEAR)).all():
            msg = f"The {self._kind} gave numbers outside of 0 to 1 for probabilities of {count} classes."
            raise ModelError(msg)
        return np.clip(chances, 0, 1)
