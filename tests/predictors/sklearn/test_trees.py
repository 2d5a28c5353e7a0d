"""The trees of scikit-learn: walked by hand they give the estimator's own scores and leaves."""

from __future__ import annotations

import warnings
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
from sklearn.ensemble._iforest import _average_path_length
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
from mxt.predictors.sklearn import SklearnPredictor
from mxt.predictors.sklearn.isolation import expected_length
from mxt.predictors.sklearn.trees import read_trees
from predictors.walk import leaves_of, walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxt.predictors.base.trees import TreeEnsemble

LETTERS = list("pqrstuvwxyz")


def numbers(rows: int = 250, seed: int = 0) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(rows, 4)), columns=list("abcd"))


def gaps(seed: int = 0) -> pd.DataFrame:
    found = numbers(seed=seed)
    return found.mask(np.random.default_rng(seed).random(found.shape) < 0.15)


def categories(seed: int = 0) -> pd.DataFrame:
    """Gaps, and categories of texts and of numbers between the numbers."""
    random, found = np.random.default_rng(seed), gaps(seed)
    letters = random.choice(LETTERS, len(found)).astype(object)
    letters[random.random(len(found)) < 0.1] = None
    found.insert(1, "letter", pd.Series(pd.Categorical(letters, categories=LETTERS)))
    return found.assign(size=pd.Categorical(random.choice([3, 7, 11], len(found)), categories=[3, 7, 11]))


def target(inputs: pd.DataFrame) -> np.ndarray:
    raw = inputs["a"].fillna(1).to_numpy() * 2 + inputs["b"].fillna(0).to_numpy() ** 2
    return raw + inputs["letter"].cat.codes.to_numpy() % 3 if "letter" in inputs else raw


def labels(inputs: pd.DataFrame, classes: int) -> np.ndarray:
    return np.array(["u", "v", "w"])[np.clip(np.digitize(target(inputs), [0.5, 2]), 0, classes - 1)]


def predictor_of(estimator: Any, inputs: pd.DataFrame, truth: Any) -> SklearnPredictor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SklearnPredictor(estimator.fit(inputs, truth), list(inputs.columns))


def trees_of(predictor: SklearnPredictor) -> TreeEnsemble:
    assert predictor.trees is not None
    return predictor.trees


def close(predictor: SklearnPredictor, inputs: pd.DataFrame, noise: float = 1e-12) -> None:
    """The law of the ensemble, for all rows and for one alone."""
    trees = trees_of(predictor)
    assert trees.values.shape[1] == len(predictor.outputs)
    assert trees.columns == len(predictor.sources)
    for rows in (inputs, inputs.tail(1)):
        own = predictor.scores(rows).values
        np.testing.assert_allclose(walk(trees, predictor.encode(rows)), own, rtol=noise, atol=noise)


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


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_histograms_of_a_logarithm_give_margins(loss: str) -> None:
    inputs = gaps()
    predictor = predictor_of(
        HistGradientBoostingRegressor(loss=loss, max_iter=10), inputs, np.exp(target(inputs) / 4)
    )
    assert predictor.scores(inputs).unit == "margin"
    close(predictor, inputs)


@pytest.mark.parametrize("model", [DecisionTreeRegressor(), RandomForestRegressor(5), ExtraTreesRegressor(5)])
def test_several_targets_have_an_output_each(model: Any) -> None:
    inputs = numbers()
    predictor = predictor_of(model, inputs, np.column_stack([target(inputs), inputs["c"]]))
    assert predictor.outputs == ["0", "1"]
    close(predictor, numbers(seed=1))


@pytest.mark.parametrize("columns", ["from_dtype", ["letter", "size"], ["size"]])
def test_histograms_code_their_own_categories_and_keep_the_order_of_columns(columns: Any) -> None:
    inputs = categories()
    told = inputs if columns != ["size"] else inputs.drop(columns="letter")
    model = HistGradientBoostingRegressor(max_iter=20, categorical_features=columns, min_samples_leaf=5)
    predictor = predictor_of(model, told, target(inputs))
    trees, fresh = trees_of(predictor), categories(seed=1)[told.columns]
    close(predictor, fresh)
    assert (trees.category >= 0).any()
    place = list(told.columns).index("size")
    np.testing.assert_array_equal(predictor.encode(fresh)[:, place], fresh["size"].cat.codes)
    assert [known is None for known in trees.known] == [name not in {"letter", "size"} for name in told]


