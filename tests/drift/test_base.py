"""What measures of drift have in common: shifts they see, columns they are for, limits they take."""

from __future__ import annotations

import pandas as pd
import pytest
from pydantic import ValidationError

from drift.columns import normal
from drift.raw import compare
from mxt.drift.base import Drift
from mxt.drift.base.profiles import Profile
from mxt.drift.ks import KsDrift
from mxt.drift.missing import MissingDrift
from mxt.drift.psi import PsiDrift
from mxt.drift.unseen import UnseenDrift
from mxt.kinds import members


@pytest.mark.parametrize("measure", [PsiDrift(), KsDrift()])
@pytest.mark.parametrize("shift", [1, -1])
def test_a_shift_of_one_standard_deviation_is_drift(measure: Drift, shift: float) -> None:
    assert compare(measure, normal(1), normal(2, mean=shift)).drifted


@pytest.mark.parametrize("measure", [PsiDrift(), KsDrift()])
def test_a_shift_that_no_one_would_see_is_no_drift_however_many_rows(measure: Drift) -> None:
    found = compare(measure, normal(1, rows=200_000), normal(2, rows=200_000, mean=0.05))
    assert not found.drifted
    assert found.p_value is None or found.p_value < 1e-6


def test_a_wider_spread_around_the_same_mean_is_drift() -> None:
    assert compare(PsiDrift(), normal(1), normal(2, scale=2)).drifted
    assert compare(KsDrift(), normal(1), normal(2, scale=2)).drifted


@pytest.mark.parametrize(
    ("cells", "by"),
    [
        (pd.Series([1, 2]), {"PsiDrift", "KsDrift", "MissingDrift"}),
        (pd.Series([1.5, None]), {"PsiDrift", "KsDrift", "MissingDrift"}),
        (pd.Series([True, False]), {"PsiDrift", "MissingDrift"}),
        (pd.Series([True, None], dtype="boolean"), {"PsiDrift", "MissingDrift"}),
        (pd.Series(["a", None], dtype="category"), {"PsiDrift", "UnseenDrift", "MissingDrift"}),
        (pd.Series(["a", None], dtype="str"), {"MissingDrift"}),
        (pd.Series([pd.Timestamp("2026-01-01")]), {"MissingDrift"}),
    ],
)
def test_measures_apply_to_the_columns_they_are_defined_for(cells: pd.Series, by: set[str]) -> None:
    measures: list[Drift] = [PsiDrift(), KsDrift(), MissingDrift(), UnseenDrift()]
    reference = Profile.of(cells.rename("x"))
    assert {type(measure).__name__ for measure in measures if measure.applies_to(reference)} == by


@pytest.mark.parametrize(
    "config",
    [
        '{"KIND": "PsiDrift", "threshold": 0}',
        '{"KIND": "PsiDrift", "bins": 1}',
        '{"KIND": "KsDrift", "threshold": 1.1}',
        '{"KIND": "MissingDrift", "level": -0.1}',
    ],
)
def test_limits_that_make_no_sense_are_refused(config: str) -> None:
    with pytest.raises(ValidationError):
        members(Drift)[config.split('"')[3]].model_validate_json(config)
