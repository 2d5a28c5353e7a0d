"""Whether the version decides, and for the reasons, as the one that stands there now does."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from mxt.gates.base import Evidence, Examination, Gate, Verdict, refused

Share = Annotated[float, Field(ge=0, le=1)]
_LIMITS = ("changed_decisions", "changed_reasons", "sign_flips")


class ExplanationGate(Gate):
    """The latest ExplanationDiffJob, against the version the alias stands for, keeps limits.

    Example:
        {KIND: ExplanationGate, changed_decisions: 0.05, changed_reasons: 0.2}
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [limit], "properties": {limit: {"type": "number"}}} for limit in _LIMITS]
        }
    )

    KIND: Literal["ExplanationGate"] = "ExplanationGate"

    reads: ClassVar[tuple[str, ...]] = ("ExplanationDiffJob",)

    changed_decisions: Share | None = None
    """Refuse if a larger share of the rows is decided otherwise."""

    changed_reasons: Share | None = None
    """Refuse if a larger share of the rows has other main reasons."""

    sign_flips: Share | None = None
    """Refuse if a larger share of the contributions has the other sign."""

    @model_validator(mode="after")
    def _with_a_limit(self) -> Self:
        if all(getattr(self, name) is None for name in _LIMITS):
            msg = f"an explanation gate limits one of {', '.join(_LIMITS)}, or more"
            raise ValueError(msg)
        return self

    def judge(self, evidence: Evidence) -> Verdict:
        found = evidence.last.get("ExplanationDiffJob")
        version, champion = evidence.version, evidence.champion
        if champion is None and evidence.allow_first:
            return Verdict(passed=True, reason="there is no version to differ from yet")
        if champion is None:
            return refused(
                f"version {version} has no version to differ from; the first needs allow_first: true"
            )
        if champion == version:
            return Verdict(passed=True, reason=f"version {version} stands there already")
        if found is None or found.baseline != champion:
            both = f"version {version} were never compared with those of version {champion}"
            return refused(f"the explanations of {both} (ExplanationDiffJob)", "ExplanationDiffJob")
        return self._compare(found, version)

    def _compare(self, found: Examination, version: int) -> Verdict:
        shares = {name: found.scores.get(name) for name in _LIMITS if getattr(self, name) is not None}
        for name, share in shares.items():
            limit = getattr(self, name)
            if share is None:
                return refused(f"run {found.run_id} does not tell {name} of version {version}")
            if not share <= limit:
                return refused(f"{name} is {share:.2%}, above {limit:.2%} (run {found.run_id})")
        kept = ", ".join(f"{name} is {share:.2%}" for name, share in shares.items())
        return Verdict(passed=True, reason=kept)
