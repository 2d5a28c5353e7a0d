"""Arms: rows and subjects of either arm, and outcomes that must be there and finite."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from endpoints.experiments import arm
from mxt.endpoints.base.arms import arms_of
from mxt.errors import DataError

TABLE = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 5.0], "y": list("ababa")})


def test_rows_go_to_their_arm_with_subjects_and_truth() -> None:
    subjects = pd.Series(["q", "r", "p", "r", "p"], index=TABLE.index)
    treated = np.array([True, False, True, False, True])
    control, treatment = arms_of(TABLE, subjects, treated, "a table", "y", "b")
    assert (control.name, treatment.name) == ("control", "treatment")
    assert (control.table["x"].tolist(), treatment.table["x"].tolist()) == ([2.0, 4.0], [1.0, 3.0, 5.0])
    assert (control.subjects.tolist(), treatment.subjects.tolist()) == ([0, 0], [1, 0, 0])
    assert (control.count, treatment.count) == (1, 2)
    assert treatment.truth is not None
    assert treatment.truth.tolist() == ["a", "a", "a"]
    assert {control.positive, treatment.positive} == {"b"}


def test_without_a_target_there_is_no_truth() -> None:
    control, _ = arms_of(TABLE, TABLE["y"], TABLE["x"].to_numpy() > 2, "a table")
    assert control.truth is None


def test_outcomes_that_are_missing_or_infinite_are_refused_by_their_number() -> None:
    missing = arm("treatment", np.r_[np.arange(48.0), np.nan, np.nan])
    with pytest.raises(DataError, match=r"column 'x' misses 2 of 50 values in the treatment arm"):
        missing.outcome("x")
    with pytest.raises(DataError, match="1 infinite values in the treatment arm"):
        arm("treatment", np.r_[np.arange(49.0), np.inf]).numbers("x")
    with pytest.raises(DataError, match="holds no numbers"):
        arm("treatment", np.array(["secret"] * 50)).numbers("x")
