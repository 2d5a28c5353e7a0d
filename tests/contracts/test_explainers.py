"""What every explainer owes for every model and sort of column: one table, sums that hold, ids kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
import yaml
from interpret.glassbox import ExplainableBoostingClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from mxt.errors import ModelError
from mxt.explainers.auto import AutoExplainer
from mxt.explainers.base import Explainer, join
from mxt.explainers.base.kernels.engine import available
from mxt.kinds import members
from mxt.kinds.texts import example_of
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.schemas import SHAPValuesSchema

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS, SHOWN = 120, 15
SINGLE = 1e-4
DOUBLE = 1e-9


class Case(NamedTuple):
    """A model, and what it takes without an encoding."""

    make: Callable[[], Any]
    classes: int
    takes: tuple[str, ...] = ()
    precision: float = DOUBLE
    exact: bool = True


GAPS = ("gaps",)
NATIVE = ("gaps", "category")
BOOSTER: dict[str, Any] = {"n_estimators": 4, "max_depth": 3, "n_jobs": 1}
ALONE: dict[str, Any] = {"verbose": -1}


def voters() -> list[tuple[str, Any]]:
    return [
        ("line", LogisticRegression()),
        ("forest", RandomForestClassifier(4, max_depth=3, random_state=0)),
    ]


def guessers() -> list[tuple[str, Any]]:
    return [("line", LinearRegression()), ("forest", RandomForestRegressor(4, max_depth=3, random_state=0))]


CASES = {
    "random forest, 2": Case(lambda: RandomForestClassifier(5, max_depth=4, random_state=0), 2, GAPS),
    "random forest, number": Case(lambda: RandomForestRegressor(5, max_depth=4, random_state=0), 0, GAPS),
    "extra trees, 2": Case(lambda: ExtraTreesClassifier(5, max_depth=4, random_state=0), 2, GAPS),
    "extra trees, number": Case(lambda: ExtraTreesRegressor(5, max_depth=4, random_state=0), 0, GAPS),
    "gradient boosting, 2": Case(lambda: GradientBoostingClassifier(n_estimators=4), 2),
    "gradient boosting, 3": Case(lambda: GradientBoostingClassifier(n_estimators=4), 3),
    "gradient boosting, number": Case(lambda: GradientBoostingRegressor(n_estimators=4), 0),
    "histograms, 2": Case(lambda: HistGradientBoostingClassifier(max_iter=3), 2, NATIVE),
    "histograms, 3": Case(lambda: HistGradientBoostingClassifier(max_iter=3), 3, NATIVE),
    "histograms, number": Case(lambda: HistGradientBoostingRegressor(max_iter=3), 0, NATIVE),
    "xgboost, 2": Case(lambda: xgb.XGBClassifier(**BOOSTER, enable_categorical=True), 2, NATIVE, SINGLE),
    "xgboost, 3": Case(lambda: xgb.XGBClassifier(**BOOSTER, enable_categorical=True), 3, NATIVE, SINGLE),
    "xgboost, number": Case(lambda: xgb.XGBRegressor(**BOOSTER, enable_categorical=True), 0, NATIVE, SINGLE),
    "lightgbm, 2": Case(lambda: lgb.LGBMClassifier(**BOOSTER, **ALONE), 2, NATIVE),
    "lightgbm, 3": Case(lambda: lgb.LGBMClassifier(**BOOSTER, **ALONE), 3, NATIVE),
    "lightgbm, number": Case(lambda: lgb.LGBMRegressor(**BOOSTER, **ALONE), 0, NATIVE),
    "logistic regression, 2": Case(LogisticRegression, 2),
    "logistic regression, 3": Case(LogisticRegression, 3),
    "linear regression": Case(LinearRegression, 0),
    "support vectors": Case(lambda: SVC(random_state=0), 2, exact=False),
    "scaled line": Case(lambda: make_pipeline(StandardScaler(), LogisticRegression()), 2),
    "vote, 2": Case(lambda: VotingClassifier(voters(), voting="soft"), 2),
    "vote, 3": Case(lambda: VotingClassifier(voters(), voting="soft", weights=[1, 2]), 3),
    "vote, number": Case(lambda: VotingRegressor(guessers()), 0),
    "stack, 2": Case(lambda: StackingClassifier(voters(), cv=2), 2),
    "stack, 3": Case(lambda: StackingClassifier(voters(), cv=2, passthrough=True), 3),
    "stack, number": Case(lambda: StackingRegressor(guessers(), cv=2), 0),
    "bag": Case(lambda: BaggingClassifier(LogisticRegression(), 3, max_features=3, random_state=0), 2),
    "calibrated by sigmoids": Case(lambda: CalibratedClassifierCV(voters()[1][1], cv=2), 2, GAPS),
    "calibrated by steps": Case(
        lambda: CalibratedClassifierCV(voters()[1][1], method="isotonic", cv=2), 3, GAPS
    ),
    "adaptive boosting": Case(lambda: AdaBoostClassifier(n_estimators=4), 2),
    "decision tree": Case(lambda: DecisionTreeClassifier(max_depth=4), 3, GAPS),
}
NEEDS_KERNELS = {"gradient boosting, 3", "adaptive boosting"}
"""What shap cannot explain either."""
if not available():
    CASES = {name: case for name, case in CASES.items() if name not in NEEDS_KERNELS}
CHANCE = np.random.default_rng(0)
CELLS: dict[str, pd.Series[Any]] = {
    "plain": pd.Series(CHANCE.normal(size=ROWS)),
    "gaps": pd.Series(CHANCE.normal(size=ROWS)).mask(CHANCE.random(ROWS) < 0.2),
    "bool": pd.Series(CHANCE.random(ROWS) < 0.4),
    "whole": pd.Series(CHANCE.integers(0, 9, ROWS), dtype="Int64"),
    "category": pd.Series(CHANCE.choice(["u", "v", "w"], ROWS), dtype="category"),
    "string": pd.Series(CHANCE.choice(["x", "y", "z"], ROWS), dtype="str"),
    "string with gaps": pd.Series(CHANCE.choice(["x", "y", "z"], ROWS), dtype="string").mask(
        CHANCE.random(ROWS) < 0.2
    ),
    "whole with gaps": pd.Series(CHANCE.integers(0, 9, ROWS), dtype="Int64").mask(CHANCE.random(ROWS) < 0.2),
    "boolean with gaps": pd.Series(CHANCE.random(ROWS) < 0.5, dtype="boolean").mask(
        CHANCE.random(ROWS) < 0.2
    ),
}
ALL_TAKE = ("plain", "bool", "whole")
BARE = [(name, cells) for name, case in CASES.items() for cells in (*ALL_TAKE, *case.takes)]
if not available():
    BARE = [
        (name, cells) for name, cells in BARE if not (name.startswith("histograms") and cells == "category")
    ]
ENCODED = [cells for cells in CELLS if cells not in ALL_TAKE]
THOROUGH = {"random forest, 2", "logistic regression, 3", "xgboost, number", "stack, 2"}
"""Models that are tried with every sort of column behind an encoding; others with one sort each, in turn."""
PIPED = [
    (name, cells)
    for place, name in enumerate(CASES)
    for cells in (ENCODED if name in THOROUGH else [ENCODED[place % len(ENCODED)]])
]


def table(cells: str) -> pd.DataFrame:
    """Four columns of numbers, and one of the given sort."""
    numbers = np.random.default_rng(1).normal(size=(ROWS, 4))
    ids = pd.Index([f"id-{row}" for row in range(ROWS)], name="key")
    return (
        pd.DataFrame(numbers, columns=["n 1", "n2", "n3", "n4"]).assign(special=CELLS[cells]).set_index(ids)
    )


def target(inputs: pd.DataFrame, classes: int) -> pd.Series[Any]:
    codes = pd.factorize(inputs["special"])[0]
    number = inputs["n 1"] - 2 * inputs["n2"] * inputs["n3"] + (codes % 3)
    return number if classes == 0 else pd.qcut(number, classes, labels=False).astype("int64")


def encoded(model: Any) -> Any:
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    filled = SimpleImputer(missing_values=pd.NA, strategy="constant", fill_value="none")
    encoding = make_column_transformer(
        (make_pipeline(filled, encoder), nullable_texts),
        (encoder, other_texts),
        remainder=make_pipeline(SimpleImputer(), StandardScaler()),
    )
    return make_pipeline(encoding, model)


def nullable_texts(inputs: pd.DataFrame) -> list[Any]:
    """Columns whose gaps are `pd.NA`, which scikit-learn's encoders refuse."""
    return [name for name in inputs if inputs[name].dtype == pd.StringDtype(na_value=pd.NA)]


