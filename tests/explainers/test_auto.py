"""The choice between explainers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from explainers.test_composite import INPUTS, SHOWN, forest, labels, predictor
from mxt.errors import ModelError
from mxt.explainers.auto import AutoExplainer
from mxt.explainers.base.kernels.engine import available
from mxt.predictors.function import FunctionPredictor
from mxt.predictors.sklearn import SklearnPredictor


@pytest.mark.parametrize(
    ("model", "chosen"),
    [
        (forest(), "TreeExplainer"),
        (xgb.XGBClassifier(n_estimators=3), "TreeExplainer"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "LinearExplainer"),
        (
            VotingClassifier([("a", forest()), ("b", LogisticRegression())], voting="soft"),
            "CompositeExplainer",
        ),
        (KNeighborsClassifier(), "EnumerationExplainer"),
        (make_pipeline(PCA(3), LogisticRegression()), "EnumerationExplainer"),
        (
            VotingClassifier([("a", forest()), ("b", KNeighborsClassifier())], voting="soft"),
            "EnumerationExplainer",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_cheapest_exact_explainer_is_chosen(model: Any, chosen: str) -> None:
    found = predictor(model, labels(2))
    assert chosen == AutoExplainer().choose(found, INPUTS).KIND  # type: ignore[attr-defined]
    explanation = AutoExplainer().explain(found, SHOWN.head(3), INPUTS.head(20))
    assert np.abs(explanation.residual).max() < 1e-5
    assert not available() or type(found.core).__name__ in explanation.reason


def test_what_no_exact_explainer_serves_is_refused_or_sampled() -> None:
    cells, target = make_classification(100, 14, random_state=0)
    wide = pd.DataFrame(cells, columns=[f"c{place}" for place in range(14)])
    mixed = SklearnPredictor(make_pipeline(PCA(3), SVC()).fit(wide, target), [])
    with pytest.raises(ModelError, match=r"serves a SVC.*PCA cannot be traced.*14 columns.*sampling: true"):
        AutoExplainer().choose(mixed, wide)
    explanation = AutoExplainer(sampling=True).explain(mixed, wide.head(2), wide.head(10))
    assert "sampling is allowed" in explanation.reason


def test_what_a_background_makes_exact_is_refused_with_the_background_first() -> None:
    few = predictor(KNeighborsClassifier(), labels(2))
    exact = rf"serves a KNeighborsClassifier without a background. With only {len(few.columns)}"
    background = r"background: \{KIND: CsvReader, path: ...\}"
    sampled = r"explainer: \{KIND: AutoExplainer, sampling: true\}"
    with pytest.raises(
        ModelError, match=f"{exact}.*exact; write: {background}.*write: {sampled} and {background}$"
    ):
        AutoExplainer().choose(few)
    assert AutoExplainer().choose(few, INPUTS).exact


@pytest.mark.parametrize(("background", "more"), [(None, r" and background: \{.*\}$"), (INPUTS, "$")])
def test_what_has_too_many_columns_is_refused_with_what_sampling_needs(background: Any, more: str) -> None:
    many = FunctionPredictor(lambda table: table.sum(axis=1), [f"c{place}" for place in range(13)], [])
    wanted = r"serves a function of 13 columns\. To estimate .* write: explainer: \{.* sampling: true\}"
    with pytest.raises(ModelError, match=wanted + more):
        AutoExplainer().choose(many, background)
