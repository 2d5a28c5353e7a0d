"""The trees of scikit-learn: walked by hand they give the estimator's own scores and leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, OneHotEncoder, OrdinalEncoder
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from mxt.errors import ModelError
from mxt.predictors.sklearn.trees import read_trees
from predictors.walk import leaves_of

if TYPE_CHECKING:
    from collections.abc import Callable

from predictors.sklearn.estimators import (
    adversarial,
    categories,
    close,
    gaps,
    labels,
    numbers,
    predictor_of,
    target,
    trees_of,
)

CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "tree": lambda: DecisionTreeClassifier(max_depth=5),
    "tree of one leaf": lambda: DecisionTreeClassifier(min_samples_leaf=1000),
    "random tree": ExtraTreeClassifier,
    "forest": lambda: RandomForestClassifier(10),
    "weighted forest": lambda: RandomForestClassifier(10, class_weight="balanced_subsample", max_depth=4),
    "extra trees": lambda: ExtraTreesClassifier(10),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=10),
    "boosting from zero": lambda: GradientBoostingClassifier(n_estimators=10, init="zero"),
    "boosting from a constant": lambda: GradientBoostingClassifier(n_estimators=5, init=DummyClassifier()),
    "histograms": lambda: HistGradientBoostingClassifier(max_iter=10),
    "votes of stumps": lambda: AdaBoostClassifier(n_estimators=10),
    "votes of trees": lambda: AdaBoostClassifier(DecisionTreeClassifier(max_depth=3), n_estimators=10),
}


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_walk_gives_a_classifiers_scores(name: str, classes: int) -> None:
    inputs = numbers()
    predictor = predictor_of(CLASSIFIERS[name](), inputs, labels(inputs, classes))
    assert predictor.outputs == (["v"] if classes == 2 else ["u", "v", "w"])
    close(predictor, numbers(seed=1))


@pytest.mark.parametrize("name", ["tree", "forest", "histograms"])
def test_a_classifier_of_one_class_is_sure(name: str) -> None:
    inputs = numbers()
    predictor = predictor_of(CLASSIFIERS[name](), inputs, labels(inputs, 1))
    close(predictor, inputs)


def test_exponential_boosting_is_read() -> None:
    inputs = numbers()
    model = GradientBoostingClassifier(loss="exponential", n_estimators=10)
    close(predictor_of(model, inputs, labels(inputs, 2)), inputs)


REGRESSORS: dict[str, Callable[[], Any]] = {
    "tree": lambda: DecisionTreeRegressor(max_depth=5),
    "random tree": ExtraTreeRegressor,
    "forest": lambda: RandomForestRegressor(10, max_features=0.5),
    "absolute forest": lambda: RandomForestRegressor(5, criterion="absolute_error", max_depth=4),
    "extra trees": lambda: ExtraTreesRegressor(10),
    "histograms": lambda: HistGradientBoostingRegressor(max_iter=10),
    "histograms, early": lambda: HistGradientBoostingRegressor(early_stopping=True, n_iter_no_change=2),
    "histograms, quantile": lambda: HistGradientBoostingRegressor(max_iter=5, loss="quantile", quantile=0.8),
    "histograms, monotonic": lambda: HistGradientBoostingRegressor(max_iter=5, monotonic_cst=[1, 0, -1, 0]),
}


@pytest.mark.parametrize("trained", ["numbers", "gaps"])
@pytest.mark.parametrize("name", REGRESSORS)
def test_a_walk_gives_a_regressors_scores_with_gaps(name: str, trained: str) -> None:
    inputs = numbers() if trained == "numbers" else gaps()
    close(predictor_of(REGRESSORS[name](), inputs, target(inputs)), gaps(seed=1))


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
def test_a_walk_gives_the_scores_of_boosting_with_any_loss(loss: str) -> None:
    inputs = numbers()
    model = GradientBoostingRegressor(loss=loss, n_estimators=30, subsample=0.7, n_iter_no_change=3)
    close(predictor_of(model, inputs, target(inputs)), numbers(seed=1))


@pytest.mark.parametrize("model", [DecisionTreeRegressor(), RandomForestRegressor(5), ExtraTreesRegressor(5)])
def test_several_targets_have_an_output_each(model: Any) -> None:
    inputs = numbers()
    predictor = predictor_of(model, inputs, np.column_stack([target(inputs), inputs["c"]]))
    assert predictor.outputs == ["0", "1"]
    close(predictor, numbers(seed=1))


def test_covers_are_weights_of_training_rows() -> None:
    inputs, weights = numbers(), np.random.default_rng(0).integers(0, 4, 250).astype(float)
    tree = DecisionTreeRegressor(max_depth=4).fit(inputs, target(inputs), sample_weight=weights)
    found = read_trees(tree)
    assert found is not None
    assert found.cover[0] == weights.sum()
    inner = found.left >= 0
    np.testing.assert_allclose(
        found.cover[inner], found.cover[found.left[inner]] + found.cover[found.right[inner]]
    )
    assert (found.values[inner] == 0).all()


@pytest.mark.parametrize(
    "model", [RandomForestRegressor(10, max_depth=8), ExtraTreesRegressor(10, max_depth=8)]
)
def test_doubles_beside_a_split_take_the_forests_branch_in_ten_thousand_rows(model: Any) -> None:
    inputs = numbers()
    predictor = predictor_of(model, inputs, target(inputs))
    trees = trees_of(predictor)
    rows = adversarial(trees, 10_000)
    np.testing.assert_array_equal(leaves_of(trees, predictor.encode(rows)) - trees.roots, model.apply(rows))


def encoder(**options: Any) -> ColumnTransformer:
    one_hot = OneHotEncoder(handle_unknown="ignore", **options)
    return ColumnTransformer(
        [("hot", one_hot, ["letter", "size"])], remainder="passthrough", sparse_threshold=1
    )


PIPELINES: dict[str, Callable[[], Any]] = {
    "dense": lambda: make_pipeline(encoder(sparse_output=False), xgb.XGBRegressor(n_estimators=10, n_jobs=1)),
    "sparse": lambda: make_pipeline(encoder(), xgb.XGBRegressor(n_estimators=10, n_jobs=1)),
    "sparse forest": lambda: make_pipeline(encoder(), MaxAbsScaler(), ExtraTreesRegressor(5)),
    "frames": lambda: make_pipeline(
        ColumnTransformer([("kept", "passthrough", ["letter", "a", "size"])]).set_output(transform="pandas"),
        xgb.XGBRegressor(n_estimators=10, enable_categorical=True, n_jobs=1),
    ),
    "histograms": lambda: make_pipeline(
        ColumnTransformer([("code", OrdinalEncoder(), ["letter", "size"])], remainder="passthrough"),
        HistGradientBoostingRegressor(max_iter=10, categorical_features=[0, 1]),
    ),
    "bare": lambda: xgb.XGBRegressor(n_estimators=10, enable_categorical=True, n_jobs=1),
    "dropout": lambda: xgb.XGBRegressor(
        n_estimators=10, booster="dart", rate_drop=0.3, enable_categorical=True
    ),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_walk_over_encoded_columns_gives_a_pipelines_scores(name: str) -> None:
    inputs, fresh = categories(), categories(seed=1)
    if name == "sparse forest":  # which takes no gaps
        inputs, fresh = inputs.fillna(dict.fromkeys("abcd", 0.5)), fresh.fillna(dict.fromkeys("abcd", 0.5))
    close(predictor_of(PIPELINES[name](), inputs, target(inputs)), fresh, 3e-6)


def test_what_a_sparse_matrix_leaves_out_is_missing_for_xgboost_alone() -> None:
    inputs = categories().fillna(dict.fromkeys("abcd", 0.5))
    boosted = predictor_of(PIPELINES["sparse"](), inputs, target(inputs)).encode(inputs)
    forest = predictor_of(PIPELINES["sparse forest"](), inputs, target(inputs)).encode(inputs)
    hot = slice(0, 12)
    np.testing.assert_array_equal(np.isnan(boosted[:, hot]), forest[:, hot] == 0)


@pytest.mark.parametrize("classes", [2, 3])
def test_an_xgboost_classifier_in_a_pipeline_gives_margins(classes: int) -> None:
    inputs = categories()
    codes = np.unique(labels(inputs, classes), return_inverse=True)[1]
    objective = {"objective": "multi:softprob", "num_class": 2} if classes == 2 else {}
    for options in ({}, objective):
        core = xgb.XGBClassifier(n_estimators=5, n_jobs=1, **options)
        close(predictor_of(make_pipeline(encoder(), core), inputs, codes), inputs, 3e-6)


@pytest.mark.parametrize(
    "model",
    [
        AdaBoostRegressor(n_estimators=3),  # a weighted median
        xgb.XGBRegressor(n_estimators=3, booster="gblinear"),
        DummyRegressor(),
    ],
)
def test_what_is_no_sum_of_trees_has_none(model: Any) -> None:
    inputs = numbers()
    assert predictor_of(model, inputs, target(inputs)).trees is None


def test_votes_of_other_models_than_trees_have_none() -> None:
    inputs = numbers()
    model = AdaBoostClassifier(LogisticRegression(), n_estimators=3)
    assert predictor_of(model, inputs, labels(inputs, 3)).trees is None


def test_a_class_that_inherits_is_not_taken_for_its_parent() -> None:
    class Doubled(RandomForestRegressor):  # type: ignore[misc] # scikit-learn publishes no types
        def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
            return 2 * super().predict(X)

    inputs = numbers()
    assert predictor_of(Doubled(3), inputs, target(inputs)).trees is None


def test_boosting_that_starts_from_a_model_is_refused() -> None:
    inputs = numbers()
    model = GradientBoostingRegressor(init=DecisionTreeRegressor(), n_estimators=3)
    with pytest.raises(ModelError, match="starts from a DecisionTreeRegressor"):
        _ = predictor_of(model, inputs, target(inputs)).trees


def test_a_classifier_of_several_targets_is_refused() -> None:
    inputs = numbers()
    both = np.column_stack([labels(inputs, 2), labels(inputs, 3)])
    with pytest.raises(ModelError, match="2 targets"):
        read_trees(RandomForestClassifier(3).fit(inputs, both))


@pytest.mark.parametrize(
    "model", [RandomForestRegressor(), HistGradientBoostingRegressor(), IsolationForest()]
)
def test_a_model_that_was_not_fitted_is_refused(model: Any) -> None:
    with pytest.raises(ModelError, match="damaged or not fitted"):
        read_trees(model)


def test_trees_that_run_in_circles_are_refused() -> None:
    inputs = numbers()
    tree = DecisionTreeRegressor(max_depth=3).fit(inputs, target(inputs))
    tree.tree_.children_left[0] = 0
    with pytest.raises(ModelError, match="do not fit together"):
        read_trees(tree)


def test_many_classes_and_columns_are_read() -> None:
    matrix, truth = make_classification(300, 30, n_informative=10, n_classes=5, random_state=0)
    inputs = pd.DataFrame(matrix, columns=[f"f{place}" for place in range(30)])
    for model in (RandomForestClassifier(5), HistGradientBoostingClassifier(max_iter=3)):
        close(predictor_of(model, inputs, truth), inputs)
