"""The way back to source columns, against what a change of one source column changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import category_encoders
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - registers IterativeImputer
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.feature_selection import (
    RFE,
    SelectFromModel,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
)
from sklearn.impute import IterativeImputer, KNNImputer, MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

from mxt.errors import ModelError
from mxt.explainers.auto import AutoExplainer
from mxt.predictors.sklearn import SklearnPredictor
from mxt.predictors.sklearn.sources import trace

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 120
CHANCE = np.random.default_rng(0)
NUMBERS = pd.DataFrame({name: CHANCE.normal(size=ROWS) * 3 for name in ("a", "b", "c")})
GAPS = NUMBERS.mask(pd.DataFrame(CHANCE.random((ROWS, 3)) < 0.2, columns=[*"abc"])).assign(
    b=NUMBERS["b"], empty=np.nan
)
TEXTS = pd.DataFrame(
    {
        "p": CHANCE.choice(["x", "y"], ROWS),
        "q": CHANCE.choice([*"klmnop"], ROWS, p=[0.4, 0.3, 0.2, 0.05, 0.03, 0.02]),
        "r": CHANCE.choice(["u", "v", "w"], ROWS),
    }
)
MIXED = pd.concat([NUMBERS, TEXTS], axis=1)
LABELS = pd.Series(CHANCE.choice(["no", "yes"], ROWS))
THREE = pd.Series(CHANCE.choice(["low", "mid", "high"], ROWS))


class Unnamed(TransformerMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Makes two columns of each column, and names none."""

    def fit(self, rows: Any, targets: Any = None) -> Unnamed:
        del targets
        self.fitted_ = rows.shape
        return self

    def transform(self, rows: Any) -> np.ndarray:
        return np.hstack([np.asarray(rows), np.asarray(rows) ** 3])


def both(rows: Any) -> np.ndarray:
    """Each column and its square."""
    return np.hstack([np.asarray(rows), np.asarray(rows) ** 2])


OF_NUMBERS = {
    "standard": StandardScaler(),
    "minmax": MinMaxScaler(),
    "maxabs": MaxAbsScaler(),
    "robust": RobustScaler(),
    "quantile": QuantileTransformer(n_quantiles=20),
    "power": PowerTransformer(),
    "binarizer": Binarizer(),
    "bins one-hot": KBinsDiscretizer(4, encode="onehot", quantile_method="averaged_inverted_cdf"),
    "bins dense": KBinsDiscretizer([2, 5, 3], encode="onehot-dense", strategy="uniform"),
    "bins ordinal": KBinsDiscretizer(4, encode="ordinal", strategy="kmeans"),
    "splines": SplineTransformer(4, degree=2),
    "splines without bias": SplineTransformer(3, include_bias=False, sparse_output=True),
    "best": SelectKBest(k=2),
    "percentile": SelectPercentile(percentile=70),
    "from model": SelectFromModel(RandomForestClassifier(5, random_state=0)),
    "elimination": RFE(LogisticRegression(), n_features_to_select=2),
    "variance": VarianceThreshold(0.1),
    "log": make_pipeline(FunctionTransformer(np.abs), FunctionTransformer(np.log1p)),
    "no function": FunctionTransformer(),
    "declared function": FunctionTransformer(lambda rows: rows**2, feature_names_out="one-to-one"),
    "filled": FunctionTransformer(np.nan_to_num, kw_args={"nan": 1.0}),
    "any function of one": make_column_transformer(
        (FunctionTransformer(both), ["c"]),
        (FunctionTransformer(both, feature_names_out=lambda _, names: [*names, "more"]), ["a"]),
    ),
    "steps with any function of one": make_column_transformer(
        (make_pipeline(FunctionTransformer(both), StandardScaler(), Unnamed()), ["b"]),
        (make_union(Unnamed(), StandardScaler(), FunctionTransformer(both)), ["a"]),
        remainder="passthrough",
    ),
    "unions of what each takes": make_union(
        make_column_transformer((Unnamed(), ["b"])), make_column_transformer((StandardScaler(), ["c"]))
    ),
    "polynomials of one": make_column_transformer((PolynomialFeatures(3), ["b"]), remainder="passthrough"),
    "components of one": make_column_transformer(
        (make_pipeline(SplineTransformer(5), PCA(3)), ["c"]), (StandardScaler(), ["a", "b"])
    ),
    "union": FeatureUnion([("bins", KBinsDiscretizer(3)), ("off", "drop"), ("as is", "passthrough")]),
    "weighted union": make_union(StandardScaler(), SplineTransformer(3)),
}
OF_GAPS = {
    "mean": SimpleImputer(),
    "mean with indicators": SimpleImputer(add_indicator=True),
    "empty columns kept": SimpleImputer(keep_empty_features=True, add_indicator=True),
    "indicators": MissingIndicator(),
    "all indicators": MissingIndicator(features="all"),
    "indicators in a frame": MissingIndicator().set_output(transform="pandas"),
}
OF_TEXTS = {
    "one-hot": OneHotEncoder(),
    "one-hot without first": OneHotEncoder(drop="first", sparse_output=False),
    "one-hot without first of two": OneHotEncoder(drop="if_binary"),
    "one-hot of frequent": OneHotEncoder(min_frequency=10, handle_unknown="infrequent_if_exist"),
    "one-hot of few": OneHotEncoder(max_categories=3, drop="first"),
    "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    "target": TargetEncoder(random_state=0),
    "columns of hot": make_pipeline(OneHotEncoder(), SelectKBest(k=4)),
    "other ordinal": category_encoders.OrdinalEncoder(),
    "other target": category_encoders.TargetEncoder(cols=["q", "r"]),
    "other one-hot": category_encoders.OneHotEncoder(cols=["q"]),
    "other binary": category_encoders.BinaryEncoder(),
    "other contrasts": category_encoders.SumEncoder(cols=["p", "q"]),
    "other counts": category_encoders.CountEncoder(cols=["q"]),
}


