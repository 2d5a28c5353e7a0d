"""`shap.Explainer`, which turns itself into the tree explainer, with MXT's class in the place of shap's."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shap
from sklearn.ensemble import GradientBoostingRegressor

from explainers.shap.test_tree import NUMBER, X, same
from mxt.explainers import TreeExplainer
from mxt.explainers.base.kernels.engine import available

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(not available(), reason="no compiled kernels")

NAMES = ["xgboost, two classes", "lightgbm, three classes", "forest, two classes", "isolation forest"]
DATA: dict[str, Any] = {
    "none": None,
    "frame": X[:50],
    "array": X[:50].to_numpy(),
    "masker": shap.maskers.Independent(X[:50]),
}
ASKED: dict[str, dict[str, Any]] = {
    "by itself": {},
    "trees": {"algorithm": "tree"},
    "names": {"algorithm": "tree", "feature_names": list("wxyz")},
}


@pytest.fixture(autouse=True)
def no_warning_of_shaps() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="LightGBM binary classifier")
        yield


@pytest.fixture
def in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """MXT's class where users of shap look for the tree explainer."""
    for home, name in (
        (shap, "TreeExplainer"),
        (shap.explainers, "TreeExplainer"),
        (shap.explainers, "Tree"),
    ):
        monkeypatch.setattr(home, name, TreeExplainer)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("name", NAMES)
def test_it_becomes_mxts_and_explains_as_shaps_does(
    name: str, data: str, asked: str, fitted: Callable[[str], Any], request: pytest.FixtureRequest
) -> None:
    theirs = shap.Explainer(fitted(name), DATA[data], **ASKED[asked])
    request.getfixturevalue("in_place")
    ours = shap.Explainer(fitted(name), DATA[data], **ASKED[asked])
    assert type(ours) is TreeExplainer
    assert type(theirs) is not TreeExplainer
    rows = X if asked != "names" else X.to_numpy()
    found, wanted = ours(rows), theirs(rows)
    same(found.values, wanted.values)
    same(found.base_values, wanted.base_values)
    assert found.feature_names == wanted.feature_names
    same(ours.expected_value, theirs.expected_value)


@pytest.mark.usefixtures("in_place")
@pytest.mark.parametrize("data", DATA)
def test_what_it_keeps_is_what_a_tree_explainer_keeps(data: str, fitted: Callable[[str], Any]) -> None:
    model = fitted("xgboost, two classes")
    found, plain = shap.Explainer(model, DATA[data]), shap.TreeExplainer(model, DATA[data])
    assert type(found.model) is type(plain.model)
    assert type(found.masker) is type(plain.masker)
    assert found.link is shap.links.identity
    assert {*vars(plain)} <= {*vars(found)}


@pytest.mark.usefixtures("in_place")
@pytest.mark.parametrize("data", DATA)
def test_it_is_pickled_and_copied(data: str, fitted: Callable[[str], Any]) -> None:
    explainer = shap.Explainer(fitted("forest, two classes"), DATA[data])
    for other in (pickle.loads(pickle.dumps(explainer)), copy.deepcopy(explainer)):  # noqa: S301 - our own bytes
        assert type(other) is TreeExplainer
        np.testing.assert_array_equal(other(X).values, explainer(X).values)


@pytest.mark.usefixtures("in_place")
@pytest.mark.parametrize("data", DATA)
def test_a_model_whose_trees_mxt_alone_reads_is_its_own(data: str) -> None:
    model = GradientBoostingRegressor(n_estimators=5, init="zero").fit(X, NUMBER)
    explainer = shap.Explainer(model, DATA[data])
    assert type(explainer) is TreeExplainer
    sums = explainer.expected_value + explainer.shap_values(X).sum(axis=1)
    np.testing.assert_allclose(sums, model.predict(X), atol=1e-12)


@pytest.mark.usefixtures("in_place")
def test_a_probability_is_explained_by_name_of_the_output(fitted: Callable[[str], Any]) -> None:
    model = fitted("xgboost, two classes")
    explainer = shap.Explainer(model, DATA["frame"], algorithm="tree", model_output="probability")
    sums = explainer.expected_value + explainer(X).values.sum(axis=1)
    np.testing.assert_allclose(sums, model.predict_proba(X)[:, 1], atol=1e-6)
