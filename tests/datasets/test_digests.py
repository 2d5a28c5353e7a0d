"""Digests in order: what Python's own sort says, in memory that does not grow."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mxt.datasets import digests
from mxt.datasets.digests import in_order, repeats

if TYPE_CHECKING:
    from pathlib import Path


def draw(rows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (rows, 32), dtype=np.uint8)


def like_but_at_the_end(rows: int) -> np.ndarray:
    """Digests whose first 31 bytes are the same."""
    found = np.repeat(draw(1), rows, axis=0)
    found[:, 31] = np.arange(rows) % 256
    return found[::-1]


CASES = {
    "drawn": draw(5_000),
    "each many times": draw(40)[np.random.default_rng(1).integers(0, 40, 5_000)],
    "all the same": np.repeat(draw(1), 5_000, axis=0),
    "all zero": np.zeros((300, 32), np.uint8),
    "one": draw(1),
    "like but for the last byte": like_but_at_the_end(700),
    "largest and smallest": np.repeat([[255], [0]], 32, axis=1).astype(np.uint8),
}


@pytest.mark.parametrize("run", [64, 1_000, 1 << 18])
@pytest.mark.parametrize("name", CASES)
def test_digests_are_sorted_and_counted(name: str, run: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "RUN", run)
    rows = [row.tobytes() for row in CASES[name]]
    found = list(in_order(np.array_split(CASES[name], 7)))
    told = {
        row.tobytes(): int(count) for part, counts in found for row, count in zip(part, counts, strict=True)
    }
    assert list(told) == sorted(set(rows))
    assert told == Counter(rows)
    again = [row.tobytes() for part, counts in found for piece in repeats(part, counts) for row in piece]
    assert again == sorted(rows)


@pytest.mark.parametrize("parts", [[], [draw(0)], [draw(0), draw(0)]])
def test_no_digests_are_none(parts: list[np.ndarray]) -> None:
    assert list(in_order(parts)) == []


FULL = """
import resource, signal
import numpy as np
from mxt.datasets.digests import in_order
from mxt.errors import DataError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    list(in_order([np.random.default_rng(0).integers(0, 256, (100_000, 32), dtype=np.uint8)]))
except DataError as error:
    print(error)
"""


def test_a_temporary_folder_that_is_full_is_told(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", FULL]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told = f"{tmp_path}: cannot be written (File too large); name a roomier folder in TMPDIR.\n"
    assert ended.stdout == told


MEMORY = """
import resource
import numpy as np
from mxt.datasets.digests import RUN, in_order

def draw(runs):
    rng = np.random.default_rng(0)
    for _ in range(runs):
        yield rng.integers(0, 256, (RUN, 32), dtype=np.uint8)

sum(len(part) for part, _ in in_order(draw(2)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = sum(len(part) for part, _ in in_order(draw(12)))
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_digests() -> None:
    ended = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    rows, grown = map(int, ended.stdout.split())
    # Ten runs more, of 8 MiB each.
    assert rows == 12 << 18
    assert grown < 24_000 * (1024 if sys.platform == "darwin" else 1)
