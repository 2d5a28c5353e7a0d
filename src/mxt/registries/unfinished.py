"""Versions whose training did not end well after it had registered them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger

from mxt.errors import ModelError
from mxt.findings.tags import CONFIG, LAST
from mxt.registries.latest import known_tags, name_unnamed, run_of, unnamed
from mxt.registries.versions import SEMVER_TAG, pin, refuse_taken
from mxt.services.base.owners import PROCESS_TAG, under_way
from mxt.services.base.races import settled

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mxt.registries.versions import Pinned

WITHDRAWN_TAG = "mxt.withdrawn"
"""Tag of a version: the semantic version that it lost, since its training did not end well, and its run."""


def why_unfinished(client: MlflowClient, pinned: Pinned) -> str:
    """Why the training of a version is not over, or did not end well; empty if it did, or nobody can know.

    Versions of earlier releases and of other tools do not record the process of their training; they count as
    finished.
    """
    run = run_of(client, pinned.run_id)
    if run is None or run.info.status == "FINISHED" or PROCESS_TAG not in run.data.tags:
        return ""
    if under_way(run):
        return f"the training of {pinned} (run {pinned.run_id}) has not ended yet"
    how = "failed" if run.info.status == "FAILED" else "was stopped"
    return f"the training of {pinned} (run {pinned.run_id}) {how} after it had registered the version"


def claim(client: MlflowClient, name: str, semver: str, config_digest: str) -> Pinned | None:
    """Take a semantic version for a new version, unless another version of the model `name` has it.

    A version whose training did not end well loses it, unless it was certified or a job has judged it.

    Args:
        client: Of the store.
        name: Of the registered model.
        semver: The semantic version.
        config_digest: Of the training that wants it.

    Returns:
        The version that is there, if a training of the same config made it, and was stopped after its run had
        ended. The version names that run then. None if the semantic version is free.

    Raises:
        ModelError: It is taken.
    """
    try:
        pinned = pin(client, name, semver)
    except ModelError:
        return None
    training = next((run for run in unnamed(client, pinned) if run.info.run_id == pinned.run_id), None)
    if training is not None:
        name_unnamed(client, pinned)
        if training.data.tags.get(CONFIG) == config_digest:
            return pinned
    _withdraw(client, pinned)
    run = run_of(client, pinned.run_id)
    whole = run is not None and (run.info.status, run.data.tags.get(CONFIG)) == ("FINISHED", config_digest)
    refuse_taken(client, name, semver, f", which run {pinned.run_id} of this config made" if whole else "")
    return None


def _withdraw(client: MlflowClient, pinned: Pinned) -> None:
    from mxt.registries.certificates import CERTIFICATE_TAG

    run = run_of(client, pinned.run_id)
    judged = any(tag == CERTIFICATE_TAG or tag.startswith(LAST) for tag in known_tags(client, pinned))
    why = why_unfinished(client, pinned)
    if not why or judged or run is None:
        return
    if under_way(run):
        close = f"mlflow.MlflowClient().set_terminated({pinned.run_id!r}, 'KILLED')"
        logger.warning("{}; if it was killed on another machine, close its run: {}", why, close)
        return
    name, version, semver = pinned.name, str(pinned.version), pinned.semver
    logger.warning("{}; the new version gets its semantic version {}", why, semver)
    settled(client.set_model_version_tag, name, version, WITHDRAWN_TAG, f"{semver}, by run {pinned.run_id}")
    client.delete_model_version_tag(name, version, SEMVER_TAG)
