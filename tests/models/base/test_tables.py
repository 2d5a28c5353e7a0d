"""Explanations of samples as a table, from explanations made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mxt.explainers.base import Explanation
from mxt.models.base.tables import samples_table

IDS = pd.Index(["r1", "r2"], name="key")


def made(outputs: list[str], columns: list[str], **facts: object) -> Explanation:
    values = np.arange(4.0 * len(outputs)).reshape(2, 2, -1)
    base = np.zeros(len(outputs))
    own = Explanation(IDS, columns, values, base, values.sum(axis=1) - 1, "margin", outputs, "by hand")
    return Explanation(**{**vars(own), **facts})


def test_a_row_holds_facts_contributions_and_the_residual() -> None:
    table = samples_table(made([""], ["a", "b"]), None)
    assert [*table.columns] == [
        "class",
        "prediction",
        "probability",
        "base_value",
        "unit",
        "a",
        "b",
        "residual",
    ]
    second = table.loc["r2"].to_dict()
    facts = ("prediction", "base_value", "unit", "a", "b", "residual")
    assert [second[name] for name in facts] == [4, 0, "margin", 2, 3, 1]
    assert table[["class", "probability"]].isna().all(axis=None)
    assert table.index.name == "key"


def test_outputs_of_a_row_follow_each_other() -> None:
    table = samples_table(made(["x", "y"], ["a", "b"]), np.array([[0.1, 0.9], [0.4, 0.6]]))
    assert table.index.tolist() == ["r1", "r1", "r2", "r2"]
    assert table["class"].tolist() == ["x", "y", "x", "y"]
    assert table["probability"].tolist() == [0.1, 0.9, 0.4, 0.6]
    assert table["a"].tolist() == [0, 1, 4, 5]


def test_errors_and_fits_follow_the_contributions() -> None:
    errors, fit = np.full((2, 2, 1), 0.5), {"fidelity": np.array([[0.8], [0.9]])}
    table = samples_table(made([""], ["a", "b"], standard_error=errors, freedom=9.0, fit=fit), None)
    assert [*table.columns][-5:] == [
        *("residual", "fidelity", "degrees_of_freedom", "standard_error_a", "standard_error_b"),
    ]
    assert table["fidelity"].tolist() == [0.8, 0.9]
    assert set(table["degrees_of_freedom"]) == {9}


@pytest.mark.parametrize("name", ["prediction", "residual", "unit"])
def test_a_contribution_gets_a_longer_name_where_a_fact_has_that_of_its_column(name: str) -> None:
    table = samples_table(made([""], ["a", name]), None)
    assert table.columns.is_unique
    assert table[f"{name}_contribution"].tolist() == [1, 3]
    assert table["prediction"].tolist() == [0, 4]


def test_no_two_contributions_get_the_same_name() -> None:
    table = samples_table(made([""], ["class", "class_contribution"]), None)
    assert table["class_contribution"].tolist() == [1, 3]
    assert table["class_contribution_contribution"].tolist() == [0, 2]
