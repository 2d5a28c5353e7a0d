"""What every gate does: decide on the evidence, and say why."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Literal, TypeAlias

from mxt.kinds import Kind

CLOCKS_DIFFER = timedelta(minutes=1)
"""Moments that lie less than this in the future are told by machines whose clocks differ."""

Ask: TypeAlias = Literal["evaluation", "champion_evaluation", "drift", "explanation_diff", "certificate"]
"""Evidence that is gathered only where a gate asks for it."""


@dataclass(frozen=True)
class Examination:
    """What the run of another job found of a version."""

    run_id: str
    passed: bool
    ended: datetime
    metrics: Mapping[str, float] = field(default_factory=dict)
    data: str = ""
    """Fingerprint of the table that it read."""
    rows: str = ""
    """Digest of the rows that it used; empty if it does not tell."""
    baseline: int | None = None
    """The version that it was compared with."""
    judged: bool = True
    """Whether there was a limit to keep."""
    positives: Mapping[str, str] = field(default_factory=dict)
    """The class that a score is about, by its label, of those scores that are about one; empty for runs of
    releases that did not record it."""

    def class_of(self, metric: str) -> str:
        """The class that a score, or an end of its interval, is about; empty if it is about none."""
        label = metric.removesuffix("_low").removesuffix("_high")
        return self.positives.get(metric, self.positives.get(label, ""))

    data_before: str = ""
    """Fingerprint that the table had before cells were read exactly; empty if that is the same."""

    @property
    def tables(self) -> frozenset[str]:
        """Each fingerprint that the table goes by."""
        return frozenset({self.data, self.data_before} - {""})


@dataclass(frozen=True)
class Certified:
    """What is known of a version's certificate."""

    fault: str
    """Why the document is not the one that was issued; then nothing that it says counts. Else empty."""
    outcome: str = ""
    issued: datetime | None = None
    expires: datetime | None = None
    met: tuple[str, ...] = ()
    """Criteria that the version met."""
    missed: tuple[str, ...] = ()
    """Criteria that the version did not meet."""
    commit: bool = True
    """Whether it names a commit that holds all of the code."""
    changed: Mapping[str, str] = field(default_factory=dict)
    """What is no longer as it was certified: names, and for each what to tell of it."""


@dataclass(frozen=True)
class Evidence:
    """What is known of the version that asks to be promoted, and of the version that stands there now."""

    version: int
    now: datetime
    model: str = ""
    alias: str = ""
    """The alias that would stand for it."""
    requested_by: str = ""
    champion: int | None = None
    """The version that the alias stands for; None if there is no such alias yet."""
    allow_first: bool = False
    """Whether a version may be promoted though there is none to compare it with."""
    certificate_digest: str = ""
    """That of the version's certificate; empty without one."""
    latest_run: datetime | None = None
    """When the latest run of the experiment started."""
    evaluation: Examination | None = None
    """The latest evaluation of the version."""
    champion_evaluation: Examination | None = None
    drift: Examination | None = None
    """The latest comparison of today's rows with those of its training."""
    explanation_diff: Examination | None = None
    """The latest comparison of its explanations with those of another version."""
    certificate: Certified | None = None
    texts: Mapping[str, str | None] = field(default_factory=dict)
    """What the places hold that gates name; None where there is nothing."""

    @property
    def clock_fault(self) -> str:
        """Why the clock cannot be believed; empty if nothing speaks against it."""
        told = self.certificate.issued if self.certificate else None
        for what, moment in (("the certificate was issued", told), ("a run started", self.latest_run)):
            if moment is not None and moment > self.now + CLOCKS_DIFFER:
                return f"the clock was moved back: {what} at {moment:%Y-%m-%d %H:%M} UTC, which is to come"
        return ""


@dataclass(frozen=True)
class Verdict:
    """What a gate decides, and why."""

    passed: bool
    reason: str


def refused(reason: str) -> Verdict:
    """A no, and why."""
    return Verdict(passed=False, reason=reason)


class Gate(Kind, ABC):
    """A condition that a version must meet before an alias moves to it."""

    asks: ClassVar[tuple[Ask, ...]] = ("evaluation",)
    """The evidence that the gate looks at; no other is gathered for it."""

    @property
    def places(self) -> tuple[str, ...]:
        """Files, and variables as env:NAME, whose texts the gate looks at."""
        return ()

    @abstractmethod
    def judge(self, evidence: Evidence) -> Verdict:
        """Decide on the evidence."""
