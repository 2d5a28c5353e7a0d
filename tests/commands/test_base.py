"""Commands are the files of their room; a plug-in's are its entry points."""

from __future__ import annotations

import pytest

from mxt.commands import base
from mxt.errors import DataError


@pytest.mark.parametrize("word", base.own())
def test_a_command_says_what_it_does_declares_its_arguments_and_has_a_main(word: str) -> None:
    command = base.load(word)
    assert base.headlines()[word] == (command.__doc__ or "").partition("\n")[0]
    assert base.headlines()[word].endswith(".")
    assert base.parser_of(word).prog == f"mxt {word}"
    assert callable(command.main)
    assert base.exists(word)


def test_what_is_no_command_does_not_exist() -> None:
    for word in ("base", "__init__", "confs/training.yaml", "job.alias=x", "", "--check"):
        assert not base.exists(word)


def fails() -> int:
    cell = "a customer's{}".format(" cell")  # frames are shown with their source
    raise KeyError(cell)


def test_a_bug_of_a_command_keeps_its_text_to_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert base.shielded(fails) == 1
    assert base.shielded(lambda: 7) == 7
    shown = capsys.readouterr()
    assert "a bug in MXT: KeyError (its text is withheld" in shown.err
    assert "a customer's cell" not in shown.err + shown.out


def test_an_error_of_a_user_is_no_bug() -> None:
    def refuses() -> int:
        msg = "no such row"
        raise DataError(msg)

    with pytest.raises(DataError, match="no such row"):
        base.shielded(refuses)
