"""Run the tutorial's commands in turn, in a copy of confs/ and data/, and write what they print below them.

    python docs/make_tutorial.py                         # write docs/tutorial.md
    python docs/make_tutorial.py --check                 # write nothing; exit 1 if an output differs
    python docs/make_tutorial.py --telco /data/telco.csv # also run what needs IBM's table

A block of ``bash`` is run, unless the line ``<!-- not run -->`` stands above it, or the line
``<!-- needs IBM's table -->`` and there is no such table. The block of ``text`` below it holds what it
printed: all of it if its first line is a line of the log, else the last screen. Other machines give other
last digits, so a check compares numbers within a few percent, and leaves out moments, ids of runs and times.
"""

from __future__ import annotations

import argparse
import difflib
import getpass
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, NamedTuple, cast

ROOT = Path(__file__).parents[1]
TUTORIAL = ROOT / "docs" / "tutorial.md"
TABLE = "/data/telco.csv"
"""How the tutorial names IBM's table."""
HOME = "/home/you/mxt"
"""How the tutorial names the folder of the clone."""

_FENCE = re.compile(
    r"(?P<above><!-- [^>]* -->\n)?^```(?P<language>bash|text)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")
_SCREEN = re.compile(r"^\w+Job\b.*: (?:passed|refused|skipped)$", re.MULTILINE)
_ADDRESS = re.compile(r"^See it (?:in the MLflow UI, )?at .*\n(?:  .*\n)?", re.MULTILINE)
_OUTCOME = re.compile(r'^\{"job": .*\n', re.MULTILINE)
_VARYING = (
    (re.compile(r"\b[0-9a-f]{32}\b"), "RUN"),
    (re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?"), "MOMENT"),
    (re.compile(r"(: |, in )\d+\.\d+ s\b"), r"\1SECONDS"),
    (re.compile(r"\b50\d\d\b"), "PORT"),
    (re.compile(r"(latency\w*:).*"), r"\1 TIMES"),
    (re.compile(r" +"), " "),
)
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
RELATIVE, ABSOLUTE, NEARLY_ZERO = 0.05, 0.04, 1e-4
"""Numbers are alike that differ by no more, or that are both nearly zero: another version of xgboost grows
slightly other trees."""


class Block(NamedTuple):
    """A block of the tutorial."""

    language: str
    body: str
    above: str
    """The comment above it."""


def main() -> int:
    """Run the tutorial, and write or compare it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if an output differs")
    parser.add_argument("--telco", metavar="PATH", help="IBM's table, for the blocks that need it")
    options = parser.parse_args()
    before = TUTORIAL.read_text(encoding="utf-8")
    after = made(before, options.telco)
    if not options.check:
        TUTORIAL.write_text(after, encoding="utf-8")
        return 0
    differing = differences(before, after)
    sys.stdout.write("".join(f"{line}\n" for line in differing))
    return 1 if differing else 0


def made(tutorial: str, table: str | None) -> str:
    """The tutorial with the outputs that its commands have today.

    Args:
        tutorial: The text of the tutorial.
        table: Path of IBM's table; None if it is not here.
    """
    printed = ""
    with tempfile.TemporaryDirectory() as folder, _shell(Path(folder)) as shell:

        def replaced(match: re.Match[str]) -> str:
            nonlocal printed
            block = Block(match["language"], match["body"], match["above"] or "")
            if block.language == "text":
                body = _shown(printed, whole=bool(_LOG_LINE.match(block.body))) if printed else block.body
                return f"{block.above}```text\n{body}```"
            runs = "not run" not in block.above and (table is not None or "needs" not in block.above)
            printed = _run(shell, block.body.replace(TABLE, str(table)), folder, table) if runs else ""
            return match[0]

        return _FENCE.sub(replaced, tutorial)


def differences(before: str, after: str) -> list[str]:
    """The lines that differ between two texts of the tutorial by more than another machine may make them."""
    old, new = (_steady(text).splitlines() for text in (before, after))
    changed = []
    for kind, first, last, start, end in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        pairs = list(zip(old[first:last], new[start:end], strict=False))
        alike = last - first == end - start and all(_alike(*pair) for pair in pairs)
        if kind != "equal" and not alike:
            changed += [*(f"- {line}" for line in old[first:last]), *(f"+ {line}" for line in new[start:end])]
    return changed


def _shell(folder: Path) -> subprocess.Popen[str]:
    """A shell in a copy of the clone, where `mxt` and `python` are those of this environment."""
    for name in ("confs", "data"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "pyproject.toml", folder)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MXT_", "MLFLOW_"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return subprocess.Popen(
        ["/bin/bash", "--norc"],
        cwd=folder,
        env={**kept, "PATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _run(shell: subprocess.Popen[str], commands: str, folder: str, table: str | None) -> str:
    """What some commands print, with the names of folders and people that the tutorial has."""
    end = "-- the end of a block, and its exit code:"
    words, printed = cast("IO[str]", shell.stdin), cast("IO[str]", shell.stdout)
    words.write(f"{commands}\necho '{end}' $?\n")
    words.flush()
    lines = []
    for line in printed:
        if line.startswith(end):
            if line.split()[-1] != "0":
                msg = f"A command of the tutorial failed:\n{commands}\n{''.join(lines)}"
                raise SystemExit(msg)
            break
        lines.append(line)
    text = "".join(lines).replace(str(Path(folder).resolve()), HOME)
    text = re.sub(rf"{re.escape(sys.prefix)}/bin/python[\d.]*", f"{HOME}/.venv/bin/python", text)
    text = text.replace(sys.prefix, f"{HOME}/.venv")
    text = text.replace(str(table), TABLE) if table else text
    return re.sub(rf'(by"?:? "?){re.escape(getpass.getuser())}\b', r"\1you", text)


def _shown(printed: str, *, whole: bool) -> str:
    """The part of an output that the tutorial shows."""
    text = re.sub(r" +$", "", _OUTCOME.sub("", printed), flags=re.MULTILINE)
    if whole:
        return text
    text = "".join(line for line in text.splitlines(keepends=True) if not _LOG_LINE.match(line))
    screen = _SCREEN.search(text)
    return _ADDRESS.sub("", text[screen.start() :] if screen else text)


def _steady(text: str) -> str:
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return text


def _alike(old: str, new: str) -> bool:
    """Whether two lines differ in the last digits of their numbers at most."""
    if _NUMBER.sub("N", old) != _NUMBER.sub("N", new):
        return False
    pairs = zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=True)
    return all(_close(*(float(number.replace(",", "")) for number in pair)) for pair in pairs)


def _close(one: float, other: float) -> bool:
    largest = max(abs(one), abs(other))
    return largest < NEARLY_ZERO or abs(one - other) <= max(ABSOLUTE, RELATIVE * largest)


if __name__ == "__main__":
    sys.exit(main())
