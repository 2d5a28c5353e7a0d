"""Aliases: which version a name such as Champion stands for, now and before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.registries.versions import aliases_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL_TAG, ALIAS_TAG, FROM_TAG, TO_TAG = "mxt.model", "mxt.alias", "mxt.alias_from", "mxt.alias_to"


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


def move_tags(name: str, moved: Move) -> dict[str, str]:
    """Tags by which the run that moved an alias is found again."""
    before = "" if moved.before is None else str(moved.before)
    return {MODEL_TAG: name, ALIAS_TAG: moved.alias, FROM_TAG: before, TO_TAG: str(moved.after)}


def previous(client: MlflowClient, experiment_id: str, name: str, alias: str) -> int | None:
    """The version that `alias` stood for before the last move to its present version; None if unknown."""
    present = aliases_of(client, name).get(alias)
    runs = client.search_runs(
        [experiment_id],
        f"tags.`{MODEL_TAG}` = '{name}' AND tags.`{ALIAS_TAG}` = '{alias}' AND tags.`{TO_TAG}` = '{present}'"
        " AND attributes.status = 'FINISHED'",
        order_by=["attributes.start_time DESC"],
        max_results=1,
    )
    before = runs[0].data.tags.get(FROM_TAG, "") if runs else ""
    return int(before) if before else None
