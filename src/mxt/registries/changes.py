"""Changes since a version was certified: of the model, data, configs, files, code and packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt import packages
from mxt.errors import DataError, ModelError, MxtError
from mxt.registries import digests
from mxt.registries.certificates import (
    CERTIFICATE_DIGEST_TAG,
    CERTIFICATE_RUN_TAG,
    CERTIFICATE_TAG,
    Certificate,
    stored_bytes,
)
from mxt.registries.latest import run_of
from mxt.registries.rows import CertifiedRows

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mxt.registries.rows import RowsContent
    from mxt.registries.versions import Pinned

NAMES = {
    "model": "the model's files",
    "training_data": "the training data",
    "evaluation_data": "the evaluation data",
    "training_config": "the training's config",
    "certification_config": "the certification's config",
    "code": "the code",
    "packages": "the packages",
}


def certificate_fault(client: MlflowClient, pinned: Pinned) -> str:
    """Why a version's certificate is not the one that was issued for it; empty if nothing is wrong.

    The document must have the digest in the tags of both the version and its certifying run, and name the
    version.
    """
    uri, run_id = pinned.tags.get(CERTIFICATE_TAG, ""), pinned.tags.get(CERTIFICATE_RUN_TAG, "")
    try:
        content = stored_bytes(pinned)
    except (ModelError, OSError):
        return "the certificate (it cannot be fetched)"
    if content is None:
        return "the certificate (there is none)"
    run = run_of(client, run_id)
    if CERTIFICATE_RUN_TAG not in pinned.tags or (run is not None and run_id not in uri):
        return "the certificate (its certification was stopped while it was stored)"
    if run is None:
        return "the certificate (the run that issued it is gone)"
    issued = {tags.get(CERTIFICATE_DIGEST_TAG) for tags in (pinned.tags, run.data.tags)}
    if issued != {digests.sha256(content)}:
        return "the certificate"
    certificate = Certificate.from_bytes(content)
    is_own = (certificate.model, certificate.version) == (pinned.name, pinned.version)
    return "" if is_own else f"the certificate (it is of {certificate.model} version {certificate.version})"


def changed(pinned: Pinned, certificate: Certificate, root: str) -> dict[str, str]:
    """What is no longer as it was certified: a description of each changed thing, by its name in `bound`.

    The data are read again from the sources in the certificate.

    Args:
        pinned: The version.
        certificate: The version's certificate, itself unchanged.
        root: The project's root, which relative paths start from.
    """
    bound, sources = certificate.bound, certificate.sources
    paths = [name.removeprefix("file:") for name in bound if name.startswith("file:")]
    now = {
        "training_config": digests.config_digest(sources["training_run"]),
        "certification_config": digests.config_digest(sources["certification_run"]),
        "code": digests.code_commit(root),
        "packages": packages.rewritten(bound["packages"]),
        **digests.named(digests.files_digests(paths, root)),
    }
    changes = {name: _description(name, digest) for name, digest in now.items() if bound[name] != digest}
    try:
        if digests.model_digest(pinned) != bound["model"]:
            changes["model"] = NAMES["model"]
    except ModelError as error:
        changes["model"] = f"{NAMES['model']} ({str(error).rstrip('.')})"
    rows = {"training_data": sources["training_data"], "evaluation_data": sources["evaluation_data"]}
    for name, content in rows.items():
        fault = _data_fault(content, bound[name], root)
        if fault is not None:
            changes[name] = f"{NAMES[name]}{fault}"
    return dict(sorted(changes.items()))


def _description(name: str, digest: str) -> str:
    path = name.removeprefix("file:")
    missing = "" if digest else " (it is not there)"
    return f"the file {path}{missing}" if path != name else NAMES[name]


def _data_fault(content: RowsContent, digest: str, root: str) -> str | None:
    """Why rows cannot be read again; empty if they differ from those certified, None if they are the same."""
    try:
        return None if CertifiedRows.from_content(content, root).now() == digest else ""
    except MxtError as error:
        why = str(error) if isinstance(error, DataError) else type(error).__name__
        return f" (they cannot be read again: {why})"
