"""An empty MLflow store that is made once and copied: to make one takes MLflow's migrations a CPU second."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock
from sqlalchemy import Engine, event

from mxt.services import MlflowService

if TYPE_CHECKING:
    import pytest

_session: list[Path] = []


@event.listens_for(Engine, "connect")
def _spare_waiting(connection: object, _: object) -> None:
    """Let SQLite hand its writes to the system and go on: no test cuts the power of the machine."""
    if isinstance(connection, sqlite3.Connection):
        with suppress(sqlite3.OperationalError):  # a locked file, which the code under test is to meet
            connection.execute("PRAGMA synchronous = OFF")


def keep_in(factory: pytest.TempPathFactory) -> None:
    """Keep the empty store in the temporary folder that all processes of this test session share."""
    folder = factory.getbasetemp()
    _session[:] = [folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder]


def keep_at(folder: Path) -> None:
    """Keep the empty store in a folder, for a process that runs no tests."""
    _session[:] = [folder]


def blank_store(folder: Path) -> Path:
    """The store `mlflow.db` of a folder: a copy of the empty one if the folder has none yet."""
    store = folder / "mlflow.db"
    if not store.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(_empty(), store)
    return store


def _empty() -> Path:
    """The empty store: it holds one experiment, which no test uses, since MXT's service makes it."""
    (folder,) = _session
    store = folder / "blank" / "mlflow.db"
    store.parent.mkdir(exist_ok=True)
    with FileLock(folder / "blank.lock"):
        made = store.with_name("made")
        if not made.exists():
            MlflowService(tracking_uri=f"sqlite:///{store}", experiment_name="another").start()
            made.touch()
    return store
