"""Promotion: an alias moves to a version that has earned it."""

from __future__ import annotations

from typing import Annotated, Literal

from loguru import logger
from pydantic import Field, StringConstraints

from mxt.errors import ModelError
from mxt.gates import Evidence, Verdict
from mxt.jobs.base import GateKind, Job, Locals
from mxt.registries.aliases import move, move_tags, previous
from mxt.registries.versions import EVALUATION_TAG, AliasOrVersion, Pinned


class PromotionJob(Job):
    """Moves an alias to a version if every gate lets it pass; otherwise says why not.

    Example:
        KIND: PromotionJob
        alias: Champion
        alias_or_version: Challenger
        gates: [{KIND: EvaluationGate}]
    """

    KIND: Literal["PromotionJob"] = "PromotionJob"

    alias: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")] = "Champion"
    """Alias to move."""

    alias_or_version: AliasOrVersion = "Challenger"
    """The version to promote, by alias, number or semantic version."""

    gates: tuple[GateKind, ...] = Field(
        default=({"KIND": "EvaluationGate"},), validate_default=True, min_length=1
    )
    """What the version must meet."""

    rollback: bool = False
    """Move the alias back to the version it stood for before its last promotion; gates are not asked."""

    def run(self) -> Locals:
        return self._roll_back() if self.rollback else self._promote()

    def _promote(self) -> Locals:
        context = self.context
        pinned = context.pin(self.alias_or_version)
        verdicts = [gate.judge(self._evidence(pinned)) for gate in self.gates]
        passed = all(verdict.passed for verdict in verdicts)
        for verdict in verdicts:
            logger.log(
                "INFO" if verdict.passed else "WARNING",
                "{}: {}",
                "pass" if verdict.passed else "refuse",
                verdict.reason,
            )
        context.facts["reasons"] = "; ".join(
            verdict.reason for verdict in verdicts if passed or not verdict.passed
        )
        if passed:
            self._move(pinned.version)
        return context.conclude(passed=passed, verdicts=verdicts, version=pinned)

    def _roll_back(self) -> Locals:
        context = self.context
        before = previous(context.client, self.mlflow_service.experiment_id, context.name, self.alias)
        if before is None:
            msg = f"No promotion of {context.name!r} tells which version {self.alias!r} stood for before."
            raise ModelError(msg)
        pinned = context.pin(before)
        self._move(pinned.version)
        verdict = Verdict(passed=True, reason=f"rolled back to version {before}")
        context.facts["reasons"] = verdict.reason
        return context.conclude(passed=True, verdicts=[verdict], version=pinned)

    def _move(self, version: int) -> None:
        context = self.context
        moved = move(context.client, context.name, self.alias, version)
        context.run.tag(move_tags(context.name, moved, rollback=self.rollback))
        context.facts |= {"alias": self.alias, "from_version": moved.before, "to_version": moved.after}

    def _evidence(self, pinned: Pinned) -> Evidence:
        """What the latest evaluation of the version found, from its run."""
        run_id = pinned.tags.get(EVALUATION_TAG)
        if run_id is None:
            return Evidence(pinned.version)
        run = self.context.client.get_run(run_id)
        passed = run.info.status == "FINISHED" and run.data.tags.get("mxt.passed") == "true"
        return Evidence(pinned.version, run_id, passed, dict(run.data.metrics))
