"""The gate that holds changes of decisions and reasons, against the champion, to limits."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from mxt.gates.base import Evidence, Examination, Gate, Verdict, refused, requires, without_champion

JOB = "ExplanationDiffJob"

Share = Annotated[float, Field(ge=0, le=1)]
_LIMITS = ("changed_decisions", "changed_reasons", "sign_flips")


class ExplanationGate(Gate):
    """The latest ExplanationDiffJob, against the version that the alias stands for, keeps limits.

    Example:
        {KIND: ExplanationGate, changed_decisions: 0.05, changed_reasons: 0.2}
    """

    model_config = requires("anyOf", **dict.fromkeys(_LIMITS, "number"))

    KIND: Literal["ExplanationGate"] = "ExplanationGate"

    reads: ClassVar[tuple[str, ...]] = (JOB,)

    changed_decisions: Share | None = None
    """Refuse if the decision changes for a larger share of the rows."""

    changed_reasons: Share | None = None
    """Refuse if the main reasons change for a larger share of the rows."""

    sign_flips: Share | None = None
    """Refuse if the sign changes for a larger share of the contributions."""

    @model_validator(mode="after")
    def _with_a_limit(self) -> Self:
        if all(getattr(self, name) is None for name in _LIMITS):
            msg = f"an explanation gate limits one of {', '.join(_LIMITS)}, or more"
            raise ValueError(msg)
        return self

    def judge(self, evidence: Evidence) -> Verdict:
        alone = without_champion(evidence, "to differ from")
        if alone is not None:
            return alone
        run, version, champion = evidence.last.get(JOB), evidence.version, evidence.champion
        if run is None or run.baseline != champion:
            both = f"version {version} were never compared with those of version {champion}"
            return refused(f"the explanations of {both} ({JOB})", JOB)
        return self._compare(run, version)

    def _compare(self, run: Examination, version: int) -> Verdict:
        limits = {name: limit for name in _LIMITS if (limit := getattr(self, name)) is not None}
        for name, limit in limits.items():
            share = run.scores.get(name)
            if share is None:
                return refused(f"run {run.run_id} has no {name} of version {version}")
            if not share <= limit:
                return refused(f"{name} is {share:.2%}, above {limit:.2%} (run {run.run_id})")
        reason = ", ".join(f"{name} is {run.scores[name]:.2%}" for name in limits)
        return Verdict(passed=True, reason=reason)
