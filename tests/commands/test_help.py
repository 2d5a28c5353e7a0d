"""Help names every command, and describes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.cli import main
from mxt.commands import base

if TYPE_CHECKING:
    import pytest


def test_the_overview_has_a_line_for_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["help"], ["--help"], ["-h"]):
        assert main(words) == 0
        out = capsys.readouterr().out
        for word, headline in base.headlines().items():
            assert f"  {word:<8} {headline}\n" in out


def test_a_command_is_described_as_it_describes_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "run"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: mxt run ")
    assert "--shard I/N" in text


def test_an_unknown_command_is_answered_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "wibble"]) == 2
    assert capsys.readouterr().err.startswith("there is no command 'wibble'; there are check, explain,")
