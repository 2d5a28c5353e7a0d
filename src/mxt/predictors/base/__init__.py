"""What every predictor tells: outputs, what the core model sees, and which source column that came from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from mxt.errors import DataError, ModelError
from mxt.schemas.outputs import PREDICTION, PROBABILITY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base.trees import TreeEnsemble
    from mxt.predictors.sklearn.composition import Composition
    from mxt.stats.links import Link

Task = Literal["classification", "regression"]


class Scores(NamedTuple):
    """Raw outputs of a core model, which exact explanations add up to."""

    values: np.ndarray
    """Shape (rows, outputs); one output for regression and for two classes."""
    unit: str
    """``log-odds``, ``margin``, ``probability`` or ``target``."""


class Contributions(NamedTuple):
    """A library's own exact contributions of encoded columns to the core's raw outputs, path-dependent."""

    values: np.ndarray
    """Shape (rows, encoded columns, outputs)."""
    base: np.ndarray
    """Shape (outputs,)."""
    method: str
    """The function of the library that computed them."""


class Predictor(ABC):
    """A fitted model: an encoding of source columns, a core model, and perhaps a sigmoid calibration."""

    flavor: ClassVar[str]
    """The MLflow flavour that stores the model."""

    def __init__(self, columns: list[str], classes: list[Any]) -> None:
        self.columns = columns
        """Source columns, in the order that the model was trained on."""
        self.task: Task = "classification" if classes else "regression"
        self.classes = classes
        """Labels in the order of the model's outputs; empty for regression."""

    @property
    @abstractmethod
    def native(self) -> object:
        """The fitted object, as the library itself stores it."""

    @property
    @abstractmethod
    def core(self) -> Any:
        """The model proper, after the encoding."""

    @property
    @abstractmethod
    def sources(self) -> list[int]:
        """For each encoded column, the position of its source column in `columns`."""

    @abstractmethod
    def encode(self, inputs: pd.DataFrame) -> Any:
        """What the core model sees: numbers, shape (rows, encoded columns), categories as codes."""

    @abstractmethod
    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        """Labels or numbers, shape (rows,), and probabilities, shape (rows, classes), if it gives any."""

    def probabilities(self, inputs: pd.DataFrame) -> np.ndarray | None:
        """Just the probabilities, shape (rows, classes), for those who can spare the cost of labels."""
        return self.labels_and_probabilities(inputs)[1]

    @abstractmethod
    def scores(self, inputs: pd.DataFrame) -> Scores:
        """The core model's raw outputs, by the library's own prediction function, after calibration."""

    @property
    def trees(self) -> TreeEnsemble | None:
        """The core model's trees over the columns that `encode` gives, or None if it is not made of trees."""
        return None

    def contributions(self, inputs: pd.DataFrame) -> Contributions | None:  # noqa: ARG002 - the base has none
        """The library's own exact contributions, slower than MXT's, or None if it has none."""
        return None

    @property
    def parts(self) -> Composition | None:
        """The models that the core model is made of, or None if it is not a sum of models."""
        return None

    @property
    def link(self) -> Link | None:
        """What turns the scores into probabilities or predicted numbers, or None if nothing known does."""
        from mxt.stats.links import identity, logistic, softmax

        if self.task == "regression":
            return identity()
        return logistic() if len(self.outputs) == 1 else softmax()

    @property
    def linked(self) -> bool:
        """Whether the library makes its probabilities of the scores by `link`, but for its rounding."""
        return False

    def seen(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """What the core model sees, as a table indexed as `inputs`."""
        return self.select(inputs)

    def labelled(self, matrix: pd.DataFrame) -> pd.DataFrame:
        """Rows of an array, under the model's names, with categories in place of the library's codes."""
        return matrix

    @property
    def calibration(self) -> tuple[float, float]:
        """Slope and intercept that turn the core's score into the calibrated log-odds; (1, 0) without one."""
        return 1.0, 0.0

    @property
    def importances(self) -> dict[str, np.ndarray]:
        """The library's own importances of encoded columns, shape (encoded columns,), by method."""
        return {}

    @property
    def outputs(self) -> list[str]:
        """The class of each explained output; one empty text for regression, the positive class of two."""
        return [str(name) for name in self.classes[1 if len(self.classes) == 2 else 0 :]] or [""]  # noqa: PLR2004 - two classes

    def select(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """The model's source columns among those of `inputs`, in the model's order.

        Raises:
            ModelError: The model does not tell its columns.
            DataError: Some are missing.
        """
        if not self.columns:
            msg = f"The {type(self.native).__name__} does not tell its columns; log it with a signature."
            raise ModelError(msg)
        lacking = [name for name in self.columns if name not in inputs.columns]
        if lacking:
            msg = f"The model needs the columns {lacking}; the table has {list(inputs.columns)}."
            raise DataError(msg)
        return inputs[self.columns]

    def predict(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """The outputs for each row of `inputs`, a table of `OutputsSchema` with the same index."""
        import pandas as pd

        labels, probabilities = self.labels_and_probabilities(inputs)
        table = {PREDICTION: labels}
        if probabilities is not None:
            table |= {
                f"{PROBABILITY}{name}": probabilities[:, place].astype(float)
                for place, name in enumerate(self.classes)
            }
        return pd.DataFrame(table, index=inputs.index)
