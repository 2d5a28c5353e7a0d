"""The gate that holds a score of the version's evaluation to a limit."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from mxt.gates.base import EVALUATION, Evidence, Examination, Gate, Verdict, refused, requires


class ThresholdGate(Gate):
    """A score of the latest evaluation keeps a limit.

    Example:
        {KIND: ThresholdGate, metric: roc_auc, minimum: 0.8}
    """

    model_config = requires("anyOf", minimum="number", maximum="number")

    KIND: Literal["ThresholdGate"] = "ThresholdGate"

    metric: Annotated[str, StringConstraints(min_length=1)]
    """Name of the score, as the evaluation logged it."""

    minimum: float | None = None
    """Refuse a lower score."""

    maximum: float | None = None
    """Refuse a higher score."""

    positive: str | int | bool | None = None
    """Refuse a score that is about another class than this; the score may be about any class if left out."""

    @model_validator(mode="after")
    def _with_a_limit(self) -> Self:
        if self.minimum is None and self.maximum is None:
            msg = "a threshold is a minimum, a maximum or both"
            raise ValueError(msg)
        return self

    def judge(self, evidence: Evidence) -> Verdict:
        run = evidence.last.get(EVALUATION)
        scores = run.scores if run else {}
        if run is None or self.metric not in scores:
            known = ", ".join(sorted(scores)) or "none"
            reason = f"no score {self.metric!r} of version {evidence.version} (known: {known})"
            return refused(reason, EVALUATION)
        return self._compare(run)

    def _compare(self, run: Examination) -> Verdict:
        score, label, name = run.scores[self.metric], run.class_of(self.metric), run.full_name(self.metric)
        if self.positive is not None and label != str(self.positive):
            what = f"is about the class {label!r}" if label else "does not say which class it is about"
            return refused(f"{self.metric} {what}; asked for is {str(self.positive)!r}")
        if self.minimum is not None and not score >= self.minimum:
            return refused(f"{name} is {score:.4g}, below {self.minimum:g}")
        if self.maximum is not None and not score <= self.maximum:
            return refused(f"{name} is {score:.4g}, above {self.maximum:g}")
        return Verdict(passed=True, reason=f"{name} is {score:.4g}")
