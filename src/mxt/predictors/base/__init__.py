"""The base of all predictors: what MXT knows of a fitted model, and of the library that it comes from."""

from __future__ import annotations

import copy
import importlib
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from mxt.errors import DataError, MissingExtraError, ModelError
from mxt.predictors.base.compositions import Component as Component
from mxt.predictors.base.compositions import Composition as Composition
from mxt.predictors.base.outputs import BINARY, Label, by_row, plain
from mxt.predictors.base.stored import Hazard
from mxt.schemas.outputs import PREDICTION, PROBABILITY

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base.outputs import Contributions, Scores
    from mxt.predictors.base.stored import Stored
    from mxt.predictors.base.trees import TreeEnsemble
    from mxt.stats.links import Link

Task = Literal["classification", "regression"]


class Predictor(ABC):
    """A fitted model of one library: an encoding of source columns, and a core model that may be calibrated.

    The class attributes are facts of the library. A package adds a library that MXT does not know with a
    subclass of its own, named in the entry-point group ``mxt.predictors`` by the library's module.
    """

    library: ClassVar[str] = ""
    """The library's top-level module; objects whose class, or a base of it, is from there are served."""
    flavor: ClassVar[str]
    """The MLflow flavour that stores the library's models; of most libraries the name of their module."""
    flavor_module: ClassVar[str] = ""
    """The module with the flavour's `log_model` and `load_model`, which `mlflow` or a package brings."""
    precedence: ClassVar[int] = 9
    """Rank among the flavours that one version is stored in; the least is loaded."""
    savable: ClassVar[bool] = True
    """Whether `log_model` can store the object again."""
    title: ClassVar[str] = ""
    """The optional library's name in messages."""
    extra: ClassVar[str] = ""
    """The extra of MXT that installs the library; empty for libraries that are always there."""
    runtime: ClassVar[str] = ""
    """The module that runs the models, where it is not the library's own."""
    open_columns: frozenset[str] = frozenset()
    """Source columns in which values that the model does not know count as missing."""

    def __init__(self, native: Any, columns: list[str], classes: Sequence[Label]) -> None:
        """Wrap a fitted model.

        Args:
            native: The fitted object.
            columns: Source columns, in the order that the model was trained on.
            classes: Labels in the order of the model's outputs; empty for regression.
        """
        self.native = native
        """The fitted object, as the library itself returned it."""
        self.columns = columns
        self.classes = plain(classes)
        self.task: Task = "classification" if self.classes else "regression"

    @classmethod
    def require_installed(cls) -> None:
        """Raise a MissingExtraError if the library is optional and absent."""
        if cls.extra and importlib.util.find_spec(cls.runtime or cls.library) is None:
            raise MissingExtraError(cls.title, cls.extra)

    @classmethod
    def require_fitted(cls, native: Any) -> None:
        """Raise a ModelError if an estimator of scikit-learn's interface is not fitted."""
        if not hasattr(native, "__sklearn_tags__"):
            return
        from sklearn.exceptions import NotFittedError
        from sklearn.utils.validation import check_is_fitted

        try:
            check_is_fitted(native)
        except NotFittedError as error:
            msg = f"The {type(native).__name__} is not fitted; fit it first."
            raise ModelError(msg) from error

    @classmethod
    def hazards(cls, stored: Stored) -> tuple[Hazard, ...]:
        """What of a stored model would run as code when it is loaded; empty if it is data only.

        Raises:
            ModelError: A file is missing, damaged or outside the folder.
        """
        del stored  # of a library that says nothing, all is taken to run code
        return (Hazard(f"{cls.flavor_module}.load_model, of which MXT does not know what it runs"),)

    @classmethod
    def restored(cls, stored: Stored) -> Any:
        """The fitted object of a stored model that has no `hazards`."""
        return importlib.import_module(cls.flavor_module).load_model(str(stored.folder))

    @property
    def log_arguments(self) -> tuple[object, dict[str, object]]:
        """The object for the flavour's `log_model`, and the options that make it store no pickle."""
        return self.native, {}

    def opened(self, columns: Iterable[str]) -> Self:
        """The same model, for which values that it does not know count as missing in some source columns."""
        other = copy.copy(self)
        other.open_columns = frozenset(columns)
        return other

    @property
    def categories(self) -> Mapping[str, pd.Index]:
        """The values that the model knows, of each source column in which it refuses all others."""
        return {}

    @property
    def inner(self) -> Predictor:
        """The predictor of the object that is stored; another one if MXT prepares its source columns."""
        return self

    @property
    def core(self) -> Any:
        """The model proper, after the encoding."""
        return self.native

    @property
    def sources(self) -> list[int]:
        """For each encoded column, the position of its source column in `columns`."""
        return [*range(len(self.columns))]

    @abstractmethod
    def encode(self, inputs: pd.DataFrame) -> Any:
        """The core model's input: numbers, shape (rows, encoded columns), categories as codes."""

    @abstractmethod
    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        """Labels or numbers, shape (rows,), and probabilities, shape (rows, classes), if it gives any."""

    def probabilities(self, inputs: pd.DataFrame) -> np.ndarray | None:
        """Probabilities alone, shape (rows, classes), which may cost less than labels too."""
        return self.labels_and_probabilities(inputs)[1]

    def most_probable(self, chances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The most probable labels, and the probabilities of all classes.

        Args:
            chances: Shape (rows, classes), more columns of one class, or of two the second's, shape (rows,).
        """
        import numpy as np

        if chances.ndim == 1 and len(self.classes) <= BINARY:
            chances = np.column_stack([1 - chances, chances])
        whole = by_row(chances, len(chances), len(self.classes))[:, : len(self.classes)]
        return np.asarray(self.classes)[whole.argmax(axis=1)], whole

    @abstractmethod
    def scores(self, inputs: pd.DataFrame) -> Scores:
        """The core model's raw outputs, by the library's own prediction function, after calibration."""

    @property
    def trees(self) -> TreeEnsemble | None:
        """The core model's trees over the columns that `encode` gives, or None if it is not made of trees."""
        return None

    def contributions(self, inputs: pd.DataFrame) -> Contributions | None:
        """The library's own exact contributions, slower than MXT's, or None if it has none."""
        del inputs
        return None

    @property
    def parts(self) -> Composition | None:
        """The models that the core model is made of, or None if it is not a sum of models."""
        return None

    @property
    def link(self) -> Link | None:
        """The function from scores to probabilities or predicted numbers, or None if no known one is."""
        from mxt.stats.links import identity, logistic, softmax

        if self.task == "regression":
            return identity()
        return logistic() if len(self.outputs) == 1 else softmax()

    @property
    def linked(self) -> bool:
        """Whether `link` applied to the scores gives the library's own probabilities, but for rounding."""
        return False

    def seen(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """The columns that the core model sees, as a table indexed as `inputs`."""
        return self.select(inputs)

    def dense(self, matrix: Any) -> np.ndarray:
        """A sparse matrix in full, with the value that the library reads in the cells that it leaves out."""
        return matrix.toarray()

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
        return [str(name) for name in self.classes[1 if len(self.classes) == BINARY else 0 :]] or [""]

    def select(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """The model's source columns among those of `inputs`, in the model's order.

        Raises:
            ModelError: The model does not know the names of its columns.
            DataError: Some are missing.
        """
        if not self.columns:
            msg = (
                f"The {type(self.native).__name__} does not name its columns; fit it to a frame, or log it "
                "with a signature that mlflow.models.infer_signature makes of one."
            )
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
            chances = probabilities.astype(float).T
            table |= {f"{PROBABILITY}{name}": chances[place] for place, name in enumerate(self.classes)}
        return pd.DataFrame(table, index=inputs.index)
