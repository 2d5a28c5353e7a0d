"""Whatever configs, variables and files hold, MXT ends soon, in words, and by the exit code of its cause."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from conftest import clean_environment
from fuzzed_configs import case, smallest
from fuzzed_files import STORED, TABLES
from fuzzed_files import faults as faults_of_files
from sweeps import trials

if TYPE_CHECKING:
    from pathlib import Path

FIRST = 40
"""Cases of every run of the suite; the slow tests go on from there."""


def faults(numbers: range, folder: Path) -> list[str]:
    """How the cases of some numbers end that end badly; with the smallest form of the first."""
    lines: list[str] = []
    for number in numbers:
        fault = case(number).fault(folder)
        if fault:
            shown = f" smallest: {smallest(case(number), folder)}" if not lines else ""
            lines.append(f"case {number}: {fault}{shown}")
    return lines


def test_a_fuzzed_config_is_valid_or_refused_in_words(tmp_path: Path) -> None:
    assert not faults(range(FIRST), tmp_path)


@pytest.mark.slow
def test_thousands_of_fuzzed_configs_are_valid_or_refused_in_words(tmp_path: Path) -> None:
    assert not faults(range(FIRST, trials(1000, 20_000)), tmp_path)


@pytest.mark.slow
def test_the_command_ends_as_the_process_of_the_tests_does_on_fuzzed_configs(tmp_path: Path) -> None:
    """Left out is what no process can be given: half a surrogate pair, and arguments above a size."""

    def ended(number: int) -> str:
        fuzzed, file = case(number), tmp_path / f"{number}.yaml"
        file.write_bytes(fuzzed.content)
        words = [
            word for word in fuzzed.overrides if not set(word) & {"\0", "\ud800"} and len(word) < 100_000
        ]
        done = subprocess.run(
            [sys.executable, "-m", "mxt", "--check", str(file), *words],
            env=clean_environment({name: text for name, text in fuzzed.environment if len(text) < 100_000}),
            capture_output=True,
            check=False,
            timeout=60,
        )
        bad = done.returncode not in {0, 2} or b"Traceback" in done.stderr
        return f"case {number}: {done.returncode} {done.stderr[:300]!r}" if bad else ""

    with ThreadPoolExecutor(2) as pool:
        assert not [*filter(None, pool.map(ended, range(trials(12, 300))))]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*TABLES, *STORED])
def test_a_fuzzed_file_is_read_or_refused_in_words(kind: str, tmp_path: Path) -> None:
    full = 1250 if kind in {*TABLES, "MLmodel"} else 400
    assert not faults_of_files(kind, range(trials(40, full)), tmp_path / "cases")
