"""What every gate does: decide on the evidence, and say why."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from mxt.findings import tags
from mxt.kinds import Kind

CLOCKS_DIFFER = timedelta(minutes=1)
"""Moments that lie less than this in the future are told by machines whose clocks differ."""


@dataclass(frozen=True)
class Examination:
    """What the last run of a job found of a version."""

    run_id: str
    passed: bool
    """Whether it ended well, and its verdict was yes."""
    ended: datetime
    scores: Mapping[str, float] = field(default_factory=dict)
    """The metrics of the run."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The tags of the run."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """What the job stated at its end; empty for runs of releases that did not keep it."""

    @property
    def judged(self) -> bool:
        """Whether there was a limit to keep."""
        return self.tags.get(tags.JUDGED) != "false"

    @property
    def rows(self) -> str:
        """Digest of the ids of the rows that it used; empty if it does not state one."""
        return self.tags.get(tags.ROWS, "")

    @property
    def tables(self) -> frozenset[str]:
        """Each fingerprint that the table goes by which it read."""
        return frozenset(self.tags.get(tag, "") for tag in (tags.DATA, tags.DATA_BEFORE)) - {""}

    @property
    def baseline(self) -> int | None:
        """The version that it was compared with."""
        number = self.tags.get(tags.BASELINE, "")
        return int(number) if number.isdigit() else None

    def class_of(self, metric: str) -> str:
        """The class that a score, or an end of its interval, is about; empty if it is about none."""
        label = metric.removesuffix("_low").removesuffix("_high")
        return self.tags.get(f"{tags.POSITIVE}{metric}", self.tags.get(f"{tags.POSITIVE}{label}", ""))


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
    last: Mapping[str, Examination] = field(default_factory=dict)
    """What the last run of each job found of the version, by the KIND of the job."""
    champion_last: Mapping[str, Examination] = field(default_factory=dict)
    """That of the version that the alias stands for."""
    certificate: Certified | None = None
    texts: Mapping[str, str | None] = field(default_factory=dict)
    """What the places hold that gates name; None where there is nothing."""

    @property
    def clock_fault(self) -> str:
        """Why the clock cannot be believed; empty if nothing speaks against it."""
        issued = self.certificate.issued if self.certificate else None
        for what, moment in (("the certificate was issued", issued), ("a run started", self.latest_run)):
            if moment is not None and moment > self.now + CLOCKS_DIFFER:
                return f"the clock was moved back: {what} at {moment:%Y-%m-%d %H:%M} UTC, which is to come"
        return ""


@dataclass(frozen=True)
class Verdict:
    """What a gate decides, and why."""

    passed: bool
    reason: str
    mended_by: str = ""
    """The KIND of the job to run next, if that could turn a no into a yes."""


def refused(reason: str, mended_by: str = "") -> Verdict:
    """A no, why, and the KIND of the job that could mend it."""
    return Verdict(passed=False, reason=reason, mended_by=mended_by)


class Gate(Kind, ABC):
    """A condition that a version must meet before an alias moves to it."""

    reads: ClassVar[tuple[str, ...]] = ("EvaluationsJob",)
    """KINDs of the jobs whose last runs about the version the gate looks at; no other is read for it."""

    reads_of_champion: ClassVar[tuple[str, ...]] = ()
    """The same, of runs about the version that the alias stands for."""

    reads_certificate: ClassVar[bool] = False
    """Whether it looks at the version's certificate."""

    @property
    def places(self) -> tuple[str, ...]:
        """Files, and variables as env:NAME, whose texts the gate looks at."""
        return ()

    @abstractmethod
    def judge(self, evidence: Evidence) -> Verdict:
        """Decide on the evidence."""
