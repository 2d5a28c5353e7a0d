"""The gate that holds a version to a valid certificate."""

from __future__ import annotations

from typing import ClassVar, Literal

from mxt.gates.base import Evidence, Gate, Verdict, refused

JOB = "CertificationJob"


class CertificateGate(Gate):
    """The version holds a valid certificate, and nothing that the certificate is bound to has changed.

    A certificate is bound to itself, the model's files, the data, the configs that the runs recorded, and the
    YAML files of these configs. The data are read again from their recorded source.

    Example:
        {KIND: CertificateGate}
    """

    KIND: Literal["CertificateGate"] = "CertificateGate"

    reads: ClassVar[tuple[str, ...]] = ()

    reads_certificate: ClassVar[bool] = True

    criteria: tuple[str, ...] = ()
    """Names of criteria that the version must have met, as the certification lists them, such as
    cv_mean_accuracy."""

    same_files: bool = True
    """Whether the YAML files of the configs must be the same; the recorded configs must be in any case."""

    same_code: bool = False
    """Whether the project must stand at the same git commit, which must hold all of the code."""

    same_packages: bool = False
    """Whether the same versions of packages must be installed."""

    def judge(self, evidence: Evidence) -> Verdict:
        certificate, version = evidence.certificate, evidence.version
        if certificate is None:
            return refused(f"version {version} was never certified", JOB)
        expires = certificate.expires
        until = f" at {expires:%Y-%m-%d %H:%M} UTC" if expires else ""
        missed = f" ({', '.join(certificate.missed)})" if certificate.missed else ""
        unproven = [name for name in self.criteria if name not in certificate.met]
        changes = [text for name, text in certificate.changed.items() if self._counts(name)]
        faults = {
            f"changed since version {version} was certified: {certificate.fault}": certificate.fault,
            evidence.clock_fault: evidence.clock_fault,
            f"the certificate of version {version} expired{until}": not expires or evidence.now >= expires,
            f"version {version} was certified {certificate.outcome}{missed}": certificate.outcome != "PASS",
            f"version {version} was certified with code that no commit holds": (
                self.same_code and not certificate.commit
            ),
            f"the certificate of version {version} does not rest on {', '.join(unproven)}": unproven,
            f"changed since version {version} was certified: {', '.join(changes)}": changes,
        }
        fault = next((reason for reason, applies in faults.items() if applies), None)
        if fault is not None:
            return refused(fault, JOB)
        return Verdict(passed=True, reason=f"version {version} is certified; that ends{until}")

    def _counts(self, name: str) -> bool:
        """Whether a thing must be as it was certified."""
        if name.startswith("file:"):
            return self.same_files
        return {"code": self.same_code, "packages": self.same_packages}.get(name, True)
