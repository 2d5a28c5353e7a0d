"""The fairness criterion: Fairlearn's numbers, verdicts, and columns that do not fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import fairlearn.metrics as peer
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from criteria.subjects import subject
from mxt.criteria.fairness import FairnessCriterion
from mxt.errors import ConfigError

RATIO = {"demographic_parity_ratio": 0.8}


def judged(**fields: Any) -> FairnessCriterion:
    defaults: dict[str, Any] = {
        "columns": [{"column": "region"}],
        "positive": "good",
        "limits": RATIO,
        "minimum_rows": 20,
    }
    return FairnessCriterion.model_validate_json(
        pd.Series({"KIND": "FairnessCriterion", **defaults, **fields}).to_json()
    )


def test_values_are_fairlearns() -> None:
    made = subject(1200)
    limits = {"demographic_parity_ratio": 0.8, "equalized_odds_difference": 0.1}
    criterion = judged(limits=limits, minimum_rows=2)
    predicted = made.model.predict(made.inputs)["prediction"] == "good"
    for assessment, name in zip(criterion.assess(made), limits, strict=True):
        theirs = getattr(peer, name)(
            made.truth == "good", predicted, sensitive_features=made.table["region"].to_numpy()
        )
        assert assessment.value == pytest.approx(theirs, abs=1e-12)
        assert assessment.criterion == f"{name}_region"
        assert assessment.n == len(made.truth)


def test_the_verdict_is_that_of_the_value_or_of_the_whole_interval() -> None:
    made = subject(1200)
    [first] = judged().assess(made)
    assert first.outcome == "FAIL"  # the west is favoured by how the table was made
    assert first.missed_by == pytest.approx(0.8 - first.value)
    limit = {"demographic_parity_ratio": first.value - 0.01}
    [kept], [whole] = (judged(limits=limit, whole_interval=every).assess(made) for every in (False, True))
    assert (kept.outcome, whole.outcome) == ("PASS", "FAIL")
    assert whole.missed_by == pytest.approx(first.value - 0.01 - first.low)


def test_a_column_that_the_model_does_not_see_is_judged_by_bins() -> None:
    made = subject(1200)
    chance = np.random.default_rng(0)
    years = chance.integers(18, 90, len(made.table))
    visited = np.where(years % 2, "2025-01-31", "2025-02-01")
    table = made.table.assign(years=years, visited=visited)
    criterion = judged(columns=[{"column": "years", "edges": [40, 65]}])
    found = replace(made, table=table)
    [assessment] = criterion.assess(found)
    assert assessment.outcome == "PASS"
    rates = criterion.evidence(found)["fairness.csv"].reset_index()
    assert set(rates["group"]) == {"below 40", "40 to below 65", "65 and above"}
    assert len(rates) == 3 * 5
    halves = judged(columns=[{"column": "years", "bins": 2}, {"column": "visited", "period": "month"}])
    assert [assessment.n for assessment in halves.assess(found)] == [len(made.truth)] * 2


def test_too_few_rows_of_a_group_are_insufficient() -> None:
    made = subject(400)
    [assessment] = judged(minimum_rows=90).assess(made)
    assert assessment.outcome == "INSUFFICIENT"
    assert np.isnan(assessment.value)
    assert "0 of 3 groups with 90 rows" in assessment.note


def test_intersections_are_judged_too() -> None:
    made = subject(1200)
    table = made.table.assign(sex=np.where(np.arange(len(made.table)) % 2, "f", "m"))
    criterion = judged(columns=[{"column": "sex"}, {"column": "region"}], intersections=True)
    names = [assessment.criterion for assessment in criterion.assess(replace(made, table=table))]
    assert names == [f"demographic_parity_ratio_{name}" for name in ("sex", "region", "sex_and_region")]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"columns": [{"column": "religion"}]}, r"No column 'religion'"),
        ({"columns": [{"column": "income"}]}, r"'income' makes 100 groups.*`edges`"),
        ({"positive": "yes"}, r"no class 'yes'; its classes are bad, good"),
    ],
)
def test_what_does_not_fit_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        judged(**fields).assess(subject())


def test_a_column_that_is_named_twice_is_refused() -> None:
    columns = [{"column": "income", "edges": [0]}, {"column": "region"}, {"column": "income", "edges": [1]}]
    with pytest.raises(ValidationError, match=r"rows are grouped twice by 'income'; name each column once"):
        judged(columns=columns)
