"""The catalogue is printed, whole or of one name."""

from __future__ import annotations

import pytest

from mxt.catalogue import catalogue
from mxt.cli import main


@pytest.mark.parametrize("words", [["kinds", "Gate"], ["--kinds", "Gate"], ["--kinds=Gate"]], ids=" ".join)
def test_an_option_takes_the_argument_of_its_command(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Gate: A condition that a version must meet")


def test_without_a_name_it_is_the_whole_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kinds"]) == 0
    assert capsys.readouterr().out == catalogue("") + "\n"
