"""Commands are the files of their room; a plug-in's are its entry points."""

from __future__ import annotations

import pytest

from mxt.commands import base


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
