"""Whether the version passed its evaluation."""

from __future__ import annotations

from typing import Literal

from mxt.gates.base import Evidence, Gate, Verdict, refused

JOB = "EvaluationsJob"


class EvaluationGate(Gate):
    """The latest evaluation of the version passed.

    Example:
        {KIND: EvaluationGate}
    """

    KIND: Literal["EvaluationGate"] = "EvaluationGate"

    def judge(self, evidence: Evidence) -> Verdict:
        found = evidence.last.get(JOB)
        if found is None:
            return refused(f"version {evidence.version} was never evaluated", JOB)
        if not found.judged:
            return refused(
                f"the evaluation of version {evidence.version} had no limit to keep (run {found.run_id}); "
                "give a metric a minimum or a maximum and evaluate again",
                JOB,
            )
        outcome = "passed" if found.passed else "failed"
        return Verdict(
            found.passed, f"the evaluation of version {evidence.version} {outcome} (run {found.run_id})"
        )
