"""The trees of xgboost: walked by hand they give the booster's own margins and leaves."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from mxt.errors import ModelError
from mxt.predictors.xgboost import XgboostPredictor
from mxt.predictors.xgboost.trees import document_of, read_document, read_trees
from predictors.walk import leaves_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxt.predictors.xgboost.trees import Document
from predictors.xgboost.boosters import MODELS, NUMBERS, boosted, close, own_margins, signal, table

NUMERIC: dict[str, dict[str, Any]] = {
    "exact, pruned": {"tree_method": "exact", "gamma": 10.0},
    "approximate": {"tree_method": "approx"},
    "vector leaves": {"target": "several", "multi_strategy": "multi_output_tree"},
    "vector leaves of classes": {
        "objective": "multi:softprob",
        "num_class": 3,
        "multi_strategy": "multi_output_tree",
    },
    "single vector leaves": {
        "target": "several",
        "multi_strategy": "multi_output_tree",
        "min_child_weight": 1e6,
    },
}


@pytest.mark.parametrize("name", MODELS)
def test_a_walk_gives_the_boosters_margins_with_gaps_and_categories(name: str) -> None:
    predictor, fresh = boosted(MODELS[name]), table(seed=1)
    close(predictor, fresh, own_margins(predictor, fresh))
    close(predictor, fresh.head(1), own_margins(predictor, fresh.head(1)))


@pytest.mark.parametrize("name", NUMERIC)
def test_a_walk_gives_the_boosters_margins_over_numbers_alone(name: str) -> None:
    predictor, fresh = boosted(NUMERIC[name], names=NUMBERS), table(seed=1)
    close(predictor, fresh, own_margins(predictor, fresh))


@pytest.mark.parametrize("name", ["squared", "three classes", "forests", "dropout", "sets", "two targets"])
def test_a_walk_ends_at_the_boosters_own_leaves(name: str) -> None:
    predictor, fresh = boosted(MODELS[name]), table(seed=2)
    trees = predictor.trees
    assert trees is not None
    own = predictor.core.predict(xgb.DMatrix(fresh, enable_categorical=True), pred_leaf=True)
    found = leaves_of(trees, predictor.encode(fresh)) - trees.roots
    np.testing.assert_array_equal(found, own.reshape(found.shape))


@pytest.mark.parametrize("name", ["hist", "exact"])
def test_doubles_beside_a_split_take_the_boosters_branch_in_ten_thousand_rows(name: str) -> None:
    predictor = boosted({"tree_method": name, "max_depth": 6}, rounds=20, names=NUMBERS)
    trees = predictor.trees
    assert trees is not None
    random, columns = np.random.default_rng(0), []
    for place in range(len(NUMBERS)):
        splits = np.unique(trees.threshold[trees.feature == place]).astype(np.float32)
        around = np.concatenate([splits, np.nextafter(splits, np.float32(np.inf))]).astype(np.float64)
        halfway = (around[: len(splits)] + around[len(splits) :]) / 2
        edges = np.concatenate([around, halfway, around * (1 + 1e-9), around * (1 - 1e-9)])
        edges = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf)])
        columns.append(random.choice(edges, 10_000))
    rows = pd.DataFrame(dict(zip(NUMBERS, columns, strict=True)))
    own = predictor.core.predict(xgb.DMatrix(rows), pred_leaf=True)
    np.testing.assert_array_equal(leaves_of(trees, predictor.encode(rows)) - trees.roots, own)
    np.testing.assert_array_equal(leaves_of(trees, rows.to_numpy()) - trees.roots, own)
    in_doubles = copy.copy(trees)
    object.__setattr__(in_doubles, "precision", "float64")
    assert (leaves_of(in_doubles, rows.to_numpy()) - trees.roots != own).any()  # so the rows are adversarial


@pytest.mark.parametrize("options", [{}, {"num_parallel_tree": 2, "subsample": 0.5}, {"booster": "dart"}])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_model_that_stopped_early_has_the_rounds_up_to_its_best(options: Any, classes: int) -> None:
    inputs = table()[NUMBERS]
    targets = np.clip(signal(table()).round(), 0, classes - 1).astype(int)
    model = xgb.XGBClassifier(
        n_estimators=40, learning_rate=0.8, early_stopping_rounds=3, max_depth=3, n_jobs=1, **options
    )
    model.fit(inputs[:200], targets[:200], eval_set=[(inputs[200:], targets[200:])], verbose=False)
    predictor = XgboostPredictor(model, [], [*range(classes)])
    close(predictor, inputs, model.predict(inputs, output_margin=True).reshape(len(inputs), -1))
    assert predictor.trees is not None
    groups = 1 if classes == 2 else classes
    made = options.get("num_parallel_tree", 1) * groups
    assert len(predictor.trees.roots) == (model.best_iteration + 1) * made
    assert model.best_iteration + 1 < model.get_booster().num_boosted_rounds()


def test_covers_are_sums_of_hessians() -> None:
    trees = boosted({}).trees
    assert trees is not None
    inner = trees.left >= 0
    assert (trees.cover[trees.roots] == 300).all()  # of the squared error, one for each row
    np.testing.assert_allclose(
        trees.cover[inner], trees.cover[trees.left[inner]] + trees.cover[trees.right[inner]]
    )
    assert (trees.values[inner] == 0).all()


def test_nodes_that_no_row_reaches_any_more_have_no_cover() -> None:
    predictor = boosted({}, names=NUMBERS)
    few = table().head(3)
    refresh = {"process_type": "update", "updater": "refresh", "refresh_leaf": True, "nthread": 1}
    matrix = xgb.DMatrix(few[NUMBERS], signal(few))
    again = XgboostPredictor(xgb.train(refresh, matrix, 8, xgb_model=predictor.core), [], [])
    assert again.trees is not None
    assert (again.trees.cover == 0).any()
    close(again, table(seed=1), own_margins(again, table(seed=1)))


def test_a_model_without_trees_is_its_base() -> None:
    predictor = boosted({"base_score": 2.5}, rounds=0)
    close(predictor, table(), np.full((300, 1), 2.5))


def test_a_linear_booster_has_no_trees() -> None:
    assert boosted({"booster": "gblinear"}, names=NUMBERS).trees is None


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_cut_model_is_refused(share: float) -> None:
    raw = bytes(boosted({}).core.save_raw("ubj"))
    with pytest.raises(ModelError, match="was cut or is damaged"):
        read_document(raw[: int(share * len(raw))])


@pytest.mark.parametrize("raw", [b"", b"[", b"{L", b"[$d#L" + b"\xff" * 8, b"[" * 5000, b"x", b"i\x07"])
def test_bytes_that_are_no_model_are_refused(raw: bytes) -> None:
    with pytest.raises(ModelError, match="was cut or is damaged"):
        read_document(raw)


def tree_of(document: Document) -> Document:
    return document["learner"]["gradient_booster"]["model"]["trees"][0]


def changed(name: str, at: int, value: float) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        array = tree_of(document)[name].copy()
        array[at] = value
        tree_of(document)[name] = array

    return change


DAMAGES: dict[str, Callable[[Document], Any]] = {
    "a loop": changed("left_children", 1, 0),
    "two parents": changed("left_children", 0, 2),
    "a child beyond the tree": changed("right_children", 0, 10_000),
    "a negative child": changed("right_children", 0, -7),
    "a column that is not there": changed("split_indices", 0, 99),
    "a leaf that is no number": changed("split_conditions", -1, np.nan),
    "a negative cover": changed("sum_hessian", 0, -1),
    "an array too short": lambda document: tree_of(document).update(split_indices=[1]),
    "no children": lambda document: tree_of(document).pop("left_children"),
    "a tree too few": lambda document: document["learner"]["gradient_booster"]["model"]["trees"].pop(),
    "no group": lambda document: document["learner"]["gradient_booster"]["model"].pop("tree_info"),
    "a group too many": lambda document: document["learner"]["gradient_booster"]["model"].update(
        tree_info=[5] * 8
    ),
    "no base": lambda document: document["learner"]["learner_model_param"].update(base_score="[]"),
    "a base beyond its link": lambda document: document["learner"]["learner_model_param"].update(
        base_score="[1.5]"
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_model_is_refused(name: str) -> None:
    document = copy.deepcopy(document_of(boosted({"objective": "binary:logistic"}).core))
    assert read_trees(document) is not None
    DAMAGES[name](document)
    with pytest.raises(ModelError, match="damaged"):
        read_trees(document)


def test_an_objective_whose_base_is_not_known_is_refused() -> None:
    document = copy.deepcopy(document_of(boosted({}).core))
    document["learner"]["objective"]["name"] = "my:own"
    with pytest.raises(ModelError, match="'my:own'"):
        read_trees(document)
