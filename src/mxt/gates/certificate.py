"""Whether the version holds a certificate that still counts."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from mxt.gates.base import Certified, Evidence, Gate, Verdict, refused

JOB = "CertificationJob"


class CertificateGate(Gate):
    """The version holds a live certificate, and nothing that it is bound to has changed.

    Bound are the certificate itself, the model's files, the data, the configs that the runs recorded, and the
    YAML files that these came from. The data are read again where they came from.

    Example:
        {KIND: CertificateGate}
    """

    KIND: Literal["CertificateGate"] = "CertificateGate"

    reads: ClassVar[tuple[str, ...]] = ()

    reads_certificate: ClassVar[bool] = True

    criteria: tuple[str, ...] = ()
    """Names of criteria that it must rest on, as the certification tells them, such as cv_mean_accuracy."""

    same_files: bool = True
    """Whether the YAML files of the configs must be the same; the recorded configs must be in any case."""

    same_code: bool = False
    """Whether the project must stand at the same git commit, which must hold all of the code."""

    same_packages: bool = False
    """Whether the same versions of packages must be installed."""

    def judge(self, evidence: Evidence) -> Verdict:
        found, version = evidence.certificate, evidence.version
        if found is None:
            return refused(f"version {version} was never certified", JOB)
        unproven = [name for name in self.criteria if name not in found.met]
        lost = self.same_code and not found.commit
        changed = [told for name, told in found.changed.items() if self._counts(name)]
        faults = {
            f"changed since version {version} was certified: {found.fault}": found.fault,
            evidence.clock_fault: evidence.clock_fault,
            f"the certificate of version {version} expired{_at(found.expires)}": _expired(found, evidence),
            f"version {version} was certified {found.outcome}{_missed(found)}": found.outcome != "PASS",
            f"version {version} was certified with code that no commit holds": lost,
            f"the certificate of version {version} does not rest on {', '.join(unproven)}": unproven,
            f"changed since version {version} was certified: {', '.join(changed)}": changed,
        }
        fault = next((told for told, there in faults.items() if there), None)
        if fault is not None:
            return refused(fault, JOB)
        return Verdict(passed=True, reason=f"version {version} is certified; that ends{_at(found.expires)}")

    def _counts(self, name: str) -> bool:
        """Whether a thing must be as it was certified."""
        if name.startswith("file:"):
            return self.same_files
        return {"code": self.same_code, "packages": self.same_packages}.get(name, True)


def _at(moment: datetime | None) -> str:
    return f" at {moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _expired(found: Certified, evidence: Evidence) -> bool:
    return found.expires is None or evidence.now >= found.expires


def _missed(found: Certified) -> str:
    return f" ({', '.join(found.missed)})" if found.missed else ""
