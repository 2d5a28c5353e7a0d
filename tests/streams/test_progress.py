"""Progress: rows per second of this run alone, a line a minute, and metrics of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loguru import logger

from mxt.streams.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clocks import Clock
    from mxt.services.base.runs import Run


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}")
    yield lines
    logger.remove(sink)


def test_the_speed_counts_the_rows_of_this_run_alone(mlflow_run: Run, clock: Clock) -> None:
    with Progress(mlflow_run, "score", 1000, done=600) as progress:
        clock.sleep(10)
        progress.add(200)
        assert progress.rate == pytest.approx(20)
        assert progress.metrics["rows_done"] == 800
        assert progress.metrics["rows_per_second"] == 20
        assert progress.metrics["peak_memory_megabytes"] > 10


def test_a_line_of_the_log_comes_each_minute_with_the_seconds_left(
    mlflow_run: Run, clock: Clock, log: list[str]
) -> None:
    with Progress(mlflow_run, "score", 1000) as progress:
        for _ in range(5):
            clock.sleep(25)
            progress.add(100)
    assert log == ["score: 300 rows of 1000, 175 s left, 4 rows/s\n"]


def test_what_is_counted_may_be_no_rows_and_have_no_end(
    mlflow_run: Run, clock: Clock, log: list[str]
) -> None:
    with Progress(mlflow_run, "search", None, unit="trial") as progress:
        clock.sleep(61)
        progress.add(122)
    assert log == ["search: 122 trials, 2 trials/s\n"]


def test_the_run_has_the_metrics_at_the_end(mlflow_run: Run, clock: Clock) -> None:
    with Progress(mlflow_run, "fit", 7, unit="model") as progress:
        clock.sleep(2)
        progress.add(7)
    metrics = mlflow_run.service.client().get_run(mlflow_run.run_id).data.metrics
    assert (metrics["models_done"], metrics["models_per_second"]) == (7, 3.5)
