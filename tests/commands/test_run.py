"""Running a config ends with one JSON line, whatever happens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from blank import blank_store
from mxt.cli import main

if TYPE_CHECKING:
    from pathlib import Path

HISTORY = "job: {{KIND: HistoryJob, mlflow_service: {{tracking_uri: 'sqlite:///{store}'}}}}\n"


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A config on a store with no model."""
    file = tmp_path / "history.yaml"
    file.write_text(HISTORY.format(store=blank_store(tmp_path)))
    return str(file)


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    line: dict[str, object] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return line


def test_a_config_that_is_wrong_ends_as_one(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([config, "job.alias=3"]) == 2
    line = last_line(capsys)
    assert (line["job"], line["outcome"], line["exit_code"]) == (None, "failed", 2)
    assert str(line["error"]).startswith("override job.alias: job.alias: ")


def test_an_error_of_a_job_names_its_run(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", config]) == 4
    line = last_line(capsys)
    assert (line["job"], line["outcome"], line["exit_code"]) == ("HistoryJob", "failed", 4)
    assert len(str(line["run_id"])) == 32


def fails(_: object) -> None:
    cell = "a customer's{}".format(" cell")  # frames are shown with their source
    raise KeyError(cell)


def test_a_bug_keeps_its_text_to_itself(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mxt.jobs.history.HistoryJob.run", fails)
    assert main([config]) == 1
    shown = capsys.readouterr()
    assert "a bug in MXT: KeyError (its text is withheld" in shown.err
    assert "a customer's cell" not in shown.err + shown.out
