"""Certificates: a document that says what a version was found to be, bound to what it was found on."""

from __future__ import annotations

import json
import math
import tempfile
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxt import packages
from mxt.errors import ModelError
from mxt.registries import digests, moments
from mxt.registries.readings import reading_of
from mxt.registries.rows import CertifiedRows, reader_of
from mxt.registries.versions import TRAINING_DATA_TAG

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mlflow import MlflowClient

    from mxt.criteria.base import Assessment, Outcome
    from mxt.registries.versions import Pinned

FORMAT = 1
CERTIFICATE_TAG = "mxt.certificate"
"""Tag of a version: the URI of its certificate."""
CERTIFICATE_DIGEST_TAG = "mxt.certificate_digest"
"""Tag of a version, and of the run that certified it: SHA-256 of the certificate."""
CERTIFICATE_RUN_TAG = "mxt.certificate_run"
"""Tag of a version: the run that certified it."""
_OUTCOMES = ("PASS", "FAIL", "INSUFFICIENT")


@dataclass(frozen=True)
class Certificate:
    """What a version was found to be, on which data, by which configs, and until when that counts."""

    model: str
    version: int
    outcome: Outcome
    issued_at: str
    """UTC, as 2026-11-21T20:15:00Z."""
    expires_at: str
    bound: dict[str, str]
    """SHA-256 of the model's files, the data, the configs and their files; code and packages in words."""
    sources: dict[str, Any]
    """Where all this can be read again."""
    criteria: list[dict[str, Any]]
    """What each criterion found; a number that there is not is null."""
    seed: int = 0
    format: int = FORMAT

    def to_bytes(self) -> bytes:
        """The document: JSON with sorted keys in UTF-8, and a line's end."""
        text = json.dumps(asdict(self), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
        return text.encode() + b"\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the document."""
        return digests.sha256(self.to_bytes())

    @classmethod
    def from_bytes(cls, content: bytes) -> Certificate:
        """The certificate that a document is.

        Raises:
            ModelError: It is none, or not as MXT writes it.
        """
        try:
            told = json.loads(content)
            found = cls(**told)
            fault = "" if set(told) == {field.name for field in fields(cls)} else "it lacks fields"
            fault = fault or found._fault()
            fault = fault or ("" if found.to_bytes() == content else "it is not in its canonical form")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            fault = type(error).__name__
        if fault:
            msg = f"This is no certificate of format {FORMAT} ({fault}); certify the version again."
            raise ModelError(msg)
        return found

    def _fault(self) -> str:
        """What is wrong with the fields, or an empty text."""
        moments.from_text(self.issued_at)
        moments.from_text(self.expires_at)
        kinds = {"model": str, "version": int, "bound": dict, "sources": dict, "criteria": list, "seed": int}
        wrong = [name for name, kind in kinds.items() if type(getattr(self, name)) is not kind]
        if wrong:
            return f"wrong type of {', '.join(wrong)}"
        if self.format != FORMAT:
            return "it has another format"
        return "" if self.outcome in _OUTCOMES else "its outcome is unknown"


@dataclass(frozen=True)
class Certification:
    """What a job found of a version, for a certificate to hold."""

    run_id: str
    """The run that found it; it has recorded its config."""
    outcome: Outcome
    assessments: Sequence[Assessment]
    table: CertifiedRows
    """The whole table that was read."""
    evaluation: CertifiedRows
    """The rows of it that were held out from training."""
    root: str
    """The project's root: paths below it are told from there on."""
    seed: int = 0
    lifetime: timedelta = timedelta(days=90)
    packages: Sequence[str] = ()
    """Those that the model is made of."""


def issue(
    client: MlflowClient, pinned: Pinned, found: Certification, now: datetime | None = None
) -> Certificate:
    """Write the certificate of a version, store it with the version, and tell the version where it is.

    Args:
        client: Of the store.
        pinned: The version.
        found: What the certificate holds.
        now: When it is issued; the present moment if left out.

    Raises:
        ModelError: The model's files cannot be fetched.
    """
    now = now or moments.now()
    training = _training(pinned, found)
    bound = {
        "model": digests.model_digest(pinned),
        "training_data": training.digest,
        "evaluation_data": found.evaluation.digest,
        "training_config": digests.config_digest(pinned.run_id),
        "certification_config": digests.config_digest(found.run_id),
        "code": digests.code_commit(found.root),
        "packages": packages.written(*found.packages),
    }
    for run_id in (pinned.run_id, found.run_id):
        bound |= digests.named(digests.config_files(run_id))
    sources = {
        "training_run": pinned.run_id,
        "certification_run": found.run_id,
        "training_data": training.to_content(found.root),
        "evaluation_data": found.evaluation.to_content(found.root),
    }
    certificate = Certificate(
        pinned.name,
        pinned.version,
        found.outcome,
        moments.to_text(now),
        moments.to_text(now + found.lifetime),
        bound,
        sources,
        [_without_nan(asdict(assessment)) for assessment in found.assessments],
        found.seed,
    )
    _store(client, pinned, found.run_id, certificate)
    return certificate


def stored(pinned: Pinned) -> Certificate | None:
    """The certificate of a version; None if it was never certified.

    Raises:
        ModelError: The certificate is gone, or is no longer the one that was issued.
    """
    content = stored_bytes(pinned)
    if content is None:
        return None
    if digests.sha256(content) != pinned.tags.get(CERTIFICATE_DIGEST_TAG):
        msg = f"The certificate of {pinned} was changed after it was issued; certify the version again."
        raise ModelError(msg)
    return Certificate.from_bytes(content)


def stored_bytes(pinned: Pinned) -> bytes | None:
    """The bytes of a version's certificate, whatever became of them; None if it was never certified."""
    uri = pinned.tags.get(CERTIFICATE_TAG)
    return None if uri is None else Path(digests.fetched(uri)).read_bytes()


def _training(pinned: Pinned, found: Certification) -> CertifiedRows:
    """The training table; where the job has read it, by the job's reader, which knows the schema's texts."""
    known = trained_on(pinned, found.root)
    return found.table if known is None or known.digest == found.table.digest else known


def trained_on(pinned: Pinned, root: str) -> CertifiedRows | None:
    """The table that a version was trained on; None if its run does not tell."""
    reader, digest = (
        digests.recorded(pinned.run_id, "config.json").get("inputs"),
        pinned.tags.get(TRAINING_DATA_TAG),
    )
    return (
        CertifiedRows(digest, reader_of(reader, root).by(reading_of(pinned))) if reader and digest else None
    )


def _store(client: MlflowClient, pinned: Pinned, run_id: str, certificate: Certificate) -> None:
    """Put a certificate beside its model, each under its own name; with its run where there is no model."""
    source = client.get_model_version(pinned.name, str(pinned.version)).source or ""
    model_id = source.removeprefix("models:/") if source.startswith("models:/m-") else ""
    name = f"{run_id}.json" if model_id else "certificate.json"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(certificate.to_bytes())
        if model_id:
            client.log_model_artifact(model_id, str(path), digests.CERTIFICATES)
        else:
            client.log_artifact(run_id, str(path))
    uri = f"{pinned.uri}/{digests.CERTIFICATES}/{name}" if model_id else f"runs:/{run_id}/{name}"
    client.set_tag(run_id, CERTIFICATE_DIGEST_TAG, certificate.digest)
    tags = {
        CERTIFICATE_TAG: uri,
        CERTIFICATE_DIGEST_TAG: certificate.digest,
        CERTIFICATE_RUN_TAG: run_id,
    }
    for key, value in tags.items():
        client.set_model_version_tag(pinned.name, str(pinned.version), key, value)


def _without_nan(told: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in told.items()
    }
