"""Aliases: which version a name such as Champion stands for, now and at any time before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mxt.registries import moments
from mxt.registries.versions import aliases_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow import MlflowClient

MODEL_TAG, ALIAS_TAG, FROM_TAG, TO_TAG = "mxt.model", "mxt.alias", "mxt.alias_from", "mxt.alias_to"
AT_TAG, WHO_TAG, WHY_TAG = "mxt.alias_at", "mxt.alias_by", "mxt.alias_reason"
ROLLBACK_TAG = "mxt.rollback"
_MOST_RUNS = 1000
"""How many MLflow gives at a time."""


@dataclass(frozen=True)
class Move:
    """An alias that moved from one version to another."""

    alias: str
    before: int | None
    """The version it stood for, or None if it was new."""
    after: int | None
    """The version it stands for since; None if it was deleted."""
    at: datetime | None = None
    """When, in UTC; None if nobody knows, since the move was made outside MXT."""
    who: str = ""
    why: str = ""
    rollback: bool = False
    run_id: str = ""
    """The run that moved it; empty for a move that was made outside MXT."""
    job: str = ""
    """The job that this was a run of."""

    @property
    def how(self) -> str:
        """What moved it, in a word or two."""
        return ("rollback" if self.rollback else self.job) if self.recorded else "outside MXT"

    @property
    def recorded(self) -> bool:
        """Whether a job made the move."""
        return bool(self.run_id)


def move(client: MlflowClient, name: str, alias: str, version: int) -> Move:
    """Let `alias` stand for `version`."""
    before = aliases_of(client, name).get(alias)
    client.set_registered_model_alias(name, alias, str(version))
    return Move(alias, before, version, moments.now())


def move_tags(
    name: str, moved: Move, *, who: str = "", why: str = "", rollback: bool = False
) -> dict[str, str]:
    """Tags by which the run that moved an alias is found again, and tells who moved it, when and why."""
    tags = {
        MODEL_TAG: name,
        ALIAS_TAG: moved.alias,
        FROM_TAG: "" if moved.before is None else str(moved.before),
        TO_TAG: str(moved.after),
        AT_TAG: (moved.at or moments.now()).isoformat(timespec="microseconds"),
        WHO_TAG: who,
        WHY_TAG: why,
        ROLLBACK_TAG: "true" if rollback else "",
    }
    return {key: value for key, value in tags.items() if value or key == FROM_TAG}


def moves(client: MlflowClient, name: str, alias: str) -> list[Move]:
    """All moves of an alias in their order, those made outside MXT among them as far as they can be told.

    Such a move shows where an alias did not stand where the move before had left it. Runs of all
    experiments count, whatever became of them after they moved the alias, deleted ones too.
    """
    found: list[Move] = []
    for made in sorted(_recorded(client, name, alias), key=_moment):
        if found and found[-1].after != made.before:
            found.append(Move(alias, found[-1].after, made.before))
        found.append(made)
    now = aliases_of(client, name).get(alias)
    if found and found[-1].after != now:
        found.append(Move(alias, found[-1].after, now))
    return found


def previous(made: Sequence[Move]) -> int | None:
    """The version that an alias stood for before its last move that no rollback has undone.

    Args:
        made: All moves of the alias, in their order.
    """
    befores: list[int | None] = []
    for part in made:
        if not part.rollback:
            befores.append(part.before)
        elif befores:
            befores.pop()
    return befores[-1] if befores else None


def last_move(made: Sequence[Move], moment: datetime) -> Move | None:
    """The last recorded move of an alias up to a moment; None if there was none yet.

    Args:
        made: All moves of the alias, in their order.
        moment: In UTC.
    """
    return next((part for part in reversed(made) if part.at is not None and part.at <= moment), None)


def _recorded(client: MlflowClient, name: str, alias: str) -> list[Move]:
    """The moves that runs tell of."""
    from mlflow.entities import ViewType

    quoted = f"tags.`{MODEL_TAG}` = '{name}' AND tags.`{ALIAS_TAG}` = '{alias}'"
    experiments, found, token = _experiments(client), [], None
    while True:
        page = client.search_runs(experiments, quoted, ViewType.ALL, max_results=_MOST_RUNS, page_token=token)
        found += [_told(run, alias) for run in page if TO_TAG in run.data.tags]
        token = page.token
        if not token:
            return found


def _experiments(client: MlflowClient) -> list[str]:
    from mlflow.entities import ViewType

    found, token = [], None
    while True:
        page = client.search_experiments(ViewType.ALL, page_token=token)
        found += [experiment.experiment_id for experiment in page]
        token = page.token
        if not token:
            return found


def _told(run: Any, alias: str) -> Move:
    tags = run.data.tags
    at = tags.get(AT_TAG)
    moment = datetime.fromisoformat(at) if at else moments.from_milliseconds(run.info.start_time)
    return Move(
        alias,
        int(tags[FROM_TAG]) if tags.get(FROM_TAG) else None,
        int(tags[TO_TAG]),
        moment.astimezone(UTC),
        tags.get(WHO_TAG) or run.info.user_id or "",
        tags.get(WHY_TAG, ""),
        ROLLBACK_TAG in tags,
        run.info.run_id,
        tags.get("mxt.job", ""),
    )


def _moment(made: Move) -> tuple[datetime, str]:
    return made.at or datetime.max.replace(tzinfo=UTC), made.run_id
