"""Which columns LightGBM's stored categories are laid on: those of the training, or none."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

import mxt
import mxt.explainers
from mxt.errors import ModelError
from mxt.predictors.lightgbm import LightgbmPredictor
from mxt.predictors.lightgbm.categories import codes_of

ROWS = 300
OPTIONS: dict[str, Any] = {"n_estimators": 10, "min_child_samples": 5, "verbose": -1, "n_jobs": 1}


def plain() -> pd.DataFrame:
    """A table as a file gives it, without categories."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": rng.normal(size=ROWS),
            "whole": rng.choice([3, 7, 11], ROWS),
            "flag": rng.random(ROWS) < 0.5,
            "text": rng.choice(list("abc"), ROWS),
            "digit": rng.choice(["1", "2", "5"], ROWS),
            "my rank": rng.choice(["low", "middle", "high"], ROWS),
        }
    )


PLAIN = plain()
GOAL = (
    2 * PLAIN["number"]
    + 1.5 * (PLAIN["whole"] == 7)
    + PLAIN["flag"]
    + (PLAIN["text"] == "b")
    + 2 * (PLAIN["digit"] == "2")
    + 3 * (PLAIN["my rank"] == "middle")
)
RANKS = pd.CategoricalDtype(["low", "middle", "high"], ordered=True)


def typed(*columns: str) -> pd.DataFrame:
    """Some columns as they are trained on: ranks in order, all others but numbers and flags as categories."""
    types: dict[str, Any] = {"whole": "category", "text": "category", "digit": "category", "my rank": RANKS}
    return PLAIN[[*columns]].astype({name: types[name] for name in columns if name in types})


def fitted(table: pd.DataFrame, **options: Any) -> Any:
    return lgb.LGBMRegressor(**OPTIONS).fit(table, GOAL, **options)


def gap(model: Any, table: Any, trained: pd.DataFrame) -> float:
    """The largest difference of contributions and predictions to LightGBM's own on the training's types."""
    explanation = mxt.explain(model, table).explanation
    own = getattr(model, "booster_", model).predict(trained, pred_contrib=True)[:, :-1]
    places = [explanation.columns.index(name) for name in trained.columns]
    made = LightgbmPredictor(model, [str(name) for name in table.columns], [])
    return float(
        max(
            np.abs(explanation.values[:, places, 0] - own).max(),
            np.abs(made.labels_and_probabilities(table)[0] - model.predict(trained)).max(),
        )
    )


BASIC = typed("number", "whole", "flag")
TABLES: dict[str, pd.DataFrame] = {
    "plain": PLAIN,
    "objects of booleans": PLAIN.astype({"flag": object}),
    "booleans of arrow": PLAIN.astype({"flag": "bool[pyarrow]"}),
    "booleans that may miss": PLAIN.astype({"flag": "boolean"}),
    "objects of numbers": PLAIN.astype({"number": object}),
    "objects": PLAIN.astype(object),
    "arrow": PLAIN.convert_dtypes(dtype_backend="pyarrow"),
    "doubles": PLAIN.astype({"whole": float}),
    "texts of numbers": PLAIN.astype({"whole": str}),
    "all categories": PLAIN.astype("category"),
    "another category": PLAIN.astype({"flag": "category"}),
    "another order of categories": PLAIN.assign(whole=pd.Categorical(PLAIN["whole"], [11, 99, 3, 7])),
    "another order of columns": PLAIN[PLAIN.columns[::-1]],
    "whole flags": PLAIN.astype({"flag": int}),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("kept", ["booster", "estimator"])
def test_a_table_of_any_types_is_read_as_the_training_was(name: str, kept: str) -> None:
    model = fitted(BASIC)
    text = model.booster_.model_to_string()
    assert gap(lgb.Booster(model_str=text) if kept == "booster" else model, TABLES[name], BASIC) < 1e-12


@pytest.mark.parametrize("name", [name for name in TABLES if name != "whole flags"])
@pytest.mark.parametrize(
    "categorical_feature",
    ["auto", ["text"], ["whole", "flag", "text"]],
    ids=["as the types say", "one of the types", "beyond the types"],
)
def test_ordered_and_declared_categories_are_told_apart(name: str, categorical_feature: Any) -> None:
    trained = typed(*PLAIN.columns)
    assert gap(fitted(trained, categorical_feature=categorical_feature), TABLES[name], trained) < 1e-12


def test_a_type_that_was_no_category_in_training_gets_no_stored_ones() -> None:
    model = fitted(BASIC, categorical_feature=["flag"])
    assert gap(model, PLAIN, BASIC) < 1e-12
    for wrong in ({"flag": str}, {"flag": str, "whole": str}):
        with pytest.raises(ModelError):
            mxt.explain(model, PLAIN.astype(wrong))


def test_a_text_beside_the_categories_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="takes numbers in the column 'flag'"):
        mxt.explain(fitted(BASIC), PLAIN.astype({"flag": str}))


