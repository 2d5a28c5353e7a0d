"""Aliases: which version a name such as Champion stands for, now and before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.registries.versions import aliases_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL_TAG, ALIAS_TAG, FROM_TAG, TO_TAG = "mxt.model", "mxt.alias", "mxt.alias_from", "mxt.alias_to"
ROLLBACK_TAG = "mxt.rollback"


@dataclass(frozen=True)
class Move:
    """An alias that moved from one version to another."""

    alias: str
    before: int | None
    """The version it stood for, or None if it was new."""
    after: int


def move(client: MlflowClient, name: str, alias: str, version: int) -> Move:
    """Let `alias` stand for `version`."""
    before = aliases_of(client, name).get(alias)
    client.set_registered_model_alias(name, alias, str(version))
    return Move(alias, before, version)


def move_tags(name: str, moved: Move, *, rollback: bool = False) -> dict[str, str]:
    """Tags by which the run that moved an alias is found again."""
    before = "" if moved.before is None else str(moved.before)
    tags = {MODEL_TAG: name, ALIAS_TAG: moved.alias, FROM_TAG: before, TO_TAG: str(moved.after)}
    return {**tags, ROLLBACK_TAG: "true"} if rollback else tags


def previous(client: MlflowClient, experiment_id: str, name: str, alias: str) -> int | None:
    """The version that `alias` stood for before its last promotion that still stands, if there is one."""
    moved = f"tags.`{MODEL_TAG}` = '{name}' AND tags.`{ALIAS_TAG}` = '{alias}'"
    runs = client.search_runs(
        [experiment_id],
        f"{moved} AND attributes.status = 'FINISHED'",
        order_by=["attributes.start_time ASC"],
        max_results=50_000,
    )
    befores: list[str] = []
    for run in runs:
        if ROLLBACK_TAG not in run.data.tags:
            befores.append(run.data.tags[FROM_TAG])
        elif befores:
            befores.pop()
    return int(befores[-1]) if befores and befores[-1] else None
