"""Two versions' explanations side by side, made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mxt.errors import ConfigError, ModelError
from mxt.explainers.base import Explanation
from mxt.explainers.base.comparison import (
    ExplainedDecisions,
    cells_of,
    compared,
    contributions,
    decided_outputs,
)

IDS = pd.Index(["r1", "r2"])
VALUES = np.arange(8.0).reshape(2, 2, 2)


def version(
    decisions: list[object], outputs: list[str], columns: str = "ab", unit: str = "margin"
) -> ExplainedDecisions:
    values = VALUES[:, :, : len(outputs)]
    base, prediction = np.zeros(len(outputs)), values.sum(axis=1)
    explanation = Explanation(IDS, [*columns], values, base, prediction, unit, outputs, "by hand")
    return ExplainedDecisions(f"version {columns}", pd.Series(decisions, IDS), explanation)


def test_contributions_are_those_to_the_baselines_decision() -> None:
    both = compared(version(["y", "x"], ["x", "y"]), version(["y", "y"], ["y", "x"], "bc"), None)
    assert both.columns == ["a", "b", "c"]
    assert both.pair.before.tolist() == [[1, 3, 0], [4, 6, 0]]
    assert both.pair.after.tolist() == [[0, 0, 2], [0, 5, 7]]
    assert both.pair.changed_decisions.tolist() == [False, True]
    assert both.pair.shared.tolist() == [False, True, False]


def test_numbers_are_other_decisions_beyond_a_tolerance() -> None:
    one, other = version([1.0, 2.0], [""]), version([1.4, 2.6], [""])
    assert compared(one, other, 0.5).pair.changed_decisions.tolist() == [False, True]
    with pytest.raises(ConfigError, match="give the job its `tolerance`"):
        compared(one, other, None)


def test_versions_that_cannot_be_compared_are_refused() -> None:
    classes = version(["x", "y"], ["x", "y"])
    with pytest.raises(
        ModelError, match="decides between numbers, and the baseline, version ab, between classes"
    ):
        compared(classes, version([1.0, 2.0], [""]), None)
    with pytest.raises(
        ModelError, match="are in probability, and those of the baseline, version ab, in margin"
    ):
        compared(classes, version(["x", "y"], ["x", "y"], unit="probability"), None)


def test_a_single_output_explains_every_decision() -> None:
    single = version([0, 1], ["1"]).explanation
    reached = decided_outputs(single, pd.Series([0, 1], IDS))
    assert reached.tolist() == [0, 0]
    assert contributions(single, reached).tolist() == VALUES[:, :, 0].tolist()


def test_cells_are_doubles_or_texts() -> None:
    table = pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "t": ["u", None]})
    numbers, texts = cells_of(table, ["n", "t"])
    assert numbers[0] == 1
    assert np.isnan(numbers[1])
    assert texts[0] == "u"