def test_what_neither_the_model_nor_the_table_shows_is_refused() -> None:
    trained = typed("number", "whole").assign(count=np.arange(ROWS) % 3)
    model = fitted(trained, categorical_feature=["count"])
    with pytest.raises(ModelError, match="neither the model nor the table shows which"):
        mxt.explain(model, trained.astype({"whole": int}))
    assert gap(model, trained, trained) < 1e-12


def test_texts_that_a_file_gives_back_as_numbers_are_the_texts() -> None:
    trained = typed("number", "digit")
    assert gap(fitted(trained), trained.astype({"digit": int}), trained) < 1e-12
    assert gap(fitted(trained), trained.astype({"digit": float}), trained) < 1e-12


def test_numbers_that_could_be_several_texts_are_refused() -> None:
    with pytest.raises(ModelError, match="read as the same number; the table has it as int64"):
        codes_of(pd.Series([1, 2], name="code"), ["1", "01", "2"])
    np.testing.assert_array_equal(codes_of(pd.Series(["01", "1"]), ["1", "01", "2"]), [1, 0])


@pytest.mark.parametrize(
    ("values", "stored", "codes"),
    [
        ([7, 3, None, 5], [3, 7, 11], [1, 0, np.nan, np.nan]),
        ([True, False, None], [False, True], [1, 0, np.nan]),
        (["True", "False"], [False, True], [1, 0]),
        ([True, 0], ["0", "1"], [1, 0]),
        (["7.0", "x"], [3, 7], [1, np.nan]),
        ([2**53 + 1], [2**53, 2**53 + 1], [1]),
        (["nan", "1_0"], ["1", "10"], [np.nan, np.nan]),
    ],
)
def test_values_are_found_among_the_stored_ones(values: Any, stored: Any, codes: Any) -> None:
    np.testing.assert_array_equal(codes_of(pd.Series(values, dtype=object), stored), codes)


def test_unseen_and_missing_categories_are_as_the_library_has_them() -> None:
    model = fitted(BASIC)
    unknown = BASIC.assign(whole=pd.Categorical([None] * ROWS, [3, 7, 11]))
    for value in (99, np.nan):
        assert gap(model, PLAIN.assign(whole=value), unknown) < 1e-12


def test_an_array_holds_codes_as_it_does_to_lightgbm() -> None:
    model, codes = fitted(BASIC), BASIC.assign(whole=BASIC["whole"].cat.codes).to_numpy(dtype=float)
    codes[:20, 1] = np.nan
    own = model.predict(codes, pred_contrib=True)[:, :-1]
    np.testing.assert_allclose(mxt.explain(model, codes).values, own, atol=1e-12)
    np.testing.assert_allclose(mxt.explainers.TreeExplainer(model).shap_values(codes), own, atol=1e-12)
    for explain in (mxt.explain, lambda model, rows: mxt.explainers.TreeExplainer(model).shap_values(rows)):
        with pytest.raises(ModelError, match="holds numbers other than the codes 0 to 2"):
            explain(model, PLAIN[BASIC.columns].to_numpy())


def test_an_array_with_texts_holds_categories() -> None:
    trained = typed("number", "whole", "text")
    found = mxt.explain(fitted(trained), PLAIN[trained.columns].to_numpy()).values
    own = fitted(trained).predict(trained, pred_contrib=True)[:, :-1]
    np.testing.assert_allclose(found, own, atol=1e-12)


@pytest.mark.parametrize("rows", [PLAIN, typed(*PLAIN.columns)], ids=["plain", "typed"])
def test_the_drop_in_takes_the_models_columns_in_their_order(rows: pd.DataFrame) -> None:
    model = fitted(typed(*PLAIN.columns))
    own = model.predict(typed(*PLAIN.columns), pred_contrib=True)[:, :-1]
    explainer = mxt.explainers.TreeExplainer(model)
    np.testing.assert_allclose(explainer.shap_values(rows), own, atol=1e-12)
    with pytest.raises(mxt.errors.DataError, match="another order"):
        explainer.shap_values(rows[rows.columns[::-1]])
