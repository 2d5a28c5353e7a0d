"""A store that is made once, and copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import pytest

from blank import blank_store
from mxt.services import LoggerService, MlflowService

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store with no experiment of ours yet."""
    LoggerService(level="ERROR").start()
    return blank_store(tmp_path_factory.mktemp("store"))


@pytest.fixture
def store(new_store: Path, tmp_path: Path) -> Path:
    """A store of the test's own."""
    return Path(shutil.copy(new_store, tmp_path / "mlflow.db"))


@pytest.fixture
def service(store: Path) -> Iterator[MlflowService]:
    """The service, started on a store of the test's own."""
    service = MlflowService(tracking_uri=f"sqlite:///{store}")
    service.start()
    yield service
    while mlflow.active_run():
        mlflow.end_run()
