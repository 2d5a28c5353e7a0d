"""The pipeline of scikit-learn recipes: which columns are categories, and what becomes of unseen ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression

from mxt.models.base.pipelines import fit_pipeline
from mxt.models.random_forest import RandomForestRecipe

INPUTS = pd.DataFrame(
    {"x": [1.0, np.nan, 3.0, 4.0] * 5, "kind": ["u", "v"] * 10, "flag": [True, True, False, False] * 5}
)
TARGETS = pd.Series(["y", "n"] * 10, name="t")


def test_texts_and_booleans_are_one_hot_and_numbers_are_prepared() -> None:
    model = fit_pipeline(RandomForestRecipe(), LogisticRegression(), INPUTS, TARGETS, SimpleImputer())
    encoding = model.predictor.native[:-1]
    assert [*encoding.get_feature_names_out()] == [
        *(
            "numbers__x",
            "categories__kind_u",
            "categories__kind_v",
            "categories__flag_False",
            "categories__flag_True",
        ),
    ]
    assert encoding.transform(INPUTS[:2]).tolist() == [[1, 1, 0, 0, 1], [8 / 3, 0, 1, 0, 1]]
    assert model.predictor.columns == ["x", "kind", "flag"]


def test_a_category_that_was_not_seen_is_none_of_them() -> None:
    model = fit_pipeline(RandomForestRecipe(), LogisticRegression(), INPUTS, TARGETS, SimpleImputer())
    encoding = model.predictor.native[:-1]
    assert encoding.transform(INPUTS[:1].assign(kind="w"))[0, 1:3].tolist() == [0, 0]


def test_a_calibration_wraps_the_pipeline() -> None:
    recipe = RandomForestRecipe(calibration="sigmoid")
    model = fit_pipeline(recipe, LogisticRegression(), INPUTS, TARGETS, SimpleImputer())
    assert type(model.predictor.native).__name__ == "CalibratedClassifierCV"
    slope, _ = model.predictor.calibration
    assert slope != 1
