"""Promotion: moving an alias to a version that every gate accepts, and back."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
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
from mxt.registries import intents, moments
from mxt.registries.aliases import Move, previous
from mxt.registries.certificates import CERTIFICATE_DIGEST_TAG
from mxt.registries.evidence import Request, gather
from mxt.registries.unfinished import why_unfinished
from mxt.registries.versions import AliasOrVersion, Pinned, aliases_of, pin, versions_of
from mxt.services.base.stores import store_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.findings import Fact


@dataclass(frozen=True)
class Decision:
    """Whether an alias may move to a version, by the verdicts of the gates."""

    verdicts: Sequence[tuple[str, Verdict]]
    """The name of each gate, or of what else can refuse, with its verdict."""
    champion: int | None
    """The version that the alias stands for; None if there is no such alias yet."""
    pinned: Pinned | None
    """The version that the alias would move to; None if it is deleted."""
    history: Sequence[Move]
    """All moves of the alias so far."""

    @property
    def passed(self) -> bool:
        """Whether every verdict is yes."""
        return all(verdict.passed for _, verdict in self.verdicts)


class PromotionJob(Job):
    """Moves an alias to a version if every gate accepts the version; otherwise says why not.

    The run records the decision: who requested it, when and why, from which version to which, and the verdict
    of each gate.

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
    """Why the alias should move, for the record."""

    requested_by: Annotated[str, StringConstraints(max_length=200, pattern=r"\S")] | None = None
    """Who requests the promotion; the user of this machine if left out."""

    gates: tuple[OneOf[Gate], ...] = Field(
        default=({"KIND": "EvaluationGate"}, {"KIND": "CertificateGate"}), validate_default=True, min_length=1
    )
    """Conditions that the version must meet."""

    allow_first: bool = False
    """Whether the alias may be made if it does not exist yet, so that there is no version to compare with."""

    allow_unfinished: bool = Field(default=False, exclude_if=lambda allowed: not allowed)
    """Whether the version may be one whose training failed or was stopped after it had registered it."""

    dry_run: bool = False
    """Judge the version and report, but do not move the alias."""

    rollback: bool = False
    """Move the alias back to the version that it stood for before its last move, without judging by gates."""

    def run(self) -> Locals:
        context = self.context
        dry_run = {"mxt.dry_run": "true"} if self.dry_run else {}
        context.run.tag({"mxt.requested_by": self._who, "mxt.reason": self.reason, **dry_run})
        record, left = intents.settle(context.client, context.name, self.alias)
        context.facts |= {"settled": "; ".join(left)} if left else {}
        history = record.moves
        self._warn_if_moved_outside(history)
        return self._carry_out(self._rollback(history) if self.rollback else self._promotion(history))

    def _promotion(self, history: Sequence[Move]) -> Decision:
        context = self.context
        pinned = pin(context.client, context.name, self.alias_or_version)
        context.pinned(pinned)
        champion = aliases_of(context.client, context.name).get(self.alias)
        experiment = self.mlflow_service.experiment_id
        request = Request(pinned, self.alias, champion, self._who, self.allow_first, experiment, self.root)
        with context.step("judge by the gates"):
            evidence = gather(context.client, request, self.gates)
            verdicts = [(type(gate).__name__, gate.judge(evidence)) for gate in self.gates]
        if champion is None and not self.allow_first:
            reason = f"{self.alias!r} stands for no version yet; the first promotion needs allow_first: true"
            verdicts.append(("PromotionJob", refused(reason)))
        if why := why_unfinished(context.client, pinned):
            context.facts["unfinished"] = why
            if not self.allow_unfinished:
                verdicts.append(
                    ("PromotionJob", refused(f"{why}; train again, or write allow_unfinished: true"))
                )
        return Decision([*verdicts, *_clock_faults(history)], champion, pinned, history)

    def _rollback(self, history: Sequence[Move]) -> Decision:
        context = self.context
        stopped = [made for made in history[-1:] if made.rollback and made.unfinished]
        again = [made.after for made in stopped if (made.who, made.why) == (self._who, self.reason)]
        before = again[0] if again else previous(history)
        if before is None:
            named = f"names the version that {self.alias!r} stood for before"
            msg = f"No recorded promotion of {context.name!r} {named}.{store_of(context.client)}"
            raise ModelError(msg)
        champion = aliases_of(context.client, context.name).get(self.alias)
        if before in {int(version.version) for version in versions_of(context.client, context.name)}:
            pinned = pin(context.client, context.name, before)
            context.pinned(pinned)
            verdict = Verdict(passed=True, reason=f"back to version {before}")
        else:
            pinned = None
            verdict = refused(
                f"version {before}, which {self.alias!r} stood for before, is there no more; promote another"
            )
        return Decision([("rollback", verdict), *_clock_faults(history)], champion, pinned, history)

    def _carry_out(self, decision: Decision) -> Locals:
        """Put the decision on record, and move the alias if every verdict is yes."""
        context, pinned = self.context, decision.pinned
        for name, verdict in decision.verdicts:
            level, said = ("INFO", "PASS") if verdict.passed else ("WARNING", "REFUSED")
            logger.log(level, "{}: {}: {}", name, said, verdict.reason)
        unmoved = self._why_unmoved(decision)
        context.record(self._findings(decision, unmoved))
        facts: dict[str, Fact] = {}
        answer = []
        if decision.passed and pinned is not None:
            if not unmoved:
                self._move(decision.champion, pinned.version)
            facts = {"alias": self.alias, "from_version": decision.champion, "to_version": pinned.version}
            answer = [f"{self.alias} stands for {pinned} now."]
        if unmoved:
            facts["dry_run" if self.dry_run else "nothing_moved"] = unmoved
            answer = [f"{unmoved[:1].upper()}{unmoved[1:]}."]
        return context.conclude(Findings(answer=answer, facts=facts, next=self._next(decision)))

    def _why_unmoved(self, decision: Decision) -> str:
        """Why the alias stays where it is though every verdict is yes; empty if it moves, or one is no."""
        if not decision.passed:
            return ""
        if self.dry_run:
            return "nothing was moved"
        pinned = decision.pinned
        same = pinned is not None and pinned.version == decision.champion
        return f"{self.alias} stands for version {decision.champion} already" if same else ""

    def _findings(self, decision: Decision, unmoved: str) -> Findings:
        """The decision, as it is on record before the alias moves."""
        verdicts, champion, pinned = decision.verdicts, decision.champion, decision.pinned
        reasons = [verdict.reason for _, verdict in verdicts if verdict.passed == decision.passed]
        request = {
            "model": self.context.name,
            "alias": self.alias,
            "from version": "none" if champion is None else str(champion),
            "to version": "none" if pinned is None else str(pinned.version),
            "who": self._who,
            "when": stated(moments.to_text(moments.now())),
            "why": self.reason,
            "certificate": pinned.tags.get(CERTIFICATE_DIGEST_TAG, "none") if pinned else "none",
            "training": str(self.context.facts.get("unfinished", "")),
            "moved": unmoved,
        }
        outside = [f"from {made.before} to {made.after}" for made in decision.history if not made.recorded]
        version = "another version" if pinned is None else str(pinned)
        return Findings(
            passed=decision.passed,
            answer=[decision_answer(version, self.alias, verdicts)],
            facts={"reasons": "; ".join(reasons), "requested_by": self._who},
            page=decision_page({name: text for name, text in request.items() if text}, verdicts, outside),
            values={"verdicts": [verdict for _, verdict in verdicts], "version": pinned},
        )

    def _next(self, decision: Decision) -> list[str]:
        """Commands of the jobs that could turn a no into a yes; of an inference if every verdict is yes."""
        if decision.pinned is None:
            return []
        if decision.passed:
            return [command(self, "InferenceJob", alias_or_version=self.alias)]
        kinds = dict.fromkeys(verdict.mended_by for _, verdict in decision.verdicts if verdict.mended_by)
        return [command(self, kind, alias_or_version=decision.pinned.version) for kind in kinds]

    def _move(self, champion: int | None, version: int) -> None:
        context = self.context
        decided = Move(self.alias, champion, version, who=self._who, why=self.reason, rollback=self.rollback)
        intents.move_as_decided(context.client, context.name, context.run.run_id, decided)

    def _warn_if_moved_outside(self, history: Sequence[Move]) -> None:
        """Report that the alias does not stand where the last recorded move left it."""
        if history and not history[-1].recorded:
            before, now = history[-1].before, history[-1].after
            outside = f"{self.alias} stands for version {now}, and the last recorded move left it at {before}"
            self.context.facts["moved_outside"] = outside
            logger.warning("{}: somebody moved it outside MXT.", outside)

    @property
    def _who(self) -> str:
        try:
            return self.requested_by or getpass.getuser()
        except (OSError, KeyError, ImportError) as error:  # a container may have no such user
            msg = "It is unknown who requests this promotion: this machine has no user; set requested_by."
            raise ConfigError(msg) from error


def _clock_faults(history: Sequence[Move]) -> list[tuple[str, Verdict]]:
    """A refusal if a move of the alias lies in the future, so that another one would not come after it."""
    latest = moments.now() + CLOCKS_DIFFER
    later = [made.at for made in history if made.at is not None and made.at > latest]
    if not later:
        return []
    moment = f"{later[-1]:%Y-%m-%d %H:%M} UTC, which is to come"
    return [("clock", refused(f"the clock was moved back: the alias was moved at {moment}"))]
