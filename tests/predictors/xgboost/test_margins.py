"""Base margins of xgboost's objectives: those that the library starts from, and those it wrote down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb

from mxt.errors import ModelError
from mxt.explainers.base.kernels.engine import Engine, available
from mxt.predictors.xgboost.margins import base_margins
from mxt.predictors.xgboost.trees import document_of, outputs_of, read_document, read_trees
from predictors.walk import walk

ROWS = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
RARE = np.arange(60) == 7
CHANCES = [0, 1e-10, 1e-7, 1e-5, 0.3, 0.99999, 0.9999999, 0.99999994, 1]
LEVELS = [1e-45, 1e-20, 1e-7, 0.3, 1e7, 1e30]
NUMBERS = [-1e30, -0.1, 0, 1e-45, 0.3, 16_777_217]
SCORES: dict[str, list[float]] = {
    **dict.fromkeys(("binary:logistic", "reg:logistic"), CHANCES),
    **dict.fromkeys(("count:poisson", "reg:tweedie", "survival:cox", "survival:aft"), LEVELS),
    "reg:gamma": LEVELS[1:],
    **dict.fromkeys(("reg:squarederror", "reg:squaredlogerror", "reg:pseudohubererror"), NUMBERS),
    **dict.fromkeys(("reg:absoluteerror", "reg:quantileerror", "binary:hinge", "binary:logitraw"), NUMBERS),
    **dict.fromkeys(("rank:ndcg", "rank:pairwise", "rank:map", "multi:softprob", "multi:softmax"), NUMBERS),
}
MORE: dict[str, dict[str, Any]] = {
    "reg:quantileerror": {"quantile_alpha": [0.2, 0.5]},
    "multi:softprob": {"num_class": 3},
    "multi:softmax": {"num_class": 3},
}
EXPECTILES = Path(__file__).parents[2] / "assets" / "xgboost-3.4.1-expectiles.ubj"


def stump(objective: str, target: np.ndarray, **parameters: Any) -> tuple[np.ndarray, np.ndarray]:
    """The margin of a booster of one leaf that adds next to nothing: MXT's base, and the library's own."""
    matrix = xgb.DMatrix(ROWS, target)
    if objective == "survival:aft":
        matrix.set_float_info("label_lower_bound", target)
        matrix.set_float_info("label_upper_bound", target + 1)
    asked = {"objective": objective, "eta": 1e-30, "min_child_weight": 1e30, "nthread": 1}
    booster = xgb.train({**asked, **MORE.get(objective, {}), **parameters}, matrix, 1)
    document = document_of(booster)
    trees = read_trees(document)
    assert trees is not None
    assert len(trees.base) == outputs_of(document)
    return trees.base, booster.predict(matrix, output_margin=True).reshape(len(ROWS), -1)[0]


def positive(objective: str) -> bool:
    return objective in {"count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"}


@pytest.mark.parametrize(
    ("objective", "score"), [(name, score) for name, all_ in SCORES.items() for score in all_]
)
def test_a_base_score_becomes_the_librarys_own_margin(objective: str, score: float) -> None:
    target = np.ones(60) if positive(objective) else RARE.astype(float)
    found, own = stump(objective, target, base_score=score)
    np.testing.assert_allclose(found, own, rtol=3e-7, atol=1e-6)


@pytest.mark.parametrize("objective", SCORES)
def test_a_base_score_that_the_library_estimates_becomes_its_margin(objective: str) -> None:
    target = ROWS[:, 0] ** 2 + 0.1 if positive(objective) else RARE.astype(float)
    found, own = stump(objective, target)
    np.testing.assert_allclose(found, own, rtol=3e-7, atol=1e-6)


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("objective", ["binary:logistic", "reg:logistic"])
def test_a_model_of_one_class_starts_as_near_to_it_as_the_library_goes(objective: str, label: int) -> None:
    found, own = stump(objective, np.full(60, label))
    np.testing.assert_allclose(found, own, rtol=3e-7, atol=1e-6)
    assert abs(found[0]) > 13


@pytest.mark.parametrize("objective", ["count:poisson", "reg:tweedie", "survival:cox", "survival:aft"])
def test_an_infinite_margin_is_refused_as_what_it_is(objective: str) -> None:
    with pytest.raises(ModelError, match="starts from an infinite margin"):
        base_margins(objective, [0.0], 1)


@pytest.mark.parametrize(
    ("scores", "margins"),
    [
        ([0.1, 0.5, 0.7], [0.10000000149011612, -0.7096359729766846, -1.5077773332595825]),
        ([0.5, 0.500002, 0.7], [0.5, -13.789299011230469, -1.5077886581420898]),
        ([0.5, 0.5, 0.5], [0.5, -13.815509796142578, -13.815509796142578]),
        ([0.7, 0.5, 0.1], [0.699999988079071, -13.815509796142578, -13.815509796142578]),
        ([0, 1e-6, 3e-6], [0, -13.815509796142578, -13.815509796142578]),
        ([0, 1e-3, 2e-3], [0, -6.9082560539245605, -6.9082560539245605]),
        ([0, 19.9, 39.85], [0, 19.89999771118164, 19.949996948242188]),
        ([0, 20.00001, 20.1], [0, 20.00000762939453, -2.252275228500366]),
        ([0, 100, 300], [0, 100, 200]),
    ],
)
def test_expectiles_start_from_increments_as_xgboost_341_wrote_them_down(
    scores: list[float], margins: list[float]
) -> None:
    found = base_margins("reg:expectileerror", scores, 3)
    np.testing.assert_allclose(found, margins, rtol=3e-7, atol=1e-6)


def test_a_stored_model_of_several_expectiles_gives_the_margins_that_its_library_gave() -> None:
    trees = read_trees(read_document(EXPECTILES.read_bytes()))
    assert trees is not None
    rows = np.array([[0, 0], [1, -1], [-2, 0.5], [np.nan, 3]], dtype="float32")
    own = [
        [-1.1914082765579224, -0.5478422045707703, 0.22947922348976135],
        [-0.39995986223220825, 0.8484626412391663, 0.8534900546073914],
        [-1.1914082765579224, -0.5478422045707703, 0.007320225238800049],
        [-0.5166953802108765, 0.7063510417938232, 0.7391619682312012],
    ]
    np.testing.assert_allclose(walk(trees, rows), own, atol=1e-6)


@pytest.mark.skipif(not available(), reason="no compiled kernels")
def test_a_stored_model_of_several_expectiles_has_its_librarys_contributions() -> None:
    trees = read_trees(read_document(EXPECTILES.read_bytes()))
    assert trees is not None
    engine = Engine(trees)
    bias = [-0.8941263556480408, 0.2730430066585541, 0.5902329683303833]
    own = [
        [0.4552210569381714, 0.038945458829402924],
        [0.4404516816139221, 0.13496807217597961],
        [0.22010794281959534, 0.04314909502863884],
    ]
    np.testing.assert_allclose(engine.base, bias, atol=1e-6)
    np.testing.assert_allclose(engine.values(np.array([[1.0, -1.0]]))[0].T, own, atol=1e-6)


@pytest.mark.parametrize("score", [-0.1, 1.5, np.nan])
def test_scores_that_are_no_chances_are_no_base_of_a_logistic_model(score: float) -> None:
    with pytest.raises(ValueError, match=r".*"):
        base_margins("binary:logistic", [score], 1)
