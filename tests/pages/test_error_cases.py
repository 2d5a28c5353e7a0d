"""The section of a page about error cases."""

from __future__ import annotations

import pandas as pd

from mxt.assessments.error_cases import ErrorCases
from mxt.datasets.writers.csv import CsvWriter
from mxt.pages.error_cases import error_findings
from mxt.reports.markdown import render
from mxt.schemas.captions import NO_CAPTIONS, Captions

WRITER = CsvWriter(path="cases.csv")
TABLE = pd.DataFrame(
    {
        "truth": ["secret"] * 6,
        "prediction": ["other"] * 6,
        "probability": [0.9] * 6,
        "loss": [2.5, 2.0, 1.5, 1.0, 0.5, 0.25],
        "reason_1": ["plan", "age", "plan", "a|b", "plan", "age"],
        "value_1": ["secret"] * 6,
    },
    index=[f"id{place}" for place in range(6)],
)


def section(cases: ErrorCases, captions: Captions = NO_CAPTIONS) -> str:
    return render(error_findings(cases, WRITER, captions).page)


def test_the_section_counts_cases_and_leading_columns_and_names_five_ids() -> None:
    cases = ErrorCases(TABLE, 12, 48, "log-odds", "exact, along the trees' paths")
    captions = Captions.from_yaml("captions: {age: Age}", "here")
    assert (
        section(cases, captions)
        == """\
## Error cases

12 of 48 predictions are wrong (25.0 %); the 6 of the largest log loss are written as error_cases.

Explained exactly (path-dependent TreeSHAP); the columns that move most of these cases most:

| column | cases | share |
| --- | --- | --- |
| plan | 3 | 50.0 % |
| Age | 2 | 33.3 % |
| a\\|b | 1 | 16.7 % |

| case | log loss |
| --- | --- |
| id0 | 2.5 |
| id1 | 2 |
| id2 | 1.5 |
| id3 | 1 |
| id4 | 0.5 |
"""
    )


def test_cases_without_reasons_say_why() -> None:
    facts = ["truth", "prediction", "loss"]
    cases = ErrorCases(TABLE[facts], 6, 6, without="No exact explainer serves a KNN. Write: this")
    assert "They have no reasons: No exact explainer serves a KNN. Write: this" in section(cases)
    known = error_findings(cases, WRITER, NO_CAPTIONS)
    assert known.facts["error_cases_reasons"] == "none: No exact explainer serves a KNN. Write: this"
    assert "| case | error |" in section(cases)


def test_no_wrong_prediction_is_one_sentence() -> None:
    assert section(ErrorCases(TABLE.head(0), 0, 48)) == "## Error cases\n\nNone of 48 predictions is wrong.\n"