def other_texts(inputs: pd.DataFrame) -> list[Any]:
    """Columns of other texts, categories and booleans with gaps."""
    texts = inputs.select_dtypes(exclude="number").columns
    return [name for name in texts if name not in nullable_texts(inputs) and inputs[name].dtype != bool]


def owes(native: Any, inputs: pd.DataFrame, case: Case) -> None:
    """Fit, explain, and hold the result to the contract."""
    native.fit(inputs, target(inputs, case.classes))
    model = Model(predictor_of(native, [*inputs.columns], []), inputs.head(60))
    shown = inputs.tail(SHOWN)
    explainer = AutoExplainer(sampling=not case.exact)
    assert not case.exact or explainer.choose(model.predictor, model.background).cost < 2
    explanation = model.explain(shown, explainer)
    outputs = max(1, case.classes if case.classes > 2 else 1)
    assert explanation.values.shape == (SHOWN, 5, outputs)
    assert explanation.columns == [*inputs.columns]
    assert explanation.ids.equals(shown.index)
    allowed = case.precision * np.maximum(1, np.abs(explanation.prediction))
    assert (np.abs(explanation.residual) <= allowed).all()
    samples = SHAPValuesSchema.check(model.explain_samples(shown, explainer))
    assert [*samples.index.unique()] == [*shown.index]
    assert len(samples) == SHOWN * outputs
    if available():
        takes_no_rows(model, explainer, shown)
    predicted = native.predict(shown)
    if case.classes == 0:
        np.testing.assert_allclose(explanation.prediction[:, 0], predicted, rtol=1e-6)
    elif case.classes > 2:
        assert (explanation.prediction.argmax(axis=1) == predicted).all()


