"""Graphs in stored files: what of them lies elsewhere is found before ONNX Runtime sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import pytest

from mxt.errors import ModelError
from mxt.predictors.base.stored import Stored
from mxt.predictors.onnx.graphs import graph_of, session_of
from registries.hostile import graph

if TYPE_CHECKING:
    from pathlib import Path

Y = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [None, 2])
X = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [None, 2])


def hazards(folder: Path) -> list[str]:
    return [hazard.what for hazard in graph_of(Stored(folder, {"data": "model.onnx"}))[1]]


def test_a_graph_may_name_files_of_its_own_folder_which_a_person_reviews(tmp_path: Path) -> None:
    graph(tmp_path, "weights.bin")
    assert hazards(tmp_path) == ["tensors in another file, 'weights.bin'"]
    for outside in ("../weights.bin", "/weights.bin", ""):
        graph(tmp_path, outside)
        with pytest.raises(ModelError, match=r"which is not in the model's folder"):
            hazards(tmp_path)


def test_an_operator_within_a_branch_is_found_and_one_that_the_file_defines_is_none(tmp_path: Path) -> None:
    inner = onnx.helper.make_node("Own", ["x"], ["y"], domain="acme")
    branch = onnx.helper.make_graph([inner], "branch", [], [Y])
    choice = onnx.helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)
    model = onnx.helper.make_model(onnx.helper.make_graph([choice], "whole", [X], [Y]))
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    assert hazards(tmp_path) == ["the custom operator acme.Own"]
    body = onnx.helper.make_node("Identity", ["x"], ["y"])
    own = onnx.helper.make_function("acme", "Own", ["x"], ["y"], [body], [onnx.helper.make_opsetid("", 17)])
    model.functions.append(own)
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    assert hazards(tmp_path) == []


def test_a_file_that_is_no_graph_and_a_graph_that_does_not_run_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"\xff\xff")
    with pytest.raises(ModelError, match=r"'model\.onnx' is no ONNX graph"):
        hazards(tmp_path)
    with pytest.raises(ModelError, match="ONNX Runtime cannot load the model"):
        session_of(onnx.helper.make_model(onnx.helper.make_graph([], "none", [X], [Y])))
