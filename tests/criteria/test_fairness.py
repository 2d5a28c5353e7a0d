"""The fairness criterion: Fairlearn's numbers, verdicts, and columns that do not fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import fairlearn.metrics as peer
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from criteria.candidates import candidate, whole
from mxt.criteria.base import Candidate
from mxt.criteria.fairness import FairnessCriterion
from mxt.errors import ConfigError
from mxt.models.logistic_regression import LogisticRegressionRecipe

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
    made = candidate(1200)
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
    made = candidate(1200)
    [first] = judged().assess(made)
    assert first.outcome == "FAIL"  # the west is favoured by how the table was made
    assert first.missed_by == pytest.approx(0.8 - first.value)
    limit = {"demographic_parity_ratio": first.value - 0.01}
    [kept], [whole] = (judged(limits=limit, whole_interval=every).assess(made) for every in (False, True))
    assert (kept.outcome, whole.outcome) == ("PASS", "FAIL")
    assert whole.missed_by == pytest.approx(first.value - 0.01 - first.low)


def test_a_column_that_the_model_does_not_see_is_judged_by_bins() -> None:
    made = candidate(1200)
    chance = np.random.default_rng(0)
    years = chance.integers(18, 90, len(made.table))
    visited = np.where(years % 2, "2025-01-31", "2025-02-01")
    table = made.table.assign(years=years, visited=visited)
    criterion = judged(columns=[{"column": "years", "edges": [40, 65]}])
    found = replace(made, table=table)
    [assessment] = criterion.assess(found)
    assert assessment.outcome == "PASS"
    rates = criterion.evidence(found)["fairness"].reset_index()
    assert set(rates["group"]) == {"below 40", "40 to below 65", "65 and above"}
    assert len(rates) == 3 * 5
    halves = judged(columns=[{"column": "years", "bins": 2}, {"column": "visited", "period": "month"}])
    assert [assessment.n for assessment in halves.assess(found)] == [len(made.truth)] * 2


def test_too_few_rows_of_a_group_are_insufficient() -> None:
    made = candidate(400)
    [assessment] = judged(minimum_rows=90).assess(made)
    assert assessment.outcome == "INSUFFICIENT"
    assert np.isnan(assessment.value)
    assert "0 of 3 groups with 90 rows" in assessment.note


def odds(shares: dict[str, tuple[float, float]], rows: dict[str, tuple[int, int]]) -> Candidate:
    """A version whose groups have these true and false positive rates, with so many positives and negatives.

    The model is the one fitted; its predictions are given, since they decide the rates.
    """
    parts = [
        pd.DataFrame(
            {
                "group": name,
                "truth": np.repeat(["good", "bad"], rows[name]),
                "chosen": np.concatenate(
                    [np.arange(n) < round(share * n) for share, n in zip(of, rows[name], strict=True)]
                ),
            }
        )
        for name, of in shares.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    inputs = pd.DataFrame({"said": np.where(table["chosen"], 1.0, -1.0)})
    truth = table["truth"].astype(object)
    recipe = LogisticRegressionRecipe()
    model = recipe.fit(
        inputs, pd.Series(np.where(table["chosen"], "good", "bad"), name="risk").astype(object)
    )
    return Candidate(model, inputs, truth, table, whole(inputs, truth))


ROWS = {"f": (500, 500), "m": (500, 500), "z": (0, 300)}
"""Nobody of the group z is of the class at stake."""


@pytest.mark.parametrize(
    ("rates", "outcome", "value"),
    [
        ({"f": (0.8, 0.2), "m": (0.75, 0.21), "z": (0, 0)}, "FAIL", 0.21),
        ({"f": (0.8, 0.2), "m": (0.6, 0.21), "z": (0, 0.2)}, "FAIL", 0.2),
        ({"f": (0.8, 0.2), "m": (0.75, 0.21), "z": (0, 0.2)}, "INSUFFICIENT", 0.05),
    ],
)
@pytest.mark.parametrize("whole_interval", [False, True])
def test_a_known_rate_that_breaks_the_limit_fails_though_another_is_unknown(
    rates: dict[str, tuple[float, float]],
    outcome: str,
    value: float,
    whole_interval: bool,  # noqa: FBT001 - a case
) -> None:
    limits = {"equalized_odds_difference": 0.15, "false_positive_rate_difference": 0.15}
    criterion = judged(columns=[{"column": "group"}], limits=limits, whole_interval=whole_interval)
    both, false = criterion.assess(odds(rates, ROWS))
    assert both.outcome == outcome
    assert both.value == pytest.approx(value)
    assert (both.n, false.n) == (2300, 2300)
    assert "2 of 3 groups" in both.note
    assert "1 with fewer for the true_positive_rate" in both.note
    assert both.missed_by >= false.missed_by - 1e-12


@pytest.mark.parametrize(("third", "outcome"), [(0.3, "INSUFFICIENT"), (0.9, "INSUFFICIENT")])
def test_a_group_of_few_rows_is_an_unknown_part(third: float, outcome: str) -> None:
    """However the few rows look; a difference between the large groups counts before them."""
    rows = {"f": (100, 100), "m": (100, 100), "z": (5, 5)}
    rates = {"f": (0.5, 0.5), "m": (0.55, 0.5), "z": (third, third)}
    fields: dict[str, Any] = {"columns": [{"column": "group"}], "minimum_rows": 20}
    limits = {"demographic_parity_difference": 0.1}
    [found] = judged(**fields, limits=limits).assess(odds(rates, rows))
    assert found.outcome == outcome
    assert found.value == pytest.approx(0.025)
    assert found.missed_by == 0
    [broken] = judged(**fields, limits={"demographic_parity_difference": 0.02}).assess(odds(rates, rows))
    assert broken.outcome == "FAIL"
    assert broken.missed_by == pytest.approx(0.005)


def test_a_group_below_the_share_named_is_left_out_and_counted() -> None:
    rows = {"f": (100, 100), "m": (100, 100), "z": (2, 2)}
    subject = odds({"f": (0.5, 0.5), "m": (0.55, 0.5), "z": (1, 1)}, rows)
    limits = {"demographic_parity_difference": 0.1}
    [found] = judged(columns=[{"column": "group"}], limits=limits, minimum_share=0.02).assess(subject)
    assert (found.outcome, found.n) == ("PASS", 400)
    told = "2 of 3 groups with 20 rows for each rate; 1 left out, with less than 0.02 of all rows"
    assert found.note.startswith(f"{told};")


@pytest.mark.parametrize(("true", "outcome"), [((0.8, 0.76), "INSUFFICIENT"), ((0.8, 0.4), "FAIL")])
@pytest.mark.parametrize("whole_interval", [False, True])
def test_a_ratio_that_there_is_not_is_an_unknown_part(
    true: tuple[float, float],
    outcome: str,
    whole_interval: bool,  # noqa: FBT001 - a case
) -> None:
    """Nobody is a false positive; the ratio of the true positive rates is known."""
    rates = {"f": (true[0], 0.0), "m": (true[1], 0.0)}
    made = odds(rates, {"f": (5000, 5000), "m": (5000, 5000)})
    limits = {"equalized_odds_ratio": 0.8}
    [found] = judged(columns=[{"column": "group"}], limits=limits, whole_interval=whole_interval).assess(made)
    assert found.outcome == outcome
    assert found.value == pytest.approx(true[1] / true[0])
    assert "the false_positive_rate is 0 in each group, so it has no ratio" in found.note


def test_intersections_with_a_small_cell_are_an_unknown_part() -> None:
    rows = {"f": (100, 100), "m": (100, 100)}
    made = odds({"f": (0.5, 0.5), "m": (0.5, 0.5)}, rows)
    made = replace(made, table=made.table.assign(old=np.where(np.arange(400) < 3, "old", "young")))
    columns = [{"column": "group"}, {"column": "old"}]
    limits = {"demographic_parity_difference": 0.2}
    found = judged(columns=columns, limits=limits, intersections=True).assess(made)
    assert [part.outcome for part in found] == ["PASS", "INSUFFICIENT", "INSUFFICIENT"]


def test_intersections_are_judged_too() -> None:
    made = candidate(1200)
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
        judged(**fields).assess(candidate())


def test_a_column_that_is_named_twice_is_refused() -> None:
    columns = [{"column": "income", "edges": [0]}, {"column": "region"}, {"column": "income", "edges": [1]}]
    with pytest.raises(ValidationError, match=r"rows are grouped twice by 'income'; name each column once"):
        judged(columns=columns)
