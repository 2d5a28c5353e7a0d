"""What a benchmark found, and its tables as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from benchmarks.engines import ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.cases import Case
    from benchmarks.measure import Measurement

HEADER = (
    "case",
    "engine",
    "rows / CPU s",
    "MXT is faster",
    "rows / s",
    "MXT is faster",
    "rows / s, 2 threads",
    "MXT is faster",
    "error",
    "peak MB",
    "prepare s",
    "rows",
)


@dataclass(frozen=True)
class Line:
    """One engine on one case, with one thread and with two, beside MXT; a text says why it failed."""

    case: Case
    engine: str
    one: Measurement | str
    two: Measurement | str | None
    own: Line | None
    """What MXT found; None if this is it."""

    @property
    def version(self) -> str:
        return f"{self.engine} {version(ENGINES[self.engine].package)}"

    @property
    def ratio(self) -> float | None:
        """MXT's rows a CPU second over this engine's."""
        return _ratio(self.own.one if self.own else None, self.one, "cpu_seconds")

    @property
    def met(self) -> bool:
        """Whether what is asked is reached, or nothing is."""
        asked, ratio = self.case.asked.get(self.engine), self.ratio
        return asked is None or ratio is None or ratio >= asked


@dataclass(frozen=True)
class Passage:
    """Rows that went from one Parquet file to another."""

    engine: str
    rows: int
    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: float


def glance(lines: Sequence[Line]) -> str:
    """How many times as fast as each peer MXT is by CPU time, a column for each model; asked in brackets."""
    lines = [line for line in lines if not line.case.deep]
    subjects = list(dict.fromkeys(line.case.subject for line in lines))
    cells: dict[str, dict[str, str]] = {}
    for line in lines:
        if line.case.asked.get(line.engine) is not None:
            cells.setdefault(f"{line.version}{line.case.kind}", {})[line.case.subject] = _answer(line)
    rows = [(name, *(found.get(subject, "") for subject in subjects)) for name, found in cells.items()]
    return markdown([("MXT is faster than", *subjects), *rows])


def deep_glance(lines: Sequence[Line]) -> str:
    """The same for deep trees against a background, a row for each model and a column for each background."""
    deep = [line for line in lines if line.case.deep and line.own]
    backgrounds = sorted({line.case.background for line in deep})
    cells: dict[str, dict[int, str]] = {}
    for line in deep:
        cells.setdefault(line.case.subject, {})[line.case.background] = _answer(line)
    rows = [(name, *(found.get(rows, "") for rows in backgrounds)) for name, found in cells.items()]
    return markdown([("model", *(f"background {rows:,}" for rows in backgrounds)), *rows])


def _answer(line: Line) -> str:
    """Such as 131x (110x)."""
    if line.ratio is None:
        return "failed"
    asked = line.case.asked[line.engine]
    found = times(line.ratio) if line.met else f"**{times(line.ratio)}**"
    return found if asked is None or asked == 1 else f"{found} ({times(asked)})"


def details(lines: Sequence[Line]) -> str:
    """All that was measured, each peer beside MXT on the same case; below it why some failed."""
    found = markdown([HEADER, *map(_cells, lines)])
    failures = [
        f"- {line.case.name}, {line.engine}: {line.one}" for line in lines if isinstance(line.one, str)
    ]
    return "\n".join([found, "", "Failed:", "", *failures]) if failures else found


def _cells(line: Line) -> tuple[str, ...]:
    start = (line.case.name, line.engine)
    if isinstance(line.one, str):
        return (*start, "failed", *[""] * (len(HEADER) - 3))
    own_one, own_two = (line.own.one, line.own.two) if line.own else (None, None)
    return (
        *start,
        *_speed(line.one, own_one, "cpu_seconds"),
        *_speed(line.one, own_one, "wall_seconds"),
        *_speed(line.two, own_two, "wall_seconds"),
        f"{line.one.error:.0e}" if line.one.error else "0",
        f"{line.one.peak_megabytes:.0f}",
        f"{line.one.prepare_seconds:.2f}",
        f"{line.one.rows:,}",
    )


def _speed(found: Measurement | str | None, own: Measurement | str | None, clock: str) -> Iterator[str]:
    speed, ratio = _per_second(found, clock), _ratio(own, found, clock)
    yield "" if speed is None else f"{speed:,.0f}" if speed >= 100 else f"{speed:.3g}"
    yield "" if ratio is None else times(ratio)


def _ratio(own: Measurement | str | None, other: Measurement | str | None, clock: str) -> float | None:
    ours, theirs = _per_second(own, clock), _per_second(other, clock)
    return None if ours is None or theirs is None else ours / theirs


def _per_second(found: Measurement | str | None, clock: str) -> float | None:
    """Rows in a second of the best repetition."""
    return None if found is None or isinstance(found, str) else found.rows / getattr(found, clock)[0]


def passages(found: Sequence[Passage]) -> str:
    """The way from Parquet to Parquet; seconds are also scaled to the most rows."""
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
    return markdown([head, *rows])


def overheads(found: Sequence[Passage]) -> str:
    """Jobs beside the same work by hand; what the fewest rows cost is what starting costs, and taken off."""
    if not found:
        return ""
    head = (
        "rows",
        "by hand, CPU s",
        "job, CPU s",
        "job / by hand",
        "job, rows / CPU s",
        "job, s",
        "job, peak MB",
    )
    job, hand = ({one.rows: one for one in found if one.engine == way} for way in ("job", "by hand"))
    fewest = min(job)
    rows = []
    for count in sorted(job)[1:]:
        own, least = (of[count].cpu_seconds - of[fewest].cpu_seconds for of in (job, hand))
        told = (
            f"{count:,}",
            f"{least:.1f}",
            f"{own:.1f}",
            times(own / least),
            f"{(count - fewest) / own:,.0f}",
        )
        rows.append((*told, f"{job[count].wall_seconds:.1f}", f"{job[count].peak_megabytes:.0f}"))
    starting = (
        f"Starting costs the job {job[fewest].cpu_seconds:.1f} CPU s, by hand {hand[fewest].cpu_seconds:.1f}."
    )
    return "\n".join([markdown([head, *rows]), "", starting])


def missed(lines: Sequence[Line]) -> str:
    """One sentence on what was asked and not reached."""
    short = [line for line in lines if not line.met]
    told = [f"{line.case.name} against {line.engine} ({_answer(line)})" for line in short]
    return f"Missed: {'; '.join(told)}." if told else "All that was asked is met."


def times(ratio: float) -> str:
    """Such as 1,234x or 3.1x."""
    return f"{ratio:,.0f}x" if ratio >= 10 or ratio == int(ratio) else f"{ratio:.2g}x"


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table, its first row the header."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    padded.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(row)} |" for row in padded)
