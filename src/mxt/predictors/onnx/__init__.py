"""Models in ONNX, run by ONNX Runtime."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mxt.errors import ModelError
from mxt.predictors.base import Predictor
from mxt.predictors.base.columns import numbers
from mxt.predictors.base.outputs import Label, Scores, of_no_rows
from mxt.predictors.base.refusals import refusals
from mxt.predictors.base.stored import Hazard
from mxt.predictors.onnx.graphs import graph_of, session_of
from mxt.predictors.onnx.trees import attributes, ensemble_of, labels_of, post_transform, read_trees
from mxt.stats import links

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import onnx
    import onnxruntime as ort
    import pandas as pd

    from mxt.predictors.base.stored import Stored
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
"""Largest distance of single-precision probabilities from 0..1; their sum may miss 1 by ten times as much."""


class OnnxPredictor(Predictor):
    """A graph: a single tree ensemble gives its trees, any other graph only its predictions."""

    library: ClassVar[str] = "onnx"
    flavor: ClassVar[str] = "onnx"
    precedence: ClassVar[int] = 4
    flavor_module: ClassVar[str] = "mlflow.onnx"
    title: ClassVar[str] = "ONNX Runtime"
    extra: ClassVar[str] = "onnx"
    runtime: ClassVar[str] = "onnxruntime"

    def __init__(self, native: onnx.ModelProto, columns: list[str], classes: Sequence[Label]) -> None:
        self.require_installed()
        self._session = session_of(native)
        own = next((labels for node in native.graph.node if (labels := labels_of(attributes(node)))), [])
        known = classes if len(classes) == len(own) or not own else own
        inputs = self._session.get_inputs()
        names = [tensor.name for tensor in inputs] if len(inputs) > 1 else columns
        super().__init__(native, names, known)
        if not known and len(self._session.get_outputs()) > 1:
            msg = "The ONNX model has several outputs and does not name its classes; log it with them."
            raise ModelError(msg)

    @classmethod
    def hazards(cls, stored: Stored) -> tuple[Hazard, ...]:
        stored.kept["native"], found = graph_of(stored)
        return found

    @classmethod
    def restored(cls, stored: Stored) -> onnx.ModelProto:
        import onnx

        onnx.checker.check_model(stored.kept["native"])
        return stored.kept["native"]

    @property
    def log_arguments(self) -> tuple[object, dict[str, object]]:
        """The graph in one file, with all of its tensors."""
        return self.native, {"save_as_external_data": False}

    @cached_property
    def trees(self) -> TreeEnsemble | None:
        trees = read_trees(self.native.graph)
        return trees if trees is not None and trees.values.shape[1] == len(self.outputs) else None

    @cached_property
    def _after(self) -> str:
        """The transformation of the scores within the graph's one tree ensemble, such as ``SOFTMAX``."""
        node = ensemble_of(self.native.graph)
        return "NONE" if node is None else post_transform(attributes(node))

    @cached_property
    def _raw(self) -> ort.InferenceSession:
        """The same tree ensemble without the transformation of its scores."""
        import onnx

        copy = onnx.ModelProto()
        copy.CopyFrom(self.native)
        node = ensemble_of(copy.graph)
        for attribute in [] if node is None else node.attribute:
            if attribute.name == "post_transform":
                attribute.CopyFrom(onnx.helper.make_attribute(attribute.name, "NONE" if attribute.s else 0))
        return session_of(copy)

    def encode(self, inputs: pd.DataFrame) -> np.ndarray:
        import numpy as np

        chosen = self.select(inputs)
        matrix = np.empty(chosen.shape)
        for place, name in enumerate(chosen.columns):
            matrix[:, place] = numbers(chosen[name], "ONNX")
        return matrix

    def _run(self, session: ort.InferenceSession, inputs: pd.DataFrame) -> list[Any]:
        """The session's outputs: tensors, or lists of a map for each row."""
        tensors = session.get_inputs()
        if len(tensors) == 1 and tensors[0].type in _TYPES:
            feed = {tensors[0].name: self.encode(inputs).astype(_TYPES[tensors[0].type])}
        else:
            chosen = self.select(inputs)
            names = self.columns if len(tensors) == 1 else [tensor.name for tensor in tensors]
            feed = {
                tensor.name: _column(chosen[name], tensor.type).reshape(-1, 1)
                for tensor, name in zip(tensors, names, strict=True)
            }
        with refusals("ONNX model", Exception):
            return list(session.run(None, feed))

    def labels_and_probabilities(self, inputs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None]:
        import numpy as np

        if not len(inputs):
            return of_no_rows(self.classes, chances=bool(self.classes))
        labels, *others = self._run(self._session, inputs)
        if self.task == "regression":
            return np.asarray(labels, dtype=float).reshape(len(inputs)), None
        if not others:
            return self._from_one(np.asarray(labels))
        scores = _matrix(others[0])
        named = np.asarray(labels).reshape(len(inputs))
        return named, scores if self._after != "NONE" or _probable(scores, self.trees) else None

    def _from_one(self, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Labels and probabilities from the only output of a graph, which holds either."""
        if outputs.ndim > 1 and outputs.shape[1] == len(self.classes):
            labels, chances = self.most_probable(outputs.astype(float))
            return labels, chances if _probable(chances) else None
        return outputs.reshape(len(outputs)), None

    def scores(self, inputs: pd.DataFrame) -> Scores:
        import numpy as np

        if self.trees is None:
            return self._plain(inputs)
        if not len(inputs):
            return Scores(np.empty((0, len(self.outputs))), self._unit)
        outputs = self._run(self._raw, inputs)
        if self.task == "regression":
            raw = np.asarray(outputs[0], dtype=float).reshape(len(inputs), 1)
            return Scores(raw, self._unit)
        raw = _matrix(outputs[1])
        if len(self.outputs) == 1:
            raw = raw[:, 1:] - raw[:, :1] if self._after == "SOFTMAX" else raw[:, 1:]
        return Scores(raw, self._unit)

    @cached_property
    def _unit(self) -> str:
        """The unit of raw scores."""
        if self.task == "regression":
            return "log-odds" if self._after == "LOGISTIC" else "target"
        if self._after == "NONE":
            return "probability" if _bounded(self.trees) else "margin"
        return "log-odds" if len(self.outputs) == 1 else "margin"

    def _plain(self, inputs: pd.DataFrame) -> Scores:
        """Predicted numbers or probabilities, as the scores of a graph that MXT cannot look into."""
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


def _matrix(outputs: Any) -> np.ndarray:
    """Scores of classes, shape (rows, classes), from a tensor or from a list of maps."""
    import numpy as np

    if isinstance(outputs, list):
        outputs = [[row[name] for name in row] for row in outputs]
    return np.asarray(outputs, dtype=float).reshape(len(outputs), -1)


def _bounded(trees: TreeEnsemble | None) -> bool:
    """Whether the trees give every row scores in 0..1."""
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

    level, leaves = np.array([root]), []
    while len(level):
        leaves.append(level[trees.left[level] < 0])
        inner = level[trees.left[level] >= 0]
        level = np.concatenate([trees.left[inner], trees.right[inner]])
    return np.concatenate(leaves)


def _probable(scores: np.ndarray, trees: TreeEnsemble | None = None) -> bool:
    """Whether scores are probabilities: by the bounds of the trees if there are any, else by their values."""
    import numpy as np

    if trees is not None:
        return _bounded(trees)
    return bool((scores >= -_NEAR).all() and np.allclose(scores.sum(axis=1), 1, atol=10 * _NEAR))


def _column(column: pd.Series, kind: str) -> np.ndarray:
    """A column as the tensor type that the graph takes."""
    import numpy as np

    if kind == "tensor(string)":
        return column.astype(object).to_numpy()
    return np.asarray(numbers(column, "ONNX"), dtype=_TYPES[kind])
