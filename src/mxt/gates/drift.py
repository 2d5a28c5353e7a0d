"""The gate that reads whether the data still look like those that the version was trained on."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mxt.gates.base import CLOCKS_DIFFER, Evidence, Gate, Verdict, refused

JOB = "DriftJob"


class DriftGate(Gate):
    """The latest DriftJob on the version passed, and is not too old.

    Example:
        {KIND: DriftGate, max_age_days: 7}
    """

    KIND: Literal["DriftGate"] = "DriftGate"

    reads: ClassVar[tuple[str, ...]] = (JOB,)

    max_age_days: Annotated[float, Field(gt=0, le=36_500)] = 7
    """Refuse an older comparison."""

    def judge(self, evidence: Evidence) -> Verdict:
        run, version = evidence.last.get(JOB), evidence.version
        if run is None:
            return refused(f"version {version} was never compared with today's data ({JOB})", JOB)
        age = evidence.now - run.ended
        if age < -CLOCKS_DIFFER:
            return refused(
                f"the clock was moved back: the drift of version {version} was measured later than now"
            )
        if not run.passed:
            return refused(f"the data have drifted from those of version {version} (run {run.run_id})")
        days = age / timedelta(days=1)
        if days > self.max_age_days:
            most = f"{self.max_age_days:g} may pass"
            return refused(f"the drift of version {version} was measured {days:.1f} days ago; {most}", JOB)
        return Verdict(passed=True, reason=f"the data have not drifted (run {run.run_id})")
