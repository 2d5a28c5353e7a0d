"""Graphs in stored ONNX files: whether all that they are made of stands in the file itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxt.errors import ModelError
from mxt.predictors.base.stored import Hazard

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx
    import onnxruntime as ort

    from mxt.predictors.base.stored import Stored

_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}
"""Domains of operators that ONNX Runtime itself brings."""

_HOLDING = {
    *("GraphProto", "NodeProto", "AttributeProto", "TensorProto", "SparseTensorProto", "FunctionProto"),
    "TrainingInfoProto",
}
"""Messages that may hold nodes or tensors."""


def graph_of(stored: Stored) -> tuple[onnx.ModelProto, tuple[Hazard, ...]]:
    """The graph in the file that a flavour's entry names, and what of it lies elsewhere.

    Raises:
        ModelError: It is no graph, or names files outside its folder.
    """
    import onnx

    file = stored.file("data")
    try:
        model = onnx.load_model(str(file), load_external_data=False)
    except Exception as error:
        msg = f"its file {stored.text('data')!r} is no ONNX graph ({type(error).__name__}); it may be broken"
        raise ModelError(msg) from error
    known = _DOMAINS | {function.domain for function in model.functions}
    found: set[str] = set()
    for part in _messages(model):
        if isinstance(part, onnx.NodeProto) and part.domain not in known:
            found.add(f"the custom operator {part.domain}.{part.op_type}")
        elif isinstance(part, onnx.TensorProto) and part.data_location == onnx.TensorProto.EXTERNAL:
            name = _location(part)
            if stored.path(name) is None:
                msg = f"its graph reads the file {name[:200]!r}, which is not in the model's folder"
                raise ModelError(msg)
            found.add(f"tensors in another file, {name!r}")
    return model, tuple(map(Hazard, sorted(found)))


def session_of(model: onnx.ModelProto) -> ort.InferenceSession:
    """ONNX Runtime's session of a graph.

    Raises:
        ModelError: ONNX Runtime refuses the graph.
    """
    import onnxruntime as ort

    try:
        return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    except Exception as error:
        msg = f"ONNX Runtime cannot load the model ({type(error).__name__}); its file may be broken."
        raise ModelError(msg) from error


def _location(tensor: onnx.TensorProto) -> str:
    return next((entry.value for entry in tensor.external_data if entry.key == "location"), "")


def _messages(message: Any) -> Iterator[Any]:
    """All nodes and tensors in a message, in graphs within nodes too."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        for field, value in part.ListFields():
            if field.message_type is not None and field.message_type.name in _HOLDING:
                waiting += [value] if not hasattr(value, "__len__") else value