def takes_no_rows(model: Model, explainer: Explainer, shown: pd.DataFrame) -> None:
    """Hold what a table without rows gives to what its rows give: the same columns, unit and base."""
    none = shown.head(0)
    whole, empty = (model.explain(rows, explainer) for rows in (shown, none))
    assert empty.values.shape == (0, *whole.values.shape[1:])
    assert empty.prediction.shape == empty.residual.shape == (0, len(whole.outputs))
    assert (empty.columns, empty.outputs, empty.unit) == (whole.columns, whole.outputs, whole.unit)
    np.testing.assert_array_equal(empty.base, whole.base)
    tables = [
        (model.predict(rows), model.samples_table(one, rows)) for one, rows in ((whole, shown), (empty, none))
    ]
    for rows, no_rows in zip(*tables, strict=True):
        assert [*no_rows.columns] == [*rows.columns]
        assert not len(no_rows)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("name", "cells"), BARE)
def test_a_model_is_explained_on_what_it_takes(name: str, cells: str) -> None:
    owes(CASES[name].make(), table(cells), CASES[name])


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("name", "cells"), PIPED)
def test_a_model_behind_an_encoding_is_explained_in_source_columns(name: str, cells: str) -> None:
    owes(encoded(CASES[name].make()), table(cells), CASES[name])


