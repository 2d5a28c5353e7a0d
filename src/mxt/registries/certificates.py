"""Certificates: the assessment of a version, bound to its model, data, configs, code and packages."""

from __future__ import annotations

import json
import math
import tempfile
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from mxt import packages
from mxt.errors import ModelError
from mxt.registries import digests, moments
from mxt.registries.readings import reading_of
from mxt.registries.rows import CertifiedRows, RowsContent, reader_of
from mxt.registries.versions import TRAINING_DATA_TAG
from mxt.services.base.races import settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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


class Sources(TypedDict):
    """The runs and rows that a certificate is bound to, so that they can be read again."""

    training_run: str
    certification_run: str
    training_data: RowsContent
    evaluation_data: RowsContent


@dataclass(frozen=True)
class Certificate:
    """The outcome of a version's certification, what it is bound to, and until when it is valid."""

    model: str
    version: int
    outcome: Outcome
    issued_at: str
    """UTC, as 2026-11-21T20:15:00Z."""
    expires_at: str
    bound: dict[str, str]
    """SHA-256 of the model's files, the data, the configs and their YAML files; the git commit, the packages
    and what was allowed of the model, if anything, as texts."""
    sources: Sources
    criteria: list[dict[str, object]]
    """The assessment by each criterion; a number that does not exist is null."""
    seed: int = 0
    format: int = FORMAT

    def to_bytes(self) -> bytes:
        """The document: JSON with sorted keys in UTF-8, ended by a newline."""
        text = json.dumps(asdict(self), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
        return text.encode() + b"\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the document."""
        return digests.sha256(self.to_bytes())

    @classmethod
    def from_bytes(cls, content: bytes) -> Certificate:
        """The certificate in a document.

        Raises:
            ModelError: The document is no certificate, or not in the form that MXT writes.
        """
        try:
            values = json.loads(content)
            certificate = cls(**values)
            fault = certificate._fault(values, content)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            fault = type(error).__name__
        if fault:
            msg = f"This is no certificate of format {FORMAT} ({fault}); certify the version again."
            raise ModelError(msg)
        return certificate

    def _fault(self, names: Iterable[str], content: bytes) -> str:
        """What is wrong with the document that the certificate was read from; empty if nothing is."""
        moments.from_text(self.issued_at)
        moments.from_text(self.expires_at)
        kinds = {"model": str, "version": int, "bound": dict, "sources": dict, "criteria": list, "seed": int}
        wrong = [name for name, kind in kinds.items() if type(getattr(self, name)) is not kind]
        faults = {
            "it lacks fields": {*names} != {field.name for field in fields(self)},
            f"wrong type of {', '.join(wrong)}": bool(wrong),
            "it has another format": self.format != FORMAT,
            "its outcome is unknown": self.outcome not in _OUTCOMES,
        }
        fault = next((text for text, applies in faults.items() if applies), "")
        return fault or ("" if self.to_bytes() == content else "it is not in its canonical form")


@dataclass(frozen=True)
class Certification:
    """What a job has assessed of a version, for a certificate to hold."""

    run_id: str
    """The job's run, which has recorded its config."""
    outcome: Outcome
    assessments: Sequence[Assessment]
    table: CertifiedRows
    """The whole table that was read."""
    evaluation: CertifiedRows
    """The rows of the table that were held out from training."""
    root: str
    """The project's root; the certificate holds paths below it relative to it."""
    seed: int = 0
    lifetime: timedelta = timedelta(days=90)
    packages: Sequence[str] = ()
    """Names of the packages that the model is made of."""
    allowed: str = ""
    """What a person has allowed of the model that is not plain data; empty if nothing."""


def issue(
    client: MlflowClient, pinned: Pinned, certification: Certification, now: datetime | None = None
) -> Certificate:
    """Write the certificate of a version, store it with the version, and tag the version with its URI.

    Args:
        client: Of the store.
        pinned: The version.
        certification: What the certificate holds.
        now: When it is issued; the present moment if left out.

    Raises:
        ModelError: The model's files cannot be fetched.
    """
    now = now or moments.now()
    run_id, root = certification.run_id, certification.root
    training = recorded_training_rows(pinned, root)
    if training is None or training.digest == certification.table.digest:
        training = certification.table  # the same rows, by the reader that knows the columns of texts
    certificate = Certificate(
        pinned.name,
        pinned.version,
        certification.outcome,
        moments.to_text(now),
        moments.to_text(now + certification.lifetime),
        _bound(pinned, certification, training),
        {
            "training_run": pinned.run_id,
            "certification_run": run_id,
            "training_data": training.to_content(root),
            "evaluation_data": certification.evaluation.to_content(root),
        },
        [_without_nan(assessment) for assessment in certification.assessments],
        certification.seed,
    )
    _store(client, pinned, run_id, certificate)
    return certificate


def _bound(pinned: Pinned, certification: Certification, training: CertifiedRows) -> dict[str, str]:
    """The digests of all that a certificate is bound to."""
    run_id, root = certification.run_id, certification.root
    return {
        "model": digests.model_digest(pinned),
        "training_data": training.digest,
        "evaluation_data": certification.evaluation.digest,
        "training_config": digests.config_digest(pinned.run_id),
        "certification_config": digests.config_digest(run_id),
        "code": digests.code_commit(root),
        "packages": packages.written(*certification.packages),
        **({"allowed": certification.allowed} if certification.allowed else {}),
        **digests.named(digests.config_files(pinned.run_id) | digests.config_files(run_id)),
    }


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
    """The bytes of a version's certificate, unchecked; None if the version was never certified.

    Raises:
        ModelError: The certificate cannot be fetched.
    """
    uri = pinned.tags.get(CERTIFICATE_TAG)
    return None if uri is None else Path(digests.fetched(uri)).read_bytes()


def recorded_training_rows(pinned: Pinned, root: str) -> CertifiedRows | None:
    """The table that a version was trained on; None if its run or its tags do not record it."""
    reader = digests.recorded(pinned.run_id, "config.json").get("inputs")
    digest = pinned.tags.get(TRAINING_DATA_TAG)
    if not isinstance(reader, dict) or not digest:
        return None
    return CertifiedRows(digest, reader_of(reader, root).by(reading_of(pinned)))


def _store(client: MlflowClient, pinned: Pinned, run_id: str, certificate: Certificate) -> None:
    """Store a certificate beside its model, under a name of its own; with its run if there is no model."""
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
    tags = {CERTIFICATE_TAG: uri, CERTIFICATE_DIGEST_TAG: certificate.digest, CERTIFICATE_RUN_TAG: run_id}
    for key, value in tags.items():
        settled(client.set_model_version_tag, pinned.name, str(pinned.version), key, value)


def _without_nan(assessment: Assessment) -> dict[str, object]:
    values = asdict(assessment).items()
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in values
    }
