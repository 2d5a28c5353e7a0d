"""What must be true of a store after a job was killed at any call and run again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import mlflow

from mxt.registries.aliases import record_of
from mxt.registries.changes import certificate_fault
from mxt.registries.versions import SEMVER_TAG, pin, versions_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlflow import MlflowClient

ALIASES = ("Champion", "Challenger", "Kept")
BEFORE = 2
"""Versions before the kill, both certified."""
FILES = {"config.json", "findings.json"}


def faults(root: Path, name: str, result: dict[str, Any]) -> list[str]:
    """What is wrong after the next run.

    Args:
        root: The project.
        name: The job that was killed.
        result: Of the next run.
    """
    uri = f"sqlite:///{root}/mlflow.db"
    client = mlflow.MlflowClient(uri, uri)
    found = [*_of_runs(client), *_of_versions(client, name), *_of_moves(client, name, result["facts"])]
    for alias in ALIASES:
        found += [f"{alias}: {fault}" for fault in _of_alias(client, alias)]
    return found


def _of_runs(client: MlflowClient) -> Iterator[str]:
    """Runs and models that nobody closed."""
    experiments = [each.experiment_id for each in client.search_experiments()]
    for run in client.search_runs(experiments, "attributes.status = 'RUNNING'"):
        yield f"a run is left open: {run.info.run_name}"
    for run in client.search_runs(experiments, "attributes.status = 'FINISHED' AND tags.`mxt.unnamed` != ''"):
        yield f"a whole run is not named by its version: {run.info.run_name}"
    for model in client.search_logged_models(experiments):
        if str(model.status) == "PENDING":
            yield "a model that is no version is left unfinished"


def _of_alias(client: MlflowClient, alias: str) -> Iterator[str]:
    record = record_of(client, "churn", alias)
    moves = record.moves
    if record.open:
        yield "an intent is open"
    if not moves or moves[-1].after != record.version:
        yield "its last move is not where it stands"
    for move in moves:
        if not move.recorded:
            yield f"moved outside MXT from {move.before} to {move.after}"
        elif move.job == "PromotionJob" and (move.who, move.why) != ("Ada", "it is better"):
            yield f"nobody knows who moved it to {move.after}, and why"
        elif not move.why or not move.who:
            yield f"the move to {move.after} says too little"


def _of_versions(client: MlflowClient, name: str) -> Iterator[str]:
    from mxt.registries.loaders.mlflow import MlflowLoader
    from mxt.registries.unfinished import why_unfinished

    versions = sorted(versions_of(client, "churn"), key=lambda version: int(version.version))
    numbers = [version.tags[SEMVER_TAG] for version in versions if SEMVER_TAG in version.tags]
    if max(Counter(numbers).values()) > 1:
        yield f"a semantic version was given twice: {numbers}"
    if name in {"training", "tuning"} and versions[-1].tags.get(SEMVER_TAG) != "2.0.0":
        yield "the next run's version is not 2.0.0"
    for version in versions:
        pinned = pin(client, "churn", int(version.version))
        lacking = {"mxt.training_data_id", "mxt.held_out_data_id", "mxt.reading"} - {*version.tags}
        files = {file.path for file in client.list_artifacts(version.run_id)}
        if lacking or not {"config.json", "recipe.json"} <= files:
            yield f"version {version.version} lacks {lacking or 'files'}"
        if pinned.version > BEFORE and not MlflowLoader().load(pinned.uri).packages:
            yield f"version {version.version} is not whole"
        ended = client.get_run(version.run_id).info.status == "FINISHED"
        if ended == bool(why_unfinished(client, pinned)):
            yield f"version {version.version} does not say that its training did not end"
        yield from _of_last(client, pinned.tags, pinned.version)
        if (
            pinned.version > BEFORE
            and ended
            and not {"mxt.last.TrainingJob", "mxt.last.TuningJob"} & {*pinned.tags}
        ):
            yield f"version {version.version} does not name its training"
        if pinned.version <= BEFORE and (fault := certificate_fault(client, pinned)):
            yield f"the certificate of version {version.version}: {fault}"


def _of_last(client: MlflowClient, tags: dict[str, str], version: int) -> Iterator[str]:
    """Runs that a version names as the last of their KIND."""
    for tag, run_id in tags.items():
        if not tag.startswith("mxt.last."):
            continue
        files = {file.path for file in client.list_artifacts(run_id)}
        if client.get_run(run_id).info.status != "FINISHED" or not files >= FILES:
            yield f"version {version} names a run that is not whole: {tag}"


def _of_moves(client: MlflowClient, name: str, facts: dict[str, Any]) -> Iterator[str]:
    """What a promotion or a rollback left, and said."""
    wanted = {"promotion": ("Champion", 2, [None, 1]), "rollback": ("Kept", 1, [None, 1, 2])}
    if name not in wanted:
        return
    alias, version, before = wanted[name]
    record = record_of(client, "churn", alias)
    if record.version != version:
        yield f"{alias} stands for version {record.version}"
    if [move.before for move in record.moves] != before:
        yield f"{alias} moved {[(move.before, move.after) for move in record.moves]}"
    stopped, said = record.moves[-1].unfinished, str(facts.get("settled"))
    if stopped != ("nothing_moved" in facts):
        yield f"the next run does not say whether it moved the alias: {facts}"
    if "is on record now" in said and not stopped:
        yield f"the next run says that it finished what it did not: {facts}"
    if "is withdrawn" in said and not record.withdrawn:
        yield f"the next run says that it withdrew what it did not: {facts}"
