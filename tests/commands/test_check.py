"""Checking tells the job of each valid config, and every fault of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_each_config_is_checked_on_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["job: {KIND: HistoryJob}", "job: {KIND: HistoryJo}", "job: {KIND: HistoryJob, limt: 1}"]
    files = [str(tmp_path / f"{number}.yaml") for number in range(3)]
    for file, text in zip(files, texts, strict=True):
        (tmp_path / file).write_text(text)
    assert main(["check", *files]) == 2
    shown = capsys.readouterr()
    assert shown.out == f"{files[0]}: a valid HistoryJob\n"
    first, second = shown.err.splitlines()
    assert first.startswith(f"{files[1]}:1:7: job: unknown KIND 'HistoryJo'; did you mean 'HistoryJob'?")
    assert second.startswith(f"{files[2]}:1:25: job.limt: unknown field 'limt'")


def test_an_override_holds_for_each_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "history.yaml"
    file.write_text("job: {KIND: HistoryJob}")
    assert main(["check", str(file), "job.nobody=1"]) == 2
    assert "override job.nobody: job.nobody: unknown field 'nobody'" in capsys.readouterr().err
