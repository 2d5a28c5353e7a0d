"""Confidence is counted in bins, each with its accuracy."""

from __future__ import annotations

import pandas as pd
import pytest

from metrics.tables import classified
from mxt.assessments.confidence import confidence_table
from mxt.metrics.base.answers import Classes, encoded

TRUTH, TABLE = classified(["bad", "fair", "good"], 500)


def known(truth: pd.Series[str], table: pd.DataFrame) -> Classes:
    classes = encoded(truth, table)
    assert isinstance(classes, Classes)
    return classes


def test_each_bin_has_its_rows_mean_confidence_and_accuracy() -> None:
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
