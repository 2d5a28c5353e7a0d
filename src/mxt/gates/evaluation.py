"""The gate that reads the verdict of the version's evaluation."""

from __future__ import annotations

from typing import Literal

from mxt.gates.base import EVALUATION, Evidence, Gate, Verdict, refused


class EvaluationGate(Gate):
    """The latest evaluation of the version passed.

    Example:
        {KIND: EvaluationGate}
    """

    KIND: Literal["EvaluationGate"] = "EvaluationGate"

    def judge(self, evidence: Evidence) -> Verdict:
        run = evidence.last.get(EVALUATION)
        if run is None:
            return refused(f"version {evidence.version} was never evaluated", EVALUATION)
        if not run.judged:
            return refused(
                f"the evaluation of version {evidence.version} had no limit to keep (run {run.run_id}); "
                "give a metric a minimum or a maximum and evaluate again",
                EVALUATION,
            )
        outcome = "passed" if run.passed else "failed"
        reason = f"the evaluation of version {evidence.version} {outcome} (run {run.run_id})"
        return Verdict(run.passed, reason)
