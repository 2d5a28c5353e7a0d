"""Gates: what a promotion demands of a model version."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, StringConstraints, model_validator

from mxt.kinds import Kind


@dataclass(frozen=True)
class Evidence:
    """What is known of the version that asks to be promoted, from its latest evaluation."""

    version: int
    evaluation: str | None = None
    """Id of the MLflow run of the latest evaluation."""
    passed: bool | None = None
    """Whether that evaluation passed; None without one."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Scores of that evaluation, by label."""


@dataclass(frozen=True)
class Verdict:
    """What a gate decides, and why."""

    passed: bool
    reason: str


class Gate(Kind, ABC):
    """A condition that a version must meet before an alias moves to it."""

    @abstractmethod
    def judge(self, evidence: Evidence) -> Verdict:
        """Decide on the evidence."""


class EvaluationGate(Gate):
    """The latest evaluation of the version passed.

    Example:
        {KIND: EvaluationGate}
    """

    KIND: Literal["EvaluationGate"] = "EvaluationGate"

    def judge(self, evidence: Evidence) -> Verdict:
        if evidence.evaluation is None:
            return Verdict(passed=False, reason=f"version {evidence.version} was never evaluated")
        outcome = "passed" if evidence.passed else "failed"
        return Verdict(
            bool(evidence.passed),
            f"the evaluation of version {evidence.version} {outcome} (run {evidence.evaluation})",
        )


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

    @model_validator(mode="after")
    def _with_a_limit(self) -> Self:
        if self.minimum is None and self.maximum is None:
            msg = "a threshold is a minimum, a maximum or both"
            raise ValueError(msg)
        return self

    def judge(self, evidence: Evidence) -> Verdict:
        score = evidence.metrics.get(self.metric)
        if score is None:
            known = ", ".join(sorted(evidence.metrics)) or "none"
            return Verdict(
                passed=False,
                reason=f"no score {self.metric!r} of version {evidence.version} (known: {known})",
            )
        low, high = self.minimum, self.maximum
        if low is not None and not score >= low:
            return Verdict(passed=False, reason=f"{self.metric} is {score:.4g}, below {low:g}")
        if high is not None and not score <= high:
            return Verdict(passed=False, reason=f"{self.metric} is {score:.4g}, above {high:g}")
        return Verdict(passed=True, reason=f"{self.metric} is {score:.4g}")
