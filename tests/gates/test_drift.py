"""The drift's gate passes on a comparison that is good and not too old."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gates.evidence import NOW, RUN, evidence
from mxt.gates.drift import DriftGate

if TYPE_CHECKING:
    from mxt.gates.base import Examination


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (None, "version 7 was never compared with today's data (DriftJob)"),
        (replace(RUN, passed=False), "the data have drifted from those of version 7 (run a1b2)"),
        (
            replace(RUN, ended=NOW - timedelta(days=7.5)),
            "the drift of version 7 was measured 7.5 days ago; 7 may pass",
        ),
        (
            replace(RUN, ended=NOW + timedelta(days=1)),
            "the clock was moved back: the drift of version 7 was measured later than now",
        ),
    ],
)
def test_a_comparison_with_todays_data_passed_lately(run: Examination | None, reason: str) -> None:
    verdict = DriftGate().judge(evidence(drift=run))
    assert (verdict.passed, verdict.reason) == (False, reason)
    assert DriftGate(max_age_days=2).judge(evidence(drift=RUN)).passed
