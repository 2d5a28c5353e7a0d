"""The table of a benchmark, and the page that keeps it."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cases import MXT
from benchmarks.engines import ENGINES
from benchmarks.models import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.cases import Case
    from benchmarks.measure import Measurement

HEADER = (
    "case",
    "engine",
    "rows / CPU s",
    "MXT is faster",
    "asked",
    "rows / s",
    "faster",
    "rows / s, 2 threads",
    "faster",
    "error",
    "peak MB",
    "prepare s",
    "rows",
)


@dataclass(frozen=True)
class Line:
    """One engine on one case, with one thread and with two; a text says why it failed."""

    case: Case
    engine: str
    one: Measurement | str
    two: Measurement | str | None


@dataclass(frozen=True)
class Passage:
    """Rows that went from one Parquet file to another."""

    engine: str
    rows: int
    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: float


def table(lines: Sequence[Line]) -> str:
    """The lines as Markdown, each peer beside MXT on the same case."""
    own = {line.case.name: line for line in lines if line.engine == MXT}
    return _markdown([HEADER, *(_cells(line, own[line.case.name]) for line in lines)])


def _cells(line: Line, own: Line) -> tuple[str, ...]:
    start = (line.case.name, line.engine)
    if isinstance(line.one, str):
        return (*start, f"failed: {line.one.replace('|', '/')}", *[""] * (len(HEADER) - 3))
    if isinstance(own.one, str):
        ratio, wall = None, None
    else:
        ratio, wall = _cpu(own.one) / _cpu(line.one), _wall(own.one) / _wall(line.one)
    second, both = "", ""
    if line.two is not None and not isinstance(line.two, str):
        second = _number(_wall(line.two))
        both = "" if own.two is None or isinstance(own.two, str) else _times(_wall(own.two) / _wall(line.two))
    return (
        *start,
        _number(_cpu(line.one)),
        "" if ratio is None else _times(ratio),
        _verdict(line, ratio),
        _number(_wall(line.one)),
        "" if wall is None else _times(wall),
        second,
        both,
        f"{line.one.error:.0e}",
        f"{line.one.peak_megabytes:.0f}",
        f"{line.one.prepare_seconds:.2f}",
        f"{line.one.rows:,}",
    )


def _cpu(found: Measurement) -> float:
    """Rows a CPU second of the best repetition."""
    return found.rows / found.cpu_seconds[0]


def _wall(found: Measurement) -> float:
    return found.rows / found.wall_seconds[0]


def _verdict(line: Line, ratio: float | None) -> str:
    asked = line.case.asked.get(line.engine)
    if asked is None or ratio is None:
        return ""
    return f">= {_times(asked)}, {'met' if ratio >= asked else 'missed'}"


def passages(found: Sequence[Passage]) -> str:
    """The way from Parquet to Parquet as Markdown; seconds are also scaled to the most rows."""
    if not found:
        return ""
    most = max(one.rows for one in found)
    head = ("engine", "rows", "CPU s", f"CPU s for {most:,}", "s", "peak MB")
    rows = [
        (
            one.engine,
            f"{one.rows:,}",
            f"{one.cpu_seconds:.1f}",
            f"{one.cpu_seconds * most / one.rows:.1f}",
            f"{one.wall_seconds:.1f}",
            f"{one.peak_megabytes:.0f}",
        )
        for one in found
    ]
    return _markdown([head, *rows])


def described() -> str:
    """The machine and the time."""
    from mxt.explainers.kernels import _kernels

    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {_processor()}, {os.cpu_count()} cores; vector unit "
        f"{_kernels.vector_units()[0]}; Python {platform.python_version()}; load when it began {load}."
    )


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def page(machine: str, lines: Sequence[Line], found: Sequence[Passage]) -> str:
    """All of ``docs/benchmarks.md``."""
    packages = sorted({ENGINES[line.engine].package for line in lines} | {"scikit-learn", "numpy"})
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    text = (Path(__file__).parent / "page.md").read_text()
    return text.format(
        machine=f"{machine[:-1]}, and when it ended {load}.",
        versions=", ".join(f"{name} {version(name)}" for name in packages),
        subjects=_markdown([("model", "what it is", "columns"), *_subjects()]),
        table=table(lines),
        passages=passages(found),
        missed=_missed(lines),
    )


def _subjects() -> list[tuple[str, ...]]:
    return [(subject.name, subject.told, str(subject.columns)) for subject in SUBJECTS.values()]


def _missed(lines: Sequence[Line]) -> str:
    """One sentence on what was asked and not reached."""
    own = {line.case.name: line for line in lines if line.engine == MXT}
    cells = [_cells(line, own[line.case.name]) for line in lines]
    short = [f"{row[0]} against {row[1]} ({row[3]}, {row[4]})" for row in cells if row[4].endswith("missed")]
    return f"Missed: {'; '.join(short)}." if short else "Everything that was asked is met."


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}x" if ratio >= 10 or ratio == int(ratio) else f"{ratio:.2g}x"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    padded.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(row)} |" for row in padded)
