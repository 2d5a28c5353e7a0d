"""Looking into the store of a project with a certified version, and changing bytes of its files."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import mlflow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Project

ISSUED = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCORED = "job.metrics=[{KIND: SklearnMetric, name: roc_auc}]"


def client(project: Project) -> mlflow.MlflowClient:
    """A client of the project's store, which MLflow's own functions use from now on."""
    store = f"sqlite:///{project.root}/mlflow.db"
    mlflow.set_tracking_uri(store)
    mlflow.set_registry_uri(store)
    return mlflow.MlflowClient()


def artifacts(project: Project, name: str) -> list[Path]:
    """The files and folders of a name in the artifact store."""
    return sorted((project.root / "mlartifacts").rglob(name))


@contextmanager
def flipped(path: Path, place: int = -2) -> Iterator[None]:
    """One byte of a file is another, until the block ends."""
    before = path.read_bytes()
    content = bytearray(before)
    content[place] ^= 1
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)