def test_histograms_read_a_category_not_seen_in_training_as_missing() -> None:
    inputs = categories()
    model = HistGradientBoostingRegressor(max_iter=20, min_samples_leaf=5)
    predictor = predictor_of(model, inputs, target(inputs))
    odd = categories(seed=1).astype({"letter": object})
    odd.loc[:40, "letter"] = "new"
    odd = odd.astype({"letter": "category"})
    close(predictor, odd)
    codes = predictor.encode(odd)
    assert np.isnan(codes[:41, 1]).all()
    trees = trees_of(predictor)
    beyond = np.where(np.isnan(codes), 77.0, codes)  # no code of any category
    beyond[:, [0, *range(2, 6)]] = codes[:, [0, *range(2, 6)]]
    np.testing.assert_array_equal(walk(trees, beyond), walk(trees, codes))


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


def adversarial(trees: TreeEnsemble, rows: int) -> pd.DataFrame:
    """Doubles at, just above and just below splits, and where rounding to float32 turns."""
    random, columns = np.random.default_rng(0), []
    for place in range(trees.columns):
        splits = np.unique(trees.threshold[trees.feature == place])
        single = splits.astype(np.float32)
        near = [np.nextafter(single, np.float32(end)).astype(float) for end in (-np.inf, np.inf)]
        turns = [(single.astype(float) + one) / 2 for one in near]
        edges = np.concatenate([splits, single.astype(float), *near, *turns])
        edges = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf)])
        columns.append(random.choice(edges, rows))
    return pd.DataFrame(np.column_stack(columns), columns=list("abcd"))


@pytest.mark.parametrize(
    "model", [RandomForestRegressor(10, max_depth=8), ExtraTreesRegressor(10, max_depth=8)]
)
def test_doubles_beside_a_split_take_the_forests_branch_in_ten_thousand_rows(model: Any) -> None:
    inputs = numbers()
    predictor = predictor_of(model, inputs, target(inputs))
    trees = trees_of(predictor)
    rows = adversarial(trees, 10_000)
    np.testing.assert_array_equal(leaves_of(trees, predictor.encode(rows)) - trees.roots, model.apply(rows))


def test_doubles_beside_a_split_take_the_histograms_branch_in_ten_thousand_rows() -> None:
    inputs = numbers()
    predictor = predictor_of(HistGradientBoostingRegressor(max_iter=20), inputs, target(inputs))
    rows = adversarial(trees_of(predictor), 10_000)
    found = walk(trees_of(predictor), predictor.encode(rows))
    np.testing.assert_array_equal(found, predictor.scores(rows).values)


@pytest.mark.parametrize("options", [{}, {"max_features": 2}, {"max_samples": 1}, {"bootstrap": True}])
def test_an_isolation_forest_is_explained_by_the_length_of_its_paths(options: Any) -> None:
    inputs = numbers()
    predictor = predictor_of(IsolationForest(n_estimators=20, **options), inputs, None)
    assert predictor.scores(inputs).unit == "path length"
    assert predictor.outputs == [""]
    assert predictor.link is None
    close(predictor, numbers(seed=1), 1e-10)


def test_an_isolated_row_has_short_paths() -> None:
    inputs = numbers()
    predictor = predictor_of(IsolationForest(n_estimators=50), inputs, None)
    rows = pd.DataFrame([[0.0] * 4, [9.0] * 4], columns=list("abcd"))
    usual, odd = predictor.scores(rows).values[:, 0]
    assert odd < usual


def test_expected_path_lengths_are_those_of_the_paper() -> None:
    counts = np.array([1, 2, 3, 10, 256, 100_000])
    np.testing.assert_allclose(expected_length(counts)[:2], [0, 1])
    np.testing.assert_allclose(expected_length(counts), _average_path_length(counts))


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
