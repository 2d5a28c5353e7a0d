"""ONNX models: graphs of trees and graphs of anything else, run by ONNX Runtime."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from skl2onnx import to_onnx
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mxt.errors import MissingExtraError, ModelError
from mxt.predictors.onnx import OnnxPredictor

COLUMNS = ["first", "second", "third"]


def table(count: int = 300, seed: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32), columns=COLUMNS
    )


def target(inputs: pd.DataFrame, classes: int) -> Any:
    scores = inputs["first"] * inputs["second"]
    names = np.array(["high", "low", "middle"][:classes])
    return names[np.digitize(scores, np.quantile(scores, np.arange(1, classes) / classes))]


def converted(fitted: Any, sample: Any, **options: Any) -> onnx.ModelProto:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return to_onnx(fitted, sample, options={id(fitted): options} if options else None)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("options", [{}, {"zipmap": False}], ids=["maps", "tensor"])
@pytest.mark.parametrize("kind", [RandomForestClassifier, GradientBoostingClassifier, LogisticRegression])
def test_probabilities_and_labels_are_those_of_the_converted_model(
    kind: Any, options: dict[str, Any], classes: int
) -> None:
    inputs = table()
    native = kind(**({} if kind is LogisticRegression else {"n_estimators": 5}))
    native.fit(inputs.to_numpy(), target(inputs, classes))
    made = OnnxPredictor(converted(native, inputs.to_numpy()[:1], **options), COLUMNS, [])
    shown = table(100, seed=1)
    labels, probabilities = made.labels_and_probabilities(shown)
    assert probabilities is not None
    np.testing.assert_allclose(probabilities, native.predict_proba(shown.to_numpy()), atol=1e-5)
    assert np.mean(labels == native.predict(shown.to_numpy())) > 0.98
    assert made.classes == list(native.classes_)
    none = made.labels_and_probabilities(shown[:0])[1]
    assert none is not None
    assert none.shape == (0, classes)
    assert made.scores(shown[:0]).values.shape == (0, len(made.outputs))
    scores, link = made.scores(shown), made.link
    assert link is not None
    np.testing.assert_allclose(link.apply(scores.values), probabilities[:, -len(made.outputs) :], atol=1e-6)


def test_a_graph_with_an_input_for_each_column_takes_texts() -> None:
    inputs = table().assign(text=lambda found: np.where(found["first"] > 0, "a", "b"))
    encoding = ColumnTransformer([("n", StandardScaler(), COLUMNS), ("t", OneHotEncoder(), ["text"])])
    native = make_pipeline(encoding, LogisticRegression()).fit(inputs, target(inputs, 2))
    made = OnnxPredictor(converted(native, inputs[:1].astype({"text": object})), [], [])
    assert made.columns == [*COLUMNS, "text"]
    assert made.trees is None
    probabilities = made.labels_and_probabilities(inputs)[1]
    assert probabilities is not None
    np.testing.assert_allclose(probabilities, native.predict_proba(inputs), atol=1e-5)
    assert made.scores(inputs).unit == "probability"


def test_a_broken_model_and_wrong_columns_are_told() -> None:
    inputs = table()
    native = RandomForestClassifier(3, max_depth=2).fit(inputs.to_numpy(), target(inputs, 2))
    model = converted(native, inputs.to_numpy()[:1])
    with pytest.raises(ModelError, match="refuses the inputs"):
        OnnxPredictor(model, COLUMNS[:2], []).scores(inputs)
    with pytest.raises(ModelError, match="takes numbers in the column 'first'"):
        OnnxPredictor(model, COLUMNS, []).scores(inputs.assign(first="text"))
    with pytest.raises(ModelError, match="does not name its columns"):
        OnnxPredictor(model, [], []).scores(inputs)
    model.graph.node[0].input[0] = "nothing"
    with pytest.raises(ModelError, match="cannot load the model"):
        OnnxPredictor(model, COLUMNS, [])


def test_an_absent_runtime_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = table()
    native = RandomForestClassifier(3, max_depth=2).fit(inputs.to_numpy(), target(inputs, 2))
    model = converted(native, inputs.to_numpy()[:1])
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(
        MissingExtraError, match=r"ONNX Runtime is not installed; run: pip install 'mxt\[onnx\]'"
    ):
        OnnxPredictor(model, COLUMNS, [])