def deep() -> ColumnTransformer:
    """Steps in steps in steps, with columns out of order."""
    numbers = make_pipeline(
        SimpleImputer(add_indicator=True), make_union(StandardScaler(), SplineTransformer(3))
    )
    return ColumnTransformer(
        [
            ("texts", make_union(OneHotEncoder(drop="first"), TargetEncoder(random_state=0)), ["r", "p"]),
            ("nothing", OneHotEncoder(), []),
            ("off", "drop", ["a"]),
            ("numbers", numbers, ["c", "b"]),
        ],
        remainder=make_column_transformer((OrdinalEncoder(), ["q"]), remainder="drop"),
    )


OF_MIXED = {
    "by name": make_column_transformer((OneHotEncoder(), ["q", "p"]), remainder="passthrough"),
    "remainder dropped": make_column_transformer((StandardScaler(), ["b", "a"])),
    "by place": make_column_transformer((StandardScaler(), [2, 0]), (OrdinalEncoder(), [-1])),
    "by slice": make_column_transformer((StandardScaler(), slice(0, 2)), (OrdinalEncoder(), slice(3, None))),
    "by slice of names": make_column_transformer((StandardScaler(), slice("a", "b"))),
    "by mask": make_column_transformer((StandardScaler(), [True, False, True, False, False, False])),
    "by array": make_column_transformer((StandardScaler(), np.array(["c", "b"]))),
    "by type": make_column_transformer(
        (OneHotEncoder(sparse_output=False), make_column_selector(dtype_exclude="number")),
        (StandardScaler(), make_column_selector(dtype_include="number")),
    ),
    "by function": make_column_transformer((OneHotEncoder(), lambda table: [*table.columns[3:]])),
    "estimator for the rest": make_column_transformer(
        (OrdinalEncoder(), ["q", "r", "p"]), remainder=StandardScaler()
    ),
    "in frames": make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["r"]),
        (KBinsDiscretizer(3, encode="ordinal"), ["c"]),
        remainder="drop",
    ).set_output(transform="pandas"),
    "words in capitals": make_column_transformer(
        (
            make_pipeline(
                FunctionTransformer(lambda cells: cells.str.upper()), CountVectorizer(analyzer="char")
            ),
            "q",
        ),
        ("passthrough", ["a"]),
    ),
    "words": make_column_transformer((CountVectorizer(analyzer="char"), "q"), (StandardScaler(), ["a"])),
    "hashed words": make_column_transformer(
        (HashingVectorizer(n_features=8, norm=None, analyzer="char"), "q"), ("passthrough", ["a"])
    ),
    "deep": deep(),
}
CASES = [
    *((name, step, NUMBERS, LABELS) for name, step in OF_NUMBERS.items()),
    *((name, step, GAPS, LABELS) for name, step in OF_GAPS.items()),
    *((name, step, TEXTS, LABELS == "yes") for name, step in OF_TEXTS.items()),
    *((name, step, MIXED, LABELS) for name, step in OF_MIXED.items()),
    ("target of three", TargetEncoder(random_state=0), TEXTS, THREE),
]
each_step = pytest.mark.parametrize(
    ("step", "table", "labels"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)


def dense(encoded: Any) -> np.ndarray:
    return np.asarray(encoded.toarray() if hasattr(encoded, "toarray") else encoded)


def changed(step: Any, table: pd.DataFrame, name: str) -> np.ndarray:
    """Whether each encoded column changes when the cells of one source column change places."""
    shuffled = table.assign(**{name: table[name].sample(frac=1, random_state=1).to_numpy()})
    before, after = dense(step.transform(table)), dense(step.transform(shuffled))
    if before.dtype == object:
        return (before != after).any(axis=0)
    return (~np.isclose(before, after, equal_nan=True)).any(axis=0)


@each_step
def test_a_source_column_changes_just_the_encoded_columns_traced_to_it(
    step: Any, table: pd.DataFrame, labels: pd.Series[Any]
) -> None:
    step.fit(table, labels)
    places = np.array(trace(step, [*range(table.shape[1])]))
    assert len(places) == step.transform(table).shape[1]
    for place, name in enumerate(table.columns):
        found = changed(step, table, name)
        assert set(places[found]) <= {place}
        assert found.any() or place not in places or table[name].isna().all() or table is GAPS


@pytest.mark.parametrize(
    "imputer", [KNNImputer(add_indicator=True), IterativeImputer(max_iter=3, add_indicator=True)]
)
def test_a_gap_filled_from_other_columns_counts_for_its_own(imputer: Any) -> None:
    imputer.fit(GAPS)
    places = trace(imputer, [4, 5, 6, 7])
    names = [name.removeprefix("missingindicator_") for name in imputer.get_feature_names_out()]
    assert places == [4 + [*GAPS.columns].index(name) for name in names]
    assert len(places) == imputer.transform(GAPS).shape[1]


@pytest.mark.parametrize(
    ("step", "entering"),
    [
        (PolynomialFeatures(2), 3),
        (PCA(2), 3),
        (Normalizer(), 3),
        (FunctionTransformer(np.cumsum), 3),
        (make_column_transformer((PCA(1), ["a", "c"]), remainder="passthrough"), 2),
        (make_pipeline(StandardScaler(), SplineTransformer(3), PCA(2)), 15),
    ],
)
def test_a_step_that_mixes_columns_is_refused_by_name_and_count(step: Any, entering: int) -> None:
    step.fit(NUMBERS)
    with pytest.raises(ModelError, match=rf"(PCA|Poly|Norm|Function).* it may mix the {entering} columns"):
        trace(step, [0, 1, 2])


def test_a_function_of_several_columns_is_refused_with_the_ways_out() -> None:
    step = FunctionTransformer(lambda rows: rows**2).fit(NUMBERS)
    with pytest.raises(ModelError, match=r"mix the 3 columns .* each a FunctionTransformer .*='one-to-one'"):
        trace(step, [0, 1, 2])
    assert trace(step.set_params(feature_names_out="one-to-one"), [0, 1, 2]) == [0, 1, 2]


def test_a_step_of_one_column_that_nobody_knows_the_width_of_is_refused() -> None:
    with pytest.raises(ModelError, match="Unnamed does not say how many columns it makes"):
        trace(Unnamed().fit(NUMBERS[["a"]]), [2])
    assert trace(Unnamed(), [2], 2) == [2, 2]


def test_a_pipeline_knows_by_its_model_how_wide_a_step_of_one_column_is() -> None:
    model = make_pipeline(Unnamed(), FunctionTransformer(both), LogisticRegression()).fit(
        NUMBERS[["a"]], LABELS
    )
    assert SklearnPredictor(model, ["a"]).sources == [0] * 4


def test_a_hashing_encoder_is_refused() -> None:
    encoder = category_encoders.HashingEncoder(n_components=4, max_process=1).fit(TEXTS)
    with pytest.raises(ModelError, match="HashingEncoder"):
        trace(encoder, [0, 1, 2])


@pytest.mark.parametrize("make", [deep, lambda: OF_MIXED["by type"], lambda: OF_MIXED["words"]])
def test_folded_contributions_are_sums_over_what_changes_with_a_source_column(
    make: Callable[[], Any],
) -> None:
    pipeline = make_pipeline(make(), LogisticRegression(max_iter=500)).fit(MIXED, LABELS)
    encoded = dense(pipeline[:-1].transform(MIXED))
    own = (encoded - encoded.mean(axis=0)) * pipeline[-1].coef_[0]
    by_hand = np.zeros((ROWS, MIXED.shape[1]))
    for place, name in enumerate(MIXED.columns):
        by_hand[:, place] = own[:, changed(pipeline[:-1], MIXED, name)].sum(axis=1)
    explanation = AutoExplainer().explain(SklearnPredictor(pipeline, []), MIXED, MIXED)
    np.testing.assert_allclose(explanation.values[:, :, 0], by_hand, atol=1e-9)
    assert np.abs(explanation.residual).max() < 1e-9
