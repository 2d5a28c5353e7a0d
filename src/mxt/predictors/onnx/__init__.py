"""Models in ONNX, run by ONNX Runtime."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mxt.errors import MissingExtraError, ModelError
from mxt.predictors.base import Predictor, Scores
from mxt.predictors.base.columns import numbers
from mxt.predictors.onnx.trees import attributes, ensemble_of, labels_of, post_transform, read_trees
from mxt.stats import links

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mxt.predictors.base.trees import TreeEnsemble
    from mxt.stats.links import Link

_TYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
}
_NEAR = 1e-4
"""How far from 0, 1 and a sum of 1 probabilities in single precision may lie."""


class OnnxPredictor(Predictor):
    """A graph; one that is a tree ensemble gives its trees, any other only its predictions."""

    flavor: ClassVar[str] = "onnx"

    def __init__(self, model: Any, columns: list[str], classes: list[Any]) -> None:
        self._model = model
        self._session = _session(model)
        found = next((labels for node in model.graph.node if (labels := labels_of(attributes(node)))), [])
        known = classes if len(classes) == len(found) or not found else found
        inputs = self._session.get_inputs()
        names = [given.name for given in inputs] if len(inputs) > 1 else columns
        super().__init__(names, known)
        if not known and len(self._session.get_outputs()) > 1:
            msg = "The ONNX model has several outputs and does not tell its classes; log it with them."
            raise ModelError(msg)

    @property
    def native(self) -> object:
        return self._model

    @property
    def core(self) -> Any:
        return self._model

    @property
    def sources(self) -> list[int]:
        return [*range(len(self.columns))]

    @cached_property
    def trees(self) -> TreeEnsemble | None:
        found = read_trees(self._model.graph)
        return found if found is not None and found.values.shape[1] == len(self.outputs) else None

    @cached_property
    def _after(self) -> str:
        """What the tree ensemble does to its scores."""
        node = ensemble_of(self._model.graph)
        return "NONE" if node is None else post_transform(attributes(node))

    @cached_property
    def _raw(self) -> Any:
        """The same model without what it does to its scores."""
        import onnx

        copy = onnx.ModelProto()
        copy.CopyFrom(self._model)
        node = ensemble_of(copy.graph)
        for attribute in node.attribute:  # type: ignore[union-attr] # there are trees, so there is a node
            if attribute.name == "post_transform":
                attribute.CopyFrom(onnx.helper.make_attribute(attribute.name, "NONE" if attribute.s else 0))
        return _session(copy)

    def encode(self, inputs: pd.DataFrame) -> np.ndarray:
        import numpy as np

        chosen = self.select(inputs)
        matrix = np.empty(chosen.shape)
        for place, name in enumerate(chosen.columns):
            matrix[:, place] = numbers(chosen[name], "ONNX")
        return matrix

    def _run(self, session: Any, inputs: pd.DataFrame) -> list[Any]:
        """The session's outputs."""
        given = session.get_inputs()
        if len(given) == 1 and given[0].type in _TYPES:
            feed = {given[0].name: self.encode(inputs).astype(_TYPES[given[0].type])}
        else:
            chosen = self.select(inputs)
            columns = given if len(given) > 1 else given[:1]
            names = self.columns if len(given) == 1 else [one.name for one in columns]
            feed = {
                one.name: _fed(chosen[name], one.type).reshape(-1, 1)
                for one, name in zip(columns, names, strict=True)
            }
        try:
            return list(session.run(None, feed))
        except Exception as error:
            msg = f"The ONNX model refuses the inputs ({type(error).__name__}); check their number and types."
            raise ModelError(msg) from error

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        import numpy as np

        labels, *others = self._run(self._session, inputs)
        if self.task == "regression":
            return np.asarray(labels, dtype=float).reshape(len(inputs)), None
        if not others:
            return self._from_one(np.asarray(labels))
        told = self._matrix(others[0])
        named = np.asarray(labels).reshape(len(inputs))
        return named, told if self._after != "NONE" or _probable(told, self.trees) else None

    def _from_one(self, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Labels and probabilities of a graph whose only output is one of the two."""
        import numpy as np

        if outputs.ndim > 1 and outputs.shape[1] == len(self.classes):
            chances = outputs.astype(float)
            return np.asarray(self.classes)[chances.argmax(axis=1)], chances if _probable(chances) else None
        return outputs.reshape(len(outputs)), None

    def _matrix(self, outputs: Any) -> np.ndarray:
        """Scores of classes, shape (rows, classes), from a tensor or from a list of maps."""
        import numpy as np

        if isinstance(outputs, list):
            outputs = [[row[name] for name in row] for row in outputs]
        return np.asarray(outputs, dtype=float).reshape(len(outputs), -1)

    def scores(self, inputs: pd.DataFrame) -> Scores:
        import numpy as np

        if self.trees is None:
            return self._plain(inputs)
        outputs = self._run(self._raw, inputs)
        if self.task == "regression":
            raw = np.asarray(outputs[0], dtype=float).reshape(len(inputs), 1)
            return Scores(raw, "log-odds" if self._after == "LOGISTIC" else "target")
        raw = self._matrix(outputs[1])
        if len(self.outputs) == 1:
            raw = raw[:, 1:] - raw[:, :1] if self._after == "SOFTMAX" else raw[:, 1:]
        return Scores(raw, self._unit)

    @cached_property
    def _unit(self) -> str:
        """The unit of a classifier's raw scores."""
        if self._after == "NONE":
            return "probability" if _bounded(self.trees) else "margin"
        return "log-odds" if len(self.outputs) == 1 else "margin"

    def _plain(self, inputs: pd.DataFrame) -> Scores:
        """Predicted numbers or probabilities, of graphs whose inside is not known."""
        labels, probabilities = self.labels_and_probabilities(inputs)
        if self.task == "regression":
            return Scores(labels.reshape(-1, 1), "target")
        if probabilities is None:
            msg = "The ONNX model gives labels only, no scores that could be explained."
            raise ModelError(msg)
        return Scores(probabilities[:, -len(self.outputs) :], "probability")

    @property
    def link(self) -> Link | None:
        if self._after == "LOGISTIC":
            return links.logistic()
        if self._after == "SOFTMAX":
            return super().link
        return (
            None if self.trees is not None and self.classes and self._unit == "margin" else links.identity()
        )


def _session(model: Any) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        library, extra = "ONNX Runtime", "onnx"
        raise MissingExtraError(library, extra) from error
    try:
        return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    except Exception as error:
        msg = f"ONNX Runtime cannot load the model ({type(error).__name__}); its file may be broken."
        raise ModelError(msg) from error


def _bounded(trees: TreeEnsemble | None) -> bool:
    """Whether no row can get a score outside of 0 to 1."""
    import numpy as np

    if trees is None:
        return False
    highest, lowest = np.zeros_like(trees.base), np.zeros_like(trees.base)
    for root in trees.roots:
        leaves = trees.values[_leaves(trees, int(root))]
        highest, lowest = highest + leaves.max(axis=0), lowest + leaves.min(axis=0)
    return bool((trees.base + lowest >= -_NEAR).all() and (trees.base + highest <= 1 + _NEAR).all())


def _leaves(trees: TreeEnsemble, root: int) -> np.ndarray:
    """The leaves of one tree."""
    import numpy as np

    level, found = np.array([root]), []
    while len(level):
        found.append(level[trees.left[level] < 0])
        inner = level[trees.left[level] >= 0]
        level = np.concatenate([trees.left[inner], trees.right[inner]])
    return np.concatenate(found)


def _probable(told: np.ndarray, trees: TreeEnsemble | None = None) -> bool:
    """Whether scores are probabilities: by the trees' bounds, or else by what they are."""
    import numpy as np

    if trees is not None:
        return _bounded(trees)
    return bool((told >= -_NEAR).all() and np.allclose(told.sum(axis=1), 1, atol=10 * _NEAR))


def _fed(column: pd.Series[Any], kind: str) -> np.ndarray:
    """A column as the tensor type that the graph takes."""
    import numpy as np

    return (
        column.astype(object).to_numpy()
        if kind == "tensor(string)"
        else np.asarray(numbers(column, "ONNX"), dtype=_TYPES[kind])
    )
