"""What has changed since a version was certified, each thing by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt import packages
from mxt.errors import DataError, ModelError, MxtError
from mxt.registries import digests
from mxt.registries.certificates import CERTIFICATE_DIGEST_TAG, CERTIFICATE_RUN_TAG, Certificate, stored_bytes
from mxt.registries.rows import CertifiedRows

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mxt.registries.versions import Pinned

CERTIFICATE = "certificate"
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
    """Why the certificate of a version is not the one that was issued for it; empty if it is.

    The document must have the digest that the version and its certifying run tell, and name the version.
    """
    try:
        content = stored_bytes(pinned)
    except (ModelError, OSError):
        return "the certificate (it cannot be fetched)"
    if content is None:
        return "the certificate (there is none)"
    of_run = _tags(client, pinned.tags.get(CERTIFICATE_RUN_TAG, ""))
    if of_run is None:
        return "the certificate (the run that issued it is gone)"
    if {tags.get(CERTIFICATE_DIGEST_TAG) for tags in (pinned.tags, of_run)} != {digests.sha256(content)}:
        return "the certificate"
    certificate = Certificate.from_bytes(content)
    if (certificate.model, certificate.version) != (pinned.name, pinned.version):
        return f"the certificate (it is of {certificate.model} version {certificate.version})"
    return ""


def changed(pinned: Pinned, certificate: Certificate, root: str) -> dict[str, str]:
    """What is no longer as it was certified: names, and for each what to tell of it.

    The data are read again where the certificate says that they came from.

    Args:
        pinned: The version.
        certificate: That of the version, unchanged itself.
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
    found = {name: _told(name, digest) for name, digest in now.items() if bound[name] != digest}
    try:
        if digests.model_digest(pinned) != bound["model"]:
            found["model"] = NAMES["model"]
    except (ModelError, OSError):
        found["model"] = f"{NAMES['model']} (they cannot be fetched)"
    for name in ("training_data", "evaluation_data"):
        fault = _data_fault(sources[name], bound[name], root)
        if fault is not None:
            found[name] = f"{NAMES[name]}{fault}"
    return dict(sorted(found.items()))


def _tags(client: MlflowClient, run_id: str) -> dict[str, str] | None:
    """The tags of a run; None if there is no such run."""
    from mlflow.exceptions import MlflowException

    try:
        return dict(client.get_run(run_id).data.tags) if run_id else None
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None


def _told(name: str, digest: str) -> str:
    path = name.removeprefix("file:")
    missing = "" if digest else " (it is not there)"
    return f"the file {path}{missing}" if path != name else NAMES[name]


def _data_fault(content: dict[str, object], digest: str, root: str) -> str | None:
    """What is wrong with rows; None if they are as they were, empty if they differ."""
    try:
        return None if CertifiedRows.from_content(content, root).now() == digest else ""
    except MxtError as error:
        why = str(error) if isinstance(error, DataError) else type(error).__name__
        return f" (they cannot be read again: {why})"
