"""The base of all gates: the evidence that they judge, and the verdict that they give."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import ConfigDict, JsonValue

from mxt.findings import tags
from mxt.kinds import Kind

CLOCKS_DIFFER = timedelta(minutes=1)
"""How far in the future a recorded moment may lie, since the clocks of two machines differ."""

EVALUATION = "EvaluationsJob"
"""KIND of the job that scores a version."""


@dataclass(frozen=True)
class Examination:
    """The last run of a job about a version: its verdict, scores, tags and facts."""

    run_id: str
    passed: bool
    """Whether the run ended well with the verdict yes."""
    ended: datetime
    scores: Mapping[str, float] = field(default_factory=dict)
    """The metrics of the run."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The tags of the run."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """The facts in the findings of the run; empty for releases that did not store them."""

    @property
    def judged(self) -> bool:
        """Whether the run had a limit to keep."""
        return self.tags.get(tags.JUDGED) != "false"

    @property
    def rows(self) -> str:
        """Digest of the ids of the rows that were used; empty if the run does not record it."""
        return self.tags.get(tags.ROWS, "")

    @property
    def tables(self) -> frozenset[str]:
        """Fingerprints of the table that was read, in this release's and in older releases' reading."""
        return frozenset(self.tags.get(tag, "") for tag in (tags.DATA, tags.DATA_BEFORE)) - {""}

    @property
    def baseline(self) -> int | None:
        """The other version, if the run compared two."""
        number = self.tags.get(tags.BASELINE, "")
        return int(number) if number.isdigit() else None

    def class_of(self, metric: str) -> str:
        """The class that a score, or an end of its interval, is about; empty if it is about none."""
        label = metric.removesuffix("_low").removesuffix("_high")
        return self.tags.get(f"{tags.POSITIVE}{metric}", self.tags.get(f"{tags.POSITIVE}{label}", ""))

    def full_name(self, metric: str) -> str:
        """The name of a score, with the class that it is about."""
        label = self.class_of(metric)
        return f"{metric} of the class {label!r}" if label else metric


@dataclass(frozen=True)
class Certified:
    """The state of a version's certificate: its content, and what has changed since."""

    fault: str
    """Why the document is not the one that was issued, so that its content does not count; else empty."""
    outcome: str = ""
    issued: datetime | None = None
    expires: datetime | None = None
    met: tuple[str, ...] = ()
    """Criteria that the version met."""
    missed: tuple[str, ...] = ()
    """Criteria that the version did not meet."""
    commit: bool = True
    """Whether the certificate names a commit that holds all of the code."""
    changed: Mapping[str, str] = field(default_factory=dict)
    """A description of each thing that is no longer as it was certified, by the name of the thing."""


@dataclass(frozen=True)
class Evidence:
    """The records of a version to be promoted, and of the champion: the version that the alias stands for."""

    version: int
    now: datetime
    model: str = ""
    alias: str = ""
    """The alias that would move to the version."""
    requested_by: str = ""
    champion: int | None = None
    """The version that the alias stands for; None if there is no such alias yet."""
    allow_first: bool = False
    """Whether a version may be promoted if there is no champion to compare it with."""
    certificate_digest: str = ""
    """Digest of the version's certificate; empty without a certificate."""
    latest_run: datetime | None = None
    """When the latest run of the experiment started."""
    last: Mapping[str, Examination] = field(default_factory=dict)
    """The last run of each job about the version, by the KIND of the job."""
    champion_last: Mapping[str, Examination] = field(default_factory=dict)
    """The last run of each job about the champion, by the KIND of the job."""
    certificate: Certified | None = None
    texts: Mapping[str, str | None] = field(default_factory=dict)
    """The texts at the places that gates name; None where there is nothing."""

    @property
    def clock_fault(self) -> str:
        """Why the clock must be wrong; empty if nothing recorded contradicts it."""
        issued = self.certificate.issued if self.certificate else None
        for what, moment in (("the certificate was issued", issued), ("a run started", self.latest_run)):
            if moment is not None and moment > self.now + CLOCKS_DIFFER:
                return f"the clock was moved back: {what} at {moment:%Y-%m-%d %H:%M} UTC, which is to come"
        return ""


@dataclass(frozen=True)
class Verdict:
    """The decision of a gate, and the reason for it."""

    passed: bool
    reason: str
    mended_by: str = ""
    """The KIND of the job to run next, if that job could turn a no into a yes."""


def refused(reason: str, mended_by: str = "") -> Verdict:
    """A no, with its reason and the KIND of the job that could turn it into a yes."""
    return Verdict(passed=False, reason=reason, mended_by=mended_by)


def without_champion(evidence: Evidence, purpose: str, first: str = "") -> Verdict | None:
    """The verdict of a gate that compares versions if there is no other version; None if there is one.

    Args:
        evidence: On the version.
        purpose: What the gate needs another version for, such as "to beat".
        first: What the reason adds if the first version may be promoted.
    """
    version, champion = evidence.version, evidence.champion
    if champion is None and evidence.allow_first:
        return Verdict(passed=True, reason=f"there is no version {purpose} yet{first}")
    if champion is None:
        return refused(f"version {version} has no version {purpose}; the first needs allow_first: true")
    if champion == version:
        return Verdict(passed=True, reason=f"version {version} stands there already")
    return None


def requires(which: Literal["anyOf", "oneOf"], **types: str) -> ConfigDict:
    """Settings of a kind whose JSON schema requires at least one, or exactly one, of some fields.

    Args:
        which: "anyOf" for at least one, "oneOf" for exactly one.
        types: The JSON type of each field, by its name.
    """
    choices: JsonValue = [
        {"required": [name], "properties": {name: {"type": kind}}} for name, kind in types.items()
    ]
    return ConfigDict(json_schema_extra={which: choices})


class Gate(Kind, ABC):
    """A condition that a version must meet before an alias moves to it."""

    reads: ClassVar[tuple[str, ...]] = (EVALUATION,)
    """KINDs of the jobs whose last runs about the version the gate reads; it gets no other runs."""

    reads_of_champion: ClassVar[tuple[str, ...]] = ()
    """KINDs of the jobs whose last runs about the champion the gate reads; it gets no other runs."""

    reads_certificate: ClassVar[bool] = False
    """Whether the gate reads the version's certificate."""

    @property
    def places(self) -> tuple[str, ...]:
        """Files, and environment variables as env:NAME, whose texts the gate reads."""
        return ()

    @abstractmethod
    def judge(self, evidence: Evidence) -> Verdict:
        """Decide on the evidence."""
