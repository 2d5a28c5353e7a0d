"""Tables of classes, of confidence, and of latency."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_fscore_support

from metrics.tables import classified
from mxt.assessments.classes import classes_table
from mxt.assessments.confidence import confidence_table
from mxt.assessments.latency import LatencyTest
from mxt.assessments.scores import Drawing
from mxt.metrics.base.answers import Classes, encoded

TRUTH, TABLE = classified(["bad", "fair", "good"], 500)


def known(truth: pd.Series[str], table: pd.DataFrame) -> Classes:
    found = encoded(truth, table)
    assert isinstance(found, Classes)
    return found


def test_classes_are_scored_as_scikit_learn_does() -> None:
    table = classes_table(known(TRUTH, TABLE), Drawing(resamples=300))
    precision, recall, f1, rows = precision_recall_fscore_support(TRUTH, TABLE["prediction"])
    assert table.index.tolist() == ["bad", "fair", "good"]
    np.testing.assert_allclose(table[["precision", "recall", "f1"]].T, [precision, recall, f1], atol=1e-12)
    assert table["rows"].tolist() == rows.tolist()
    for name in table.index:
        hits = int(((name == TRUTH) & (TABLE["prediction"] == name)).sum())
        expected = binomtest(hits, int(table.loc[name, "rows"])).proportion_ci(method="wilson")
        assert list(table.loc[name, ["recall_low", "recall_high"]]) == pytest.approx(
            list(expected), abs=1e-12
        )
        assert table.loc[name, "f1_low"] < table.loc[name, "f1"] < table.loc[name, "f1_high"]


def test_a_class_that_is_never_told_has_no_precision() -> None:
    never = TABLE.assign(prediction=TABLE["prediction"].replace("good", "fair"))
    table = classes_table(known(TRUTH, never), Drawing(resamples=300))
    good: Any = table.loc["good"]
    assert good["predicted"] == 0
    assert good[["precision", "precision_low", "precision_high"]].isna().all()
    assert good[["recall", "f1"]].tolist() == [0, 0]


def test_confidence_is_counted_and_accuracy_told_for_each_bin() -> None:
    table = confidence_table(known(TRUTH, TABLE))
    sure = TABLE.filter(like="probability_").max(axis=1)
    assert table["rows"].sum() == 500
    assert table["share"].sum() == pytest.approx(1)
    assert table.index.min() == 0.3, "the surest of three classes has a third at least"
    chosen = (sure >= 0.5) & (sure < 0.6)
    row = table.loc[0.5]
    assert row["rows"] == chosen.sum()
    assert row["mean_confidence"] == pytest.approx(sure[chosen].mean(), abs=1e-12)
    assert row["accuracy"] == pytest.approx((TABLE["prediction"] == TRUTH)[chosen].mean(), abs=1e-12)


def test_a_bin_without_rows_has_no_accuracy() -> None:
    sure = pd.DataFrame({"prediction": ["b"] * 3, "probability_a": [0.0] * 3, "probability_b": [1.0] * 3})
    table = confidence_table(known(pd.Series(["b", "b", "a"]), sure))
    assert table["rows"].tolist() == [0, 0, 0, 0, 3]
    assert table["accuracy"].isna().tolist() == [True] * 4 + [False]


def test_a_limit_of_time_is_for_the_95_percent_quantile() -> None:
    assert LatencyTest(maximum_p95_ms=10.0).passes(10.0)
    assert not LatencyTest(maximum_p95_ms=10.0).passes(10.1)
    assert LatencyTest().passes(1e9)
