"""Assignments: observed or by a salted hash, of whole subjects, and sizes that are no accident."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.stats import binomtest, chisquare

from endpoints.experiments import arm
from mxt.datasets.readers.csv import CsvReader
from mxt.endpoints.base.assignments import (
    Salt,
    Variant,
    assigned,
    assignments_table,
    check_split,
    subjects_of,
)
from mxt.errors import DataError
from mxt.stats.assignment import assign

READER = CsvReader(path="experiment.csv", id_column="id")
VARIANT = Variant(column="arm", control="A", treatment="B")


def table(arms: str) -> pd.DataFrame:
    ids = pd.Index([f"r{place}" for place in range(len(arms))], name="id")
    return pd.DataFrame({"arm": list(arms)}, index=ids)


def test_an_observed_variant_decides_the_arm() -> None:
    subjects, treated = assigned(table("ABBA"), READER, None, VARIANT)
    assert subjects.tolist() == ["r0", "r1", "r2", "r3"]
    assert treated.tolist() == [False, True, True, False]
    numbers = table("ABBA").assign(arm=[0, 1, 1, 0])
    assert assigned(numbers, READER, None, Variant(column="arm", control="0", treatment="1"))[1].sum() == 2


def test_a_salt_decides_by_the_subject_and_nothing_else() -> None:
    rows = table("A" * 400).assign(customer=[f"c{place // 2}" for place in range(400)])
    subjects, treated = assigned(rows, READER, "customer", Salt("offer", 0.4))
    expected = assign(subjects, "offer", (0.4, 0.6)) == 1
    assert (treated == expected).all()
    assert (treated[::2] == treated[1::2]).all(), "both rows of a customer are in one arm"
    assert binomtest(int(treated[::2].sum()), 200, 0.6).pvalue > 1e-3
    turned = assigned(rows[::-1], READER, "customer", Salt("offer", 0.4))[1]
    assert (turned[::-1] == treated).all()
    assert (assigned(rows, READER, "customer", Salt("other", 0.4))[1] != treated).any()


def test_rows_of_no_arm_and_subjects_of_two_are_refused_by_their_number() -> None:
    with pytest.raises(DataError, match="in 2 of 5 rows column 'arm' holds neither 'A' nor 'B'"):
        assigned(table("ABACC"), READER, None, VARIANT)
    both = table("ABAB").assign(customer=["x", "x", "y", "z"])
    with pytest.raises(DataError, match="1 subjects have rows in both arms"):
        assigned(both, READER, "customer", VARIANT)


@pytest.mark.parametrize(("arms", "empty"), [("AAA", "treatment"), ("BBB", "control")])
def test_an_arm_without_rows_is_refused(arms: str, empty: str) -> None:
    with pytest.raises(DataError, match=f"the {empty} arm has none of the 3 rows"):
        assigned(table(arms), READER, None, VARIANT)


def test_subjects_must_be_there_and_have_one_text() -> None:
    rows = table("AB").assign(missing=["c", float("nan")], decimal=[1.5, 2.0], whole=[7, 8])
    with pytest.raises(DataError, match="misses the subject of 1 of 2 rows"):
        subjects_of(rows, "missing", "a table")
    with pytest.raises(DataError, match="decimal numbers, which have no one text"):
        subjects_of(rows, "decimal", "a table")
    assert subjects_of(rows, "whole", "a table").tolist() == ["7", "8"]


def test_values_of_both_arms_must_differ_as_texts() -> None:
    with pytest.raises(ValidationError, match="are the same value"):
        Variant(column="arm", control=1, treatment="1")


def test_the_table_of_assignments_has_each_subject_once_in_order() -> None:
    subjects = pd.Series(["b", "a", "b"])
    written = assignments_table(subjects, np.array([True, False, True]))
    assert written["arm"].to_dict() == {"a": "control", "b": "treatment"}
    assert (written.index.name, [*written.index]) == ("subject", ["a", "b"])


def test_sizes_that_are_unlikely_under_the_planned_shares_are_a_mismatch() -> None:
    arms = arm("control", np.zeros(900)), arm("treatment", np.zeros(1100))
    p_value, facts = check_split(arms, 0.5, 0.001)
    assert p_value == pytest.approx(chisquare([900, 1100]).pvalue)
    assert (facts["control_subjects"], facts["treatment_subjects"]) == (900, 1100)
    assert "45.0% in the control arm, planned were 50.0%: subjects were lost" in str(facts["mismatch"])
    assert "mismatch" not in check_split(arms, 0.45, 0.001)[1]
