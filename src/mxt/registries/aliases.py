"""Aliases: which version a name such as Champion stands for, and every move from version to version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mxt.findings.tags import JOB
from mxt.redaction import shown
from mxt.registries import moments
from mxt.registries.versions import aliases_of, runs_where
from mxt.services.base.races import settled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlflow import MlflowClient
    from mlflow.entities import Run

MODEL_TAG, ALIAS_TAG, FROM_TAG, TO_TAG = "mxt.model", "mxt.alias", "mxt.alias_from", "mxt.alias_to"
AT_TAG, WHO_TAG, WHY_TAG = "mxt.alias_at", "mxt.alias_by", "mxt.alias_reason"
ROLLBACK_TAG = "mxt.rollback"
INTENT_TAG = "mxt.alias_intent"
"""Tag of a run: the version that it is about to move the alias to; `TO_TAG` confirms that it did."""
WITHDRAWN_TAG = "mxt.alias_withdrawn"
"""Tag of a run: why the move that it was about to make counts as not made."""
SETTLED_TAG = "mxt.alias_settled"
"""Tag of a run that was stopped after its move: a later job has confirmed the move."""
_READINGS = 10


@dataclass(frozen=True)
class Move:
    """An alias that moved from one version to another."""

    alias: str
    before: int | None
    """The version that it stood for; None if the alias was new."""
    after: int | None
    """The version that it stands for since then; None if the alias was deleted."""
    at: datetime | None = None
    """When it moved, in UTC; None if the move was made outside MXT, which leaves no time."""
    who: str = ""
    why: str = ""
    rollback: bool = False
    run_id: str = ""
    """The run that moved it; empty if the move was made outside MXT."""
    job: str = ""
    """The KIND of the job that moved it."""
    unfinished: bool = False
    """Whether the job that moved it has not come to a good end."""

    @property
    def how(self) -> str:
        """What moved the alias: a rollback, the KIND of a job, or somebody outside MXT."""
        return ("rollback" if self.rollback else self.job) if self.recorded else "outside MXT"

    @property
    def recorded(self) -> bool:
        """Whether a job made the move, so that its run records it."""
        return bool(self.run_id)


def move(client: MlflowClient, name: str, alias: str, version: int) -> Move:
    """Move `alias` to `version`."""
    before = aliases_of(client, name).get(alias)
    settled(client.set_registered_model_alias, name, alias, str(version))
    return Move(alias, before, version, moments.now())


def move_tags(
    name: str, moved: Move, *, who: str = "", why: str = "", rollback: bool = False
) -> dict[str, str]:
    """The tags by which a run records that it moved an alias: which one, from where to where, who and why."""
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
    return {key: shown(value) for key, value in tags.items() if value or key == FROM_TAG}


@dataclass(frozen=True)
class Record:
    """What the runs of jobs say of an alias, and where it stands."""

    version: int | None
    """The version that the alias stands for; None if there is no such alias."""
    made: Sequence[Move]
    """Moves that were confirmed, in no order."""
    open: Mapping[Move, Run]
    """Moves that were intended and neither confirmed nor withdrawn, with their runs."""
    withdrawn: Mapping[Move, str]
    """Moves that were intended and count as not made, with the reason."""

    @property
    def unknown(self) -> bool:
        """Whether there is no such alias, and never was."""
        return self.version is None and not (self.made or self.open or self.withdrawn)

    @property
    def moves(self) -> list[Move]:
        """All moves in their order, with those made outside MXT where they can be inferred.

        An alias was moved outside MXT if it did not stand where the move before had left it. An intended move
        counts as made if the alias was next seen at its version.
        """
        history: list[Move] = []
        entries = sorted([*self.made, *self.open], key=_order)
        for place, entry in enumerate(entries):
            if entry not in self.open or self._shown(entry, entries[place + 1 :], history):
                history += [*_outside(history, entry.before), entry]
        return history + _outside(history, self.version)

    def _shown(self, intended: Move, later: Sequence[Move], history: Sequence[Move]) -> bool:
        """Whether the alias shows that an intended move was made."""
        seen = next((made.before for made in later if made not in self.open), self.version)
        same = [made for made in history[-1:] if made in self.open]
        again = [(made.before, made.after) for made in same] == [(intended.before, intended.after)]
        return seen == intended.after != intended.before and not again


def record_of(client: MlflowClient, name: str, alias: str) -> Record:
    """The record of an alias. Runs of all experiments count, also failed and deleted ones."""
    for _ in range(_READINGS):
        version = aliases_of(client, name).get(alias)
        runs = [(_move_of(run, alias), run) for run in _runs(client, name, alias)]
        if aliases_of(client, name).get(alias) == version:
            break  # otherwise a job moved it meanwhile, and may have recorded that after the runs were read
    unmade = [(move, run) for move, run in runs if TO_TAG not in run.data.tags]
    return Record(
        version,
        [move for move, run in runs if TO_TAG in run.data.tags],
        {move: run for move, run in unmade if WITHDRAWN_TAG not in run.data.tags},
        {move: text for move, run in unmade if (text := run.data.tags.get(WITHDRAWN_TAG)) is not None},
    )


def moves(client: MlflowClient, name: str, alias: str) -> list[Move]:
    """All moves of an alias in their order, with those made outside MXT where they can be inferred."""
    return record_of(client, name, alias).moves


def _outside(history: Sequence[Move], version: int | None) -> list[Move]:
    """The move outside MXT that took an alias to `version` since the last of its moves, if there was one."""
    if not history or history[-1].after == version:
        return []
    return [Move(history[-1].alias, history[-1].after, version)]


def previous(history: Sequence[Move]) -> int | None:
    """The version that an alias stood for before its last move that no rollback has undone.

    Args:
        history: All moves of the alias, in their order.
    """
    befores: list[int | None] = []
    for made in history:
        if not made.rollback:
            befores.append(made.before)
        elif befores:
            befores.pop()
    return befores[-1] if befores else None


def last_move(history: Sequence[Move], moment: datetime) -> Move | None:
    """The last recorded move of an alias up to a moment; None if there was none yet.

    Args:
        history: All moves of the alias, in their order.
        moment: In UTC.
    """
    return next((made for made in reversed(history) if made.at is not None and made.at <= moment), None)


def _runs(client: MlflowClient, name: str, alias: str) -> list[Run]:
    """The runs that moved an alias, or were about to, in no order."""
    runs = runs_where(client, f"tags.`{MODEL_TAG}` = '{name}' AND tags.`{ALIAS_TAG}` = '{alias}'")
    return [run for run in runs if {TO_TAG, INTENT_TAG} & {*run.data.tags}]


def _move_of(run: Run, alias: str) -> Move:
    """The move of an alias that the tags of a run record, made or intended."""
    tags = run.data.tags
    at = tags.get(AT_TAG)
    moment = datetime.fromisoformat(at) if at else moments.from_milliseconds(run.info.start_time)
    return Move(
        alias,
        int(tags[FROM_TAG]) if tags.get(FROM_TAG) else None,
        int(tags.get(TO_TAG) or tags[INTENT_TAG]),
        moment.astimezone(UTC),
        tags.get(WHO_TAG) or run.info.user_id or "",
        tags.get(WHY_TAG, ""),
        ROLLBACK_TAG in tags,
        run.info.run_id,
        tags.get(JOB, ""),
        run.info.status != "FINISHED",
    )


def _order(made: Move) -> tuple[datetime, str]:
    return made.at or datetime.max.replace(tzinfo=UTC), made.run_id
