"""Intents: a move of an alias is on record before it is made; if its job dies, the next one settles it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from loguru import logger

from mxt.errors import ModelError
from mxt.registries import moments
from mxt.registries.aliases import (
    ALIAS_TAG,
    AT_TAG,
    INTENT_TAG,
    MODEL_TAG,
    SETTLED_TAG,
    TO_TAG,
    WITHDRAWN_TAG,
    move,
    move_tags,
    record_of,
)
from mxt.registries.versions import aliases_of
from mxt.services.base.owners import close, left_open, under_way
from mxt.services.base.races import settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow import MlflowClient
    from mlflow.entities import Run

    from mxt.registries.aliases import Move, Record

LEASE = timedelta(minutes=10)
"""For how long the intent of a process on another machine counts as that of a living one."""
PATIENCE = 60.0
"""Seconds that a job waits for others which are about to move the same alias."""
_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two looks; each pause is twice the one before."""


def move_as_decided(client: MlflowClient, name: str, run_id: str, decided: Move) -> Move:
    """Put a move on record, make it, and confirm it, if the alias still stands where the decision saw it.

    Args:
        client: Of the store.
        name: Of the registered model.
        run_id: The run of the job that moves the alias.
        decided: The move, with who and why.

    Raises:
        ModelError: The alias was moved meanwhile, or another job is about to move it.
    """
    _take_turn(client, name, run_id, decided)
    now = aliases_of(client, name).get(decided.alias)
    if now == decided.before:
        return _made(client, name, run_id, decided)
    _tag(client, run_id, {WITHDRAWN_TAG: f"{decided.alias} was moved to version {now} meanwhile"})
    msg = f"{decided.alias!r} was moved from {decided.before} to {now} while the gates judged. Run again."
    raise ModelError(msg)


def move_anyway(client: MlflowClient, name: str, run_id: str, decided: Move) -> Move:
    """The same from wherever the alias stands by then.

    Raises:
        ModelError: Another job is about to move the alias, and does not come to an end.
    """
    _take_turn(client, name, run_id, decided)
    from_now = replace(decided, before=aliases_of(client, name).get(decided.alias))
    _announce(client, name, run_id, from_now)
    return _made(client, name, run_id, from_now)


def settle(client: MlflowClient, name: str, alias: str) -> tuple[Record, list[str]]:
    """Finish or withdraw the intents of jobs that have died; the record of the alias, and what was settled.

    An intent is finished, as a move of the job that had it, if the alias stands at its version.
    """
    record = record_of(client, name, alias)
    left = [run for run in record.open.values() if not _under_way(run) and not _deleted(run)]
    if not left:
        return record, []
    # No job moves the alias before it has settled these. So what is still open after the alias was read again
    # shows where the dead processes left it.
    record = record_of(client, name, alias)
    ids, history = {run.info.run_id for run in left}, record.moves
    settled_now = [
        _close(client, intended, made=intended in history)
        for intended in record.open
        if intended.run_id in ids
    ]
    return record_of(client, name, alias), settled_now


def settle_left_open(client: MlflowClient, experiment_id: str) -> list[str]:
    """Close the runs that dead processes left open, and settle their moves; what was settled."""
    left = left_open(client, experiment_id)
    moving = [run.data.tags for run in left if {MODEL_TAG, ALIAS_TAG, INTENT_TAG} <= {*run.data.tags}]
    said: list[str] = []
    for name, alias in sorted({(tags[MODEL_TAG], tags[ALIAS_TAG]) for tags in moving}):
        with suppress(ModelError):  # the model was deleted meanwhile
            said += settle(client, name, alias)[1]
    for run in left:
        close(client, run)
    return said


def _close(client: MlflowClient, intended: Move, *, made: bool) -> str:
    """Confirm or withdraw the intent of a job that has died, and say so."""
    what = f"{intended.alias} from {intended.before or 'none'} to {intended.after}"
    if made:
        _tag(client, intended.run_id, {TO_TAG: str(intended.after), SETTLED_TAG: "true"})
        text = f"run {intended.run_id} had moved {what} when it was stopped; the move is on record now"
    else:
        _tag(client, intended.run_id, {WITHDRAWN_TAG: "its job was stopped before it moved the alias"})
        text = f"run {intended.run_id} was stopped before it moved {what}; its intent is withdrawn"
    logger.warning("{}", text)
    return text


def _take_turn(client: MlflowClient, name: str, run_id: str, decided: Move) -> None:
    """Announce a move, and wait until no other living job is about to move the alias.

    A job moves an alias only while its own intent is on record, and after it has read that there is no other
    living one. So two jobs never do so at the same time: one of them has read after both had announced. At
    each look, a job that sees the intent of a run with a lower id takes back its own and waits.
    """
    deadline, pause = time.monotonic() + PATIENCE, _PAUSE
    _announce(client, name, run_id, decided)
    announced = True
    while (others := _others(client, name, run_id, decided.alias)) or not announced:
        if not others:
            _announce(client, name, run_id, decided)
            client.delete_tag(run_id, WITHDRAWN_TAG)
            announced = True
            continue
        first = min(others)
        if time.monotonic() > deadline:
            _tag(client, run_id, {WITHDRAWN_TAG: f"other jobs were about to move {decided.alias}"})
            msg = (
                f"Another job, run {first}, is about to move {decided.alias!r} of {name!r}, and "
                f"has not done so within {PATIENCE:.0f} s. Run again when it has ended."
            )
            raise ModelError(msg)
        if announced and first < run_id:
            _tag(client, run_id, {WITHDRAWN_TAG: f"it waited for run {first}"})
            announced = False
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _others(client: MlflowClient, name: str, run_id: str, alias: str) -> set[str]:
    """The runs of other living jobs that are about to move an alias; intents of dead ones are settled."""
    runs = settle(client, name, alias)[0].open.values()
    return {run.info.run_id for run in runs if run.info.run_id != run_id and not _deleted(run)}


def _deleted(run: Run) -> bool:
    """Whether a run was deleted, so that nobody can tag it."""
    return bool(run.info.lifecycle_stage == "deleted")


def _under_way(run: Run) -> bool:
    announced = run.data.tags.get(AT_TAG)
    return under_way(run, datetime.fromisoformat(announced) if announced else None, LEASE)


def _announce(client: MlflowClient, name: str, run_id: str, decided: Move) -> None:
    intended = replace(decided, at=moments.now())
    tags = move_tags(name, intended, who=decided.who, why=decided.why, rollback=decided.rollback)
    tags[INTENT_TAG] = tags.pop(TO_TAG)
    _tag(client, run_id, tags)


def _made(client: MlflowClient, name: str, run_id: str, intended: Move) -> Move:
    """Make a move that is on record, and confirm it."""
    moved = move(client, name, intended.alias, int(intended.after or 0))
    made = replace(intended, at=moved.at, run_id=run_id)
    tags = move_tags(name, made)
    _tag(client, run_id, {name: tags[name] for name in (TO_TAG, AT_TAG)})
    return made


def _tag(client: MlflowClient, run_id: str, tags: Mapping[str, str]) -> None:
    """Set tags of a run in one step, and not later, as MLflow does where its asynchronous logging is on."""
    from mlflow.entities import RunTag

    settled(client.log_batch, run_id, tags=[RunTag(*tag) for tag in tags.items()], synchronous=True)
