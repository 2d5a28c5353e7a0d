"""A run that long work reports to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runs import make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mxt.services.base.runs import Run


@pytest.fixture
def mlflow_run(tmp_path: Path) -> Iterator[Run]:
    """An open run in a store of its own."""
    with make(tmp_path / "runs", "HistoryJob", alias="Champion") as job:
        yield job.context.run