NUMBERS = table("plain")
BAG = {
    "trees": CASES["random forest, 2"].make().fit(NUMBERS, target(NUMBERS, 2)),
    "line": LogisticRegression().fit(NUMBERS, target(NUMBERS, 3)),
    "terms": ExplainableBoostingClassifier(interactions=0, max_rounds=9, outer_bags=1, n_jobs=1).fit(
        NUMBERS, target(NUMBERS, 2)
    ),
    "parts": CASES["vote, 2"].make().fit(NUMBERS, target(NUMBERS, 2)),
}
"""A model of each form that an explainer may need."""
EXPLAINERS = {name: kind(**yaml.safe_load(example_of(kind))) for name, kind in members(Explainer).items()}
EACH_EXPLAINER = pytest.mark.parametrize("name", EXPLAINERS)


def served(explainer: Explainer) -> Model:
    """The first model that an explainer serves, with a background."""
    models = (Model(predictor_of(native, [*NUMBERS], []), NUMBERS.head(30)) for native in BAG.values())
    return next(model for model in models if explainer.serves(model.predictor))


@EACH_EXPLAINER
def test_an_explainer_keeps_ids_columns_and_its_law(name: str) -> None:
    explainer, shown = EXPLAINERS[name], NUMBERS.tail(4)
    model = served(explainer)
    explanation = explainer.explain(model.predictor, shown, model.background).checked()
    outputs = len(model.predictor.outputs)
    assert explanation.ids.equals(shown.index)
    assert explanation.columns == [*NUMBERS]
    assert explanation.outputs == model.predictor.outputs
    assert explanation.values.shape == (4, 5, outputs)
    assert explanation.prediction.shape == (4, outputs)
    assert explanation.unit in {"log-odds", "margin", "probability"}
    assert explanation.method
    assert np.abs(explanation.values).max() > 0
    assert not explanation.additive or np.abs(explanation.residual).max() < DOUBLE
    assert not type(explainer).exact or explanation.standard_error is None


@EACH_EXPLAINER
def test_an_explainer_gives_a_row_the_same_bytes_in_any_order_and_part(name: str) -> None:
    explainer, shown = EXPLAINERS[name], NUMBERS.tail(5)
    model = served(explainer)
    whole, backwards, *parts = (
        explainer.explain(model.predictor, rows, model.background)
        for rows in (shown, shown.iloc[::-1], shown.head(2), shown.head(0), shown.iloc[2:])
    )
    assert whole.values.tobytes() == backwards.values[::-1].tobytes() == join(parts).values.tobytes()
    assert whole.totals.tobytes() == join(parts).totals.tobytes()


UNSERVED = [
    (name, form)
    for name, explainer in EXPLAINERS.items()
    for form, native in BAG.items()
    if not explainer.serves(predictor_of(native, [*NUMBERS], []))
]


@pytest.mark.parametrize(("name", "form"), UNSERVED)
def test_an_explainer_refuses_a_model_that_it_does_not_serve(name: str, form: str) -> None:
    predictor = predictor_of(BAG[form], [*NUMBERS], [])
    with pytest.raises(ModelError, match=f"{name} does not serve a .*; try {{KIND: AutoExplainer}}"):
        EXPLAINERS[name].explain(predictor, NUMBERS.head(3), NUMBERS)


@pytest.mark.parametrize("unit", ["margin", "probability"])
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.classes and case.exact])
def test_every_classifier_is_explained_in_either_unit(name: str, unit: Any) -> None:
    case, inputs = CASES[name], table("plain")
    native = case.make().fit(inputs, target(inputs, case.classes))
    model = Model(predictor_of(native, [*inputs.columns], []), inputs)
    explanation = model.explain(inputs.head(SHOWN), AutoExplainer(unit=unit))
    assert np.abs(explanation.residual).max() < case.precision * max(1, np.abs(explanation.prediction).max())
    if unit == "probability":
        own = native.predict_proba(inputs.head(SHOWN))[:, -len(explanation.outputs) :]
        np.testing.assert_allclose(explanation.prediction, own, atol=1e-6)
        assert explanation.unit == "probability"
