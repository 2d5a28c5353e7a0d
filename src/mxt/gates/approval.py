"""The gate that counts the approvals of named people."""

from __future__ import annotations

import json
import unicodedata
from typing import Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from mxt.configs import Location, parse_value
from mxt.errors import ConfigError
from mxt.gates.base import Evidence, Gate, Verdict, refused, requires
from mxt.kinds import Strict

Name = Annotated[str, StringConstraints(max_length=200, pattern=r"\S")]


class Approval(Strict):
    """The consent of a person to the promotion of one version."""

    name: Name
    """Who agrees."""

    model: str
    """Name of the registered model."""

    version: int
    """The version's number."""

    alias: str | None = None
    """The alias that they agree to; any alias if left out."""

    certificate: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Digest of the certificate that they have seen; the approval does not count for another certificate."""

    note: str | None = None
    """A remark for other people; the gate does not read it."""


class ApprovalGate(Gate):
    """Enough different people have approved this version, each by name.

    The file, or the variable, holds a YAML list: `[{name: Ada, model: churn, version: 2}]`. An approval
    counts if its name is among the approvers and differs from the name of whoever requests the promotion. MXT
    does not know who wrote the file: let only approvers write to it.

    Example:
        {KIND: ApprovalGate, approvers: [Ada, Ben, Cleo], file: confs/approvals/churn.yaml}
    """

    model_config = requires("oneOf", file="string", variable="string")

    KIND: Literal["ApprovalGate"] = "ApprovalGate"

    reads: ClassVar[tuple[str, ...]] = ()

    approvers: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Who may approve."""

    required: Annotated[int, Field(ge=1)] = 2
    """How many of the approvers must approve."""

    file: Location | None = None
    """YAML file with the approvals."""

    variable: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """Environment variable with the approvals, as YAML or JSON."""

    four_eyes: bool = True
    """Whether to ignore the approval of whoever requests the promotion."""

    certificate_named: bool = False
    """Whether to ignore approvals that do not name the digest of the version's certificate."""

    @model_validator(mode="after")
    def _from_one_place(self) -> Self:
        if (self.file is None) == (self.variable is None):
            msg = "approvals come from a file or from a variable, one of them"
            raise ValueError(msg)
        return self

    @property
    def places(self) -> tuple[str, ...]:
        return (self.file or f"env:{self.variable}",)

    def judge(self, evidence: Evidence) -> Verdict:
        (place,) = self.places
        text = evidence.texts.get(place)
        if text is None:
            return refused(f"version {evidence.version} has no approvals: {place} is not there")
        try:
            approvals = _ALL.validate_json(json.dumps(parse_value(text, place) or []))
        except ConfigError as error:
            return refused(f"the approvals of version {evidence.version} cannot be read: {error}")
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            fault = f"{place}: {'.'.join(map(str, first['loc']))}: {first['msg']}"
            return refused(f"the approvals of version {evidence.version} cannot be read: {fault}")
        return self._count(approvals, evidence)

    def _count(self, approvals: tuple[Approval, ...], evidence: Evidence) -> Verdict:
        doubts = [
            (approval.name, self._doubt(approval, evidence))
            for approval in approvals
            if (approval.model, approval.version) == (evidence.model, evidence.version)
        ]
        agreed = {_person(name): " ".join(name.split()) for name, doubt in doubts if not doubt}
        ignored = [f"{name} {doubt}" for name, doubt in doubts if doubt]
        without = f"; not counted: {', '.join(ignored)}" if ignored else ""
        names = ", ".join(sorted(agreed.values())) or "nobody"
        reason = f"version {evidence.version} is approved by {names}"
        people = len({_person(name) for name in self.approvers})
        if people < self.required:
            return refused(f"{reason}; only {people} may approve, and {self.required} approvals are required")
        if len(agreed) < self.required:
            return refused(f"{reason}, and {self.required} approvals are required{without}")
        return Verdict(passed=True, reason=f"{reason}{without}")

    def _doubt(self, approval: Approval, evidence: Evidence) -> str:
        """Why an approval does not count; empty if it does."""
        person = _person(approval.name)
        if person not in {_person(name) for name in self.approvers}:
            return "is no approver"
        if self.four_eyes and person == _person(evidence.requested_by):
            return "asks for the promotion"
        if approval.alias is not None and approval.alias != evidence.alias:
            return f"agrees to {approval.alias}"
        if approval.certificate is None:
            return "names no certificate" if self.certificate_named else ""
        return "" if approval.certificate == evidence.certificate_digest else "saw another certificate"


_ALL = TypeAdapter(tuple[Approval, ...], config=ConfigDict(defer_build=True))


def _person(name: str) -> str:
    """A name in one form, whatever its spaces, capitals and Unicode composition, for comparing people."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
