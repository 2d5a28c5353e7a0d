"""The command line: which command the words name, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import mxt
from conftest import REPOSITORY, clean_environment
from mxt.cli import main
from packages import installed

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Project

TRAINING = str(REPOSITORY / "confs" / "training.yaml")
VALID = f"{TRAINING}: a valid TrainingJob\n"


@pytest.mark.parametrize(
    "words",
    [
        ["check", TRAINING],
        ["--check", TRAINING],
        [TRAINING, "--check"],
        [TRAINING, "--check", "job.alias=Tried"],
        ["check", "job.alias=Tried", TRAINING],
    ],
    ids=" ".join,
)
def test_a_command_may_be_written_as_an_option(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out == VALID


def test_a_word_that_is_neither_a_command_nor_a_config_is_answered_with_the_nearest_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["chek", TRAINING]) == 2
    assert capsys.readouterr().err == (
        "there is no command 'chek', nor a config of that name; did you mean 'check'?\n"
    )
    assert main(["wibble"]) == 2
    known = "the commands are check, explain, help, init, kinds, run, schema, trust, version."
    assert known in capsys.readouterr().err
    (tmp_path / "wibble").write_text("job: {KIND: HistoryJob}")
    assert main(["wibble", "--check"]) == 0
    assert capsys.readouterr().out == "wibble: a valid HistoryJob\n"


@pytest.mark.parametrize(
    "words",
    [
        ["https://u:hunter2@h/x.yaml"],
        ["check", "https://u:hunter2@h/x.yaml"],
        [TRAINING, "job.inputs.path=https://u:hunter2@h/x.csv"],
        [TRAINING, "job.inputs.pth=https://h/x.csv?sig=hunter2"],
        ["explain", "https://h/x.csv?sig=hunter2", "--id", "1"],
        ["explain", "t.csv", "--id", "1", "--store", "https://u:hunter2@h"],
        ["explain", "t.csv", "--id", "1", "--background", "https://hunter2@h/x.csv"],
        ["init", "s3://key:hunter2@bucket/x.csv"],
        ["init", "https://u:hunter2@h/x.csv", "--target", "y"],
        ["trust", "https://u:hunter2@h/model.pkl"],
        ["trust", "--convert", "m.pkl", "--rows", "https://h/x.csv?sig=hunter2"],
        ["kinds", "https://u:hunter2@h"],
        ["check", "--unknown=https://u:hunter2@h", TRAINING],
    ],
    ids=lambda words: f"{words[0]} {words[-1]}",
)
def test_no_secret_of_an_argument_is_printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(words)
    except SystemExit as stop:  # of argparse
        code = int(stop.code or 0)
    assert code == 2
    printed = capsys.readouterr()
    assert "hunter2" not in printed.out + printed.err


def test_no_words_are_answered_with_what_to_try(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["check"], ["job.alias=x"], ["--check", "job.alias=x"]):
        assert main(words) == 2
        assert capsys.readouterr().err == (
            "no config file given; try: mxt confs/explanations.yaml, or mxt help\n"
        )


def test_public_names_are_listed() -> None:
    assert {"explain", "__version__"} <= {*dir(mxt)}
    assert callable(mxt.explain)
    with pytest.raises(AttributeError, match="nobody"):
        mxt.nobody  # noqa: B018 - the access is what fails


HELLO = '''
"""Greet somebody."""

def arguments(parser):
    parser.add_argument("name")

def main(options):
    print(f"Hello {options.name}")
    return 10
'''


def test_a_plug_in_adds_a_command(project: Project, tmp_path: Path) -> None:
    entries = {"mxt.commands": {"hello": "hello", "broken": "nobody_has_this"}}
    env = installed(tmp_path, {"hello": HELLO}, entries)
    ended = project.mxt("hello", "Ada", env=env)
    assert (ended.code, ended.out) == (10, "Hello Ada\n")
    assert project.mxt("hello", "--help", env=env).out.startswith(
        "usage: mxt hello [-h] name\n\nGreet somebody."
    )
    broken = project.mxt("broken", env=env)
    assert broken.code == 2
    assert "the plug-in nobody_has_this of mxt.commands cannot be loaded (ModuleNotFoundError" in broken.err


@pytest.mark.slow
def test_variables_that_loguru_refuses_disturb_no_command(project: Project) -> None:
    env = {"LOGURU_LEVEL": "NOPE", "LOGURU_DEBUG_NO": "x"}
    assert project.mxt("check", "confs/promotion.yaml", env=env).code == 0


def test_a_reader_that_goes_away_ends_the_command_quietly() -> None:
    command = f"{sys.executable} -m mxt kinds | head -1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(
        ["/bin/bash", "-c", command], env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert ended.returncode in {0, 141}
    assert "Traceback" not in ended.stderr


def test_a_signal_ends_a_command_with_the_code_of_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mxt.commands.version.main", lambda _: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(SystemExit) as stopped:
        main(["version"])
    assert stopped.value.code == 143
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
