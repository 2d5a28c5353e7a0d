"""Precision, recall and F1 of each class are scikit-learn's, with Wilson's intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_fscore_support

from metrics.tables import classified
from mxt.assessments.classes import classes_table
from mxt.assessments.scores import Drawing
from mxt.metrics.base.answers import Classes, encoded

TRUTH, TABLE = classified(["bad", "fair", "good"], 500)


def known(truth: pd.Series[str], table: pd.DataFrame) -> Classes:
    classes = encoded(truth, table)
    assert isinstance(classes, Classes)
    return classes


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


def test_a_class_that_is_never_predicted_has_no_precision() -> None:
    never = TABLE.assign(prediction=TABLE["prediction"].replace("good", "fair"))
    table = classes_table(known(TRUTH, never), Drawing(resamples=300))
    good: Any = table.loc["good"]
    assert good["predicted"] == 0
    assert good[["precision", "precision_low", "precision_high"]].isna().all()
    assert good[["recall", "f1"]].tolist() == [0, 0]
