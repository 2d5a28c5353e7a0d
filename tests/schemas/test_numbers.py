"""Numbers that are too large: named by their column and rows, wherever a model or a type refuses them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from mxt.errors import DataError, ModelError
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.schemas import InputsSchema
from mxt.schemas.numbers import LARGEST_SINGLE, LargeNumbersError, large_numbers_named

TABLE = pd.DataFrame({"x": np.arange(20.0), "n": np.arange(20)}, index=[f"r{number}" for number in range(20)])
Y = np.arange(20) % 2


def model(estimator: object) -> Model:
    return Model(predictor_of(estimator.fit(TABLE, Y), ["x", "n"], [0, 1]))  # type: ignore[attr-defined] # scikit-learn's


MODELS = {
    "xgboost": model(xgb.XGBClassifier(n_estimators=2)),
    "forest": model(RandomForestClassifier(2, random_state=0)),
}


def test_the_limit_is_where_single_precision_ends() -> None:
    with np.errstate(over="ignore"):
        assert np.isinf(np.float32(LARGEST_SINGLE))
        assert np.isfinite(np.float32(np.nextafter(LARGEST_SINGLE, 0)))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("value", [1e308, -1e308, 3.5e38, np.inf, -np.inf])
def test_a_number_that_a_model_refuses_is_named_by_its_column_and_row(name: str, value: float) -> None:
    rows = TABLE.copy()
    rows.loc["r7", "x"] = value
    for act in (MODELS[name].predict, MODELS[name].explain):
        with pytest.raises(LargeNumbersError, match=r"^1 row has a 'x' beyond 3.4e38, .* \(id 'r7'\)\.$"):
            act(rows)


def test_a_number_that_a_model_takes_is_no_fault() -> None:
    rows = TABLE.assign(x=1e308)
    assert len(model(LogisticRegression()).predict(rows)) == 20


def test_an_error_of_other_rows_is_raised_as_it_is() -> None:
    with pytest.raises(ModelError, match=r"^no$"), large_numbers_named(TABLE):
        raise ModelError("no")  # noqa: EM101 - the message itself


@pytest.mark.parametrize("value", [1e308, -1e19, 2.0**63, np.inf, -np.inf])
def test_a_number_beyond_whole_numbers_is_named_by_its_column_and_row(value: float) -> None:
    schema = InputsSchema.infer(TABLE)
    rows = TABLE.astype({"n": float})
    rows.loc["r3", "n"] = value
    expected = (
        r"^t: column 'n' is of type float64, expected int64: 1 row has an? (infinite )?'n'.*\(id 'r3'\)\.$"
    )
    for check in (schema.check, schema.check_types):
        with pytest.raises(DataError, match=expected):
            check(rows, "t")
