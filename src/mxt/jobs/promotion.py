"""Promotion: an alias moves to a version that has earned it."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Literal

from loguru import logger
from pydantic import Field, StringConstraints

from mxt.errors import ConfigError, ModelError
from mxt.findings import Findings
from mxt.findings.words import stated
from mxt.gates.base import CLOCKS_DIFFER, Gate, Verdict, refused
from mxt.jobs.base import Job, Locals
from mxt.jobs.base.commands import command
from mxt.kinds import OneOf
from mxt.pages.decisions import decision_answer, decision_page
from mxt.registries import moments
from mxt.registries.aliases import move, move_tags, moves, previous
from mxt.registries.certificates import CERTIFICATE_DIGEST_TAG
from mxt.registries.evidence import Request, gather
from mxt.registries.versions import AliasOrVersion, Pinned, aliases_of, pin, versions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.findings import Fact
    from mxt.registries.aliases import Move

Judged = tuple[str, Verdict]
"""Who judged, and how."""


class PromotionJob(Job):
    """Moves an alias to a version if every gate lets it pass; otherwise says why not.

    The run keeps the decision: who asked, when and why, from which version to which, and what each gate said.

    Example:
        KIND: PromotionJob
        alias: Champion
        alias_or_version: Challenger
        reason: fewer false alarms in the pilot
        gates: [{KIND: EvaluationGate}, {KIND: CertificateGate}]
    """

    KIND: Literal["PromotionJob"] = "PromotionJob"

    alias: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")] = "Champion"
    """Alias to move."""

    alias_or_version: AliasOrVersion = "Challenger"
    """The version to promote, by alias, number or semantic version."""

    reason: Annotated[str, StringConstraints(max_length=2000, pattern=r"\S")]
    """Why the alias should move, for those who ask later."""

    requested_by: Annotated[str, StringConstraints(max_length=200, pattern=r"\S")] | None = None
    """Who asks for it; the user of this machine if left out."""

    gates: tuple[OneOf[Gate], ...] = Field(
        default=({"KIND": "EvaluationGate"}, {"KIND": "CertificateGate"}), validate_default=True, min_length=1
    )
    """What the version must meet."""

    allow_first: bool = False
    """Whether the alias may be made if there is none yet, so that there is no version to compare with."""

    dry_run: bool = False
    """Judge and tell, but move nothing."""

    rollback: bool = False
    """Move the alias back to the version it stood for before its last move; gates are not asked."""

    def run(self) -> Locals:
        context = self.context
        context.run.tag({"mxt.requested_by": self._who, "mxt.reason": self.reason})
        if self.dry_run:
            context.run.tag({"mxt.dry_run": "true"})
        made = moves(context.client, context.name, self.alias)
        self._warn_of_the_last(made)
        return self._roll_back(made) if self.rollback else self._promote(made)

    def _promote(self, made: Sequence[Move]) -> Locals:
        context = self.context
        pinned = pin(context.client, context.name, self.alias_or_version)
        context.pinned(pinned)
        champion = aliases_of(context.client, context.name).get(self.alias)
        experiment = self.mlflow_service.experiment_id
        request = Request(pinned, self.alias, champion, self._who, self.allow_first, experiment, self.root)
        with context.step("ask the gates"):
            evidence = gather(context.client, request, self.gates)
            judged = [(type(gate).__name__, gate.judge(evidence)) for gate in self.gates]
        if champion is None and not self.allow_first:
            reason = f"{self.alias!r} stands for no version yet; the first promotion needs allow_first: true"
            judged.append(("PromotionJob", refused(reason)))
        return self._decide(judged, champion, pinned, made)

    def _roll_back(self, made: Sequence[Move]) -> Locals:
        context = self.context
        before = previous(made)
        if before is None:
            msg = f"No promotion of {context.name!r} tells which version {self.alias!r} stood for before."
            raise ModelError(msg)
        champion = aliases_of(context.client, context.name).get(self.alias)
        there = {int(found.version) for found in versions_of(context.client, context.name)}
        if before in there:
            pinned = pin(context.client, context.name, before)
            context.pinned(pinned)
            verdict = Verdict(passed=True, reason=f"back to version {before}")
        else:
            pinned = None
            verdict = refused(
                f"version {before}, which {self.alias!r} stood for before, is there no more; promote another"
            )
        return self._decide([("rollback", verdict)], champion, pinned, made)

    def _decide(
        self, judged: list[Judged], champion: int | None, pinned: Pinned | None, made: Sequence[Move]
    ) -> Locals:
        """Move the alias if all say yes, and write the decision down."""
        context = self.context
        clock = _clock_fault(made)
        judged += [("clock", refused(clock))] if clock else []
        passed = all(verdict.passed for _, verdict in judged)
        for name, verdict in judged:
            level, said = ("INFO", "PASS") if verdict.passed else ("WARNING", "REFUSED")
            logger.log(level, "{}: {}: {}", name, said, verdict.reason)
        still = self._still(champion, pinned) if passed else ""
        context.record(self._findings(judged, champion, pinned, made, still))
        if passed and pinned is not None and not still:
            self._move(champion, pinned.version)
        moved: dict[str, Fact] = {}
        answer = []
        if passed and pinned is not None:
            moved = {"alias": self.alias, "from_version": champion, "to_version": pinned.version}
            answer = [
                f"{still[:1].upper()}{still[1:]}." if still else f"{self.alias} stands for {pinned} now."
            ]
        if still:
            moved["dry_run" if self.dry_run else "nothing_moved"] = still
        return context.conclude(Findings(answer=answer, facts=moved, next=self._next(judged, pinned)))

    def _still(self, champion: int | None, pinned: Pinned | None) -> str:
        """Why the alias stays where it is though all gates say yes; empty if it moves."""
        if self.dry_run:
            return "nothing was moved"
        if pinned is not None and champion == pinned.version:
            return f"{self.alias} stands for version {pinned.version} already"
        return ""

    def _findings(
        self,
        judged: list[Judged],
        champion: int | None,
        pinned: Pinned | None,
        made: Sequence[Move],
        still: str,
    ) -> Findings:
        """The decision, which is on record before the alias moves."""
        passed = all(verdict.passed for _, verdict in judged)
        reasons = "; ".join(verdict.reason for _, verdict in judged if passed or not verdict.passed)
        version = "another version" if pinned is None else str(pinned)
        request = {
            "model": self.context.name,
            "alias": self.alias,
            "from version": "none" if champion is None else str(champion),
            "to version": "none" if pinned is None else str(pinned.version),
            "who": self._who,
            "when": stated(moments.to_text(moments.now())),
            "why": self.reason,
            "certificate": pinned.tags.get(CERTIFICATE_DIGEST_TAG, "none") if pinned else "none",
            "moved": still,
        }
        outside = [f"from {part.before} to {part.after}" for part in made if not part.recorded]
        return Findings(
            passed=passed,
            answer=[decision_answer(version, self.alias, judged)],
            facts={"reasons": reasons, "requested_by": self._who},
            page=decision_page({name: text for name, text in request.items() if text}, judged, outside),
            values={"verdicts": [verdict for _, verdict in judged], "version": pinned},
        )

    def _next(self, judged: list[Judged], pinned: Pinned | None) -> list[str]:
        """The jobs whose runs could turn the gates that refused; what the version is for, if none did."""
        if pinned is None:
            return []
        if all(verdict.passed for _, verdict in judged):
            return [command(self, "InferenceJob", alias_or_version=self.alias)]
        kinds = dict.fromkeys(verdict.mended_by for _, verdict in judged if verdict.mended_by)
        return [command(self, kind, alias_or_version=pinned.version) for kind in kinds]

    def _move(self, champion: int | None, version: int) -> None:
        context = self.context
        now = aliases_of(context.client, context.name).get(self.alias)
        if now != champion:
            msg = f"{self.alias!r} was moved from {champion} to {now} while the gates were asked. Run again."
            raise ModelError(msg)
        moved = move(context.client, context.name, self.alias, version)
        context.run.tag(
            move_tags(context.name, moved, who=self._who, why=self.reason, rollback=self.rollback)
        )

    def _warn_of_the_last(self, made: Sequence[Move]) -> None:
        """Tell that the alias does not stand where the last recorded move left it."""
        if made and not made[-1].recorded:
            before, now = made[-1].before, made[-1].after
            outside = f"{self.alias} stands for version {now}, and the last recorded move left it at {before}"
            self.context.facts["moved_outside"] = outside
            logger.warning("{}: somebody moved it outside MXT.", outside)

    @property
    def _who(self) -> str:
        try:
            return self.requested_by or getpass.getuser()
        except (OSError, KeyError, ImportError) as error:  # a container may have no such user
            msg = "Nobody knows who asks for this promotion: this machine has no user; set requested_by."
            raise ConfigError(msg) from error


def _clock_fault(made: Sequence[Move]) -> str:
    """Why a move would not come after those before it; empty if it would."""
    later = [part.at for part in made if part.at is not None and part.at > moments.now() + CLOCKS_DIFFER]
    if not later:
        return ""
    return (
        f"the clock was moved back: the alias was moved at {later[-1]:%Y-%m-%d %H:%M} UTC, which is to come"
    )
