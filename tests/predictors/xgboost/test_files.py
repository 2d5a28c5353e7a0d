"""Files of xgboost models: whole ones of every form are read, and damaged ones never reach xgboost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from mxt.errors import ModelError
from mxt.predictors.xgboost.files import require_whole

if TYPE_CHECKING:
    from pathlib import Path

CHANCE = np.random.default_rng(0)
X = pd.DataFrame({"a": CHANCE.normal(size=120), "c": pd.Categorical(CHANCE.choice([*"xyzuvw"], 120))})
Y = (X["a"] > 0).astype(int) + (X["c"] == "x")
FORMS: dict[str, dict[str, Any]] = {
    "several classes": {"objective": "multi:softprob", "num_class": 3},
    "sets of categories": {"max_cat_to_onehot": 1},
    "vector leaves": {"objective": "multi:softprob", "num_class": 3, "multi_strategy": "multi_output_tree"},
    "dropout": {"booster": "dart", "rate_drop": 0.5},
    "pruned": {"gamma": 5.0, "tree_method": "approx"},
    "random forest": {"num_parallel_tree": 3, "subsample": 0.5},
    "linear": {"booster": "gblinear"},
    "one leaf": {"gamma": 1e9},
}


def booster(form: str) -> xgb.Booster:
    numbers = form in {"linear", "vector leaves"}
    table = xgb.DMatrix(X[["a"]] if numbers else X, Y, enable_categorical=True)
    return xgb.train({"max_depth": 4, **FORMS[form]}, table, 4)


@pytest.mark.parametrize("suffix", ["ubj", "json"])
@pytest.mark.parametrize("form", FORMS)
def test_a_whole_file_of_any_form_is_read(form: str, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"model.{suffix}"
    booster(form).save_model(file)
    require_whole(file.read_bytes())
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(ModelError, match="cut or is damaged"):
        require_whole(file.read_bytes())


DAMAGES: dict[str, Any] = {
    "a child beyond the nodes": lambda tree: tree["left_children"].__setitem__(0, 999),
    "a child that is the root": lambda tree: tree["right_children"].__setitem__(0, 0),
    "two parents of a node": lambda tree: tree["right_children"].__setitem__(0, tree["left_children"][0]),
    "a column beyond the columns": lambda tree: tree["split_indices"].__setitem__(0, 7),
    "too few thresholds": lambda tree: tree["split_conditions"].pop(),
    "more nodes than there are": lambda tree: tree["tree_param"].__setitem__("num_nodes", "999"),
    "a parent beyond the nodes": lambda tree: tree["parents"].__setitem__(1, 999),
    "a set beyond the categories": lambda tree: tree["categories_sizes"].__setitem__(0, 9999),
    "a set of no node": lambda tree: tree["categories_nodes"].__setitem__(0, 999),
    "too few sets": lambda tree: tree["categories_sizes"].pop(),
    "too few weights": lambda tree: tree["base_weights"].pop(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_tree_whose_nodes_do_not_fit_together_is_refused(damage: str, tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    booster("sets of categories").save_model(file)
    document = json.loads(file.read_text())
    DAMAGES[damage](document["learner"]["gradient_booster"]["model"]["trees"][0])
    file.write_text(json.dumps(document))
    with pytest.raises(ModelError, match="damaged"):
        require_whole(file.read_bytes())


def test_a_name_that_stands_twice_and_too_few_weights_of_dropped_trees_are_refused() -> None:
    content = bytes(booster("sets of categories").save_raw("json"))
    twice = content.replace(b'"left_children"', b'"left_children":[-1],"left_children"', 1)
    binary = bytes(booster("one leaf").save_raw("ubj"))
    name, end = b"L" + bytes(7) + b"\x07version", len(binary) - 1
    for damaged in (twice, binary[:end] + name + b"[]" + binary[end:]):
        with pytest.raises(ModelError, match="cut or is damaged"):
            require_whole(damaged)
    document = json.loads(booster("dropout").save_raw("json"))
    require_whole(json.dumps(document).encode())
    trees = document["learner"]["gradient_booster"]
    (trees if "weight_drop" in trees else trees["model"])["weight_drop"].pop()  # as of 3.2, and of 3.4
    with pytest.raises(ModelError, match="do not fit together"):
        require_whole(json.dumps(document).encode())
