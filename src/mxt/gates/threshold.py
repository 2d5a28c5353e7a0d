"""Whether a score of the version keeps a limit."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, StringConstraints, model_validator

from mxt.gates.base import Evidence, Gate, Verdict, refused

JOB = "EvaluationsJob"


class ThresholdGate(Gate):
    """A score of the latest evaluation keeps a limit.

    Example:
        {KIND: ThresholdGate, metric: roc_auc, minimum: 0.8}
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": [limit], "properties": {limit: {"type": "number"}}}
                for limit in ("minimum", "maximum")
            ]
        }
    )

    KIND: Literal["ThresholdGate"] = "ThresholdGate"

    metric: Annotated[str, StringConstraints(min_length=1)]
    """Label of the score, as the evaluation logged it."""

    minimum: float | None = None
    """Refuse a lower score."""

    maximum: float | None = None
    """Refuse a higher score."""

    positive: str | int | bool | None = None
    """Refuse a score that is about another class than this; any class will do if left out."""

    @model_validator(mode="after")
    def _with_a_limit(self) -> Self:
        if self.minimum is None and self.maximum is None:
            msg = "a threshold is a minimum, a maximum or both"
            raise ValueError(msg)
        return self

    def judge(self, evidence: Evidence) -> Verdict:
        found = evidence.last.get(JOB)
        scores = found.scores if found else {}
        score = scores.get(self.metric)
        if score is None:
            known = ", ".join(sorted(scores)) or "none"
            return refused(f"no score {self.metric!r} of version {evidence.version} (known: {known})", JOB)
        about = found.class_of(self.metric) if found else ""
        if self.positive is not None and about != str(self.positive):
            what = f"is about the class {about!r}" if about else "does not say which class it is about"
            return refused(f"{self.metric} {what}; asked for is {str(self.positive)!r}")
        name = f"{self.metric} of the class {about!r}" if about else self.metric
        low, high = self.minimum, self.maximum
        if low is not None and not score >= low:
            return refused(f"{name} is {score:.4g}, below {low:g}")
        if high is not None and not score <= high:
            return refused(f"{name} is {score:.4g}, above {high:g}")
        return Verdict(passed=True, reason=f"{name} is {score:.4g}")
