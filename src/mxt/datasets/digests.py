"""Sorts digests of rows, also more of them than memory holds.

Runs of digests are sorted in memory and kept in a temporary file, each digest once with its count. Then all
runs are read back together, range by range of the digests' first bits. Digests are random, so no range is
much larger than another.
"""

from __future__ import annotations

import tempfile
from itertools import pairwise
from typing import IO, TYPE_CHECKING

from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np

DIGEST_BYTES = 32
RUN = 1 << 18
"""Digests in memory at a time; 8 MiB."""

_RANGES = 1024
"""How many ranges of digests runs can be read back in: one for each value of the first ten bits."""


def in_order(digests: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each distinct digest once, in the order of bytes.

    Args:
        digests: Arrays of bytes, shape (rows, width); all have the same width, a multiple of 8.

    Raises:
        DataError: The temporary folder has no room.

    Yields:
        Some digests, shape (some, width), and how often each was given.
    """
    import numpy as np

    with tempfile.TemporaryFile() as file:
        # For each run, where each range of it starts, as its record in the file.
        places, words = [], 0
        for run in _runs(digests):
            try:
                places.append(_keep(run, file))
            except OSError as error:
                place = tempfile.gettempdir()
                msg = f"{place}: cannot be written ({error.strerror}); name a roomier folder in TMPDIR."
                raise DataError(msg) from error
            words = run.shape[1] - 1
        if not places:
            return
        starts = np.stack(places)
        before = (starts - starts[:, :1]).sum(axis=0)
        bounds = np.unique([*np.searchsorted(before, np.arange(0, before[-1], RUN)), _RANGES])
        for first, last in pairwise(bounds):
            records = [_read(file, run[first], run[last], words + 1) for run in starts]
            merged = _merged(np.concatenate(records))
            yield merged[:, :words].astype(">u8").view(np.uint8), merged[:, words].astype(np.int64)


def repeats(digests: np.ndarray, counts: np.ndarray) -> Iterator[np.ndarray]:
    """Each digest as often as it was given, in pieces that memory holds."""
    import numpy as np

    total, ends = int(counts.sum()), counts.cumsum()
    for start in range(0, total, RUN):
        rows = np.arange(start, min(start + RUN, total))
        yield digests.take(np.searchsorted(ends, rows, side="right"), axis=0)


def _runs(digests: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Digests as records of words and a count, sorted, about `RUN` at a time."""
    import numpy as np

    held: list[np.ndarray] = []
    rows = 0
    for part in digests:
        for start in range(0, len(part), RUN):
            held.append(part[start : start + RUN])
            rows += len(held[-1])
            if rows >= RUN:
                yield _merged(_records(np.concatenate(held)))
                held, rows = [], 0
    if held:
        yield _merged(_records(np.concatenate(held)))


def _records(digests: np.ndarray) -> np.ndarray:
    import numpy as np

    words = np.ascontiguousarray(digests).view(">u8")
    records = np.ones((len(words), words.shape[1] + 1), np.uint64)
    records[:, :-1] = words
    return records


def _merged(records: np.ndarray) -> np.ndarray:
    """The records in order, equal digests as one."""
    import numpy as np

    ordered = records.take(np.argsort(records[:, 0]), axis=0)  # eight times as fast as records[...]
    like = ordered[1:, 0] == ordered[:-1, 0]
    if not like.any():
        return ordered
    ordered = records[np.lexsort(records[:, :-1].T[::-1])]
    new = np.append(True, (ordered[1:, :-1] != ordered[:-1, :-1]).any(axis=1))
    first = np.flatnonzero(new)
    distinct = ordered[first]
    distinct[:, -1] = np.add.reduceat(ordered[:, -1], first)
    return distinct


def _keep(run: np.ndarray, file: IO[bytes]) -> np.ndarray:
    """Append a run to the file, and return the record at which each range starts, and the end of the run."""
    import numpy as np

    edges = np.arange(_RANGES, dtype=np.uint64) << np.uint64(54)
    starts = np.append(np.searchsorted(run[:, 0], edges), len(run))
    first = file.tell() // run[0].nbytes
    file.write(run.data)
    file.flush()
    return starts + first


def _read(file: IO[bytes], start: int, stop: int, words: int) -> np.ndarray:
    """The records from `start` up to `stop`, of so many words each."""
    import numpy as np

    file.seek(int(start) * 8 * words)
    content = file.read(int(stop - start) * 8 * words)
    return np.frombuffer(content, np.uint64).reshape(-1, words)
