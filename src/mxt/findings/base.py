"""What a job found: facts, scores, tables, charts, a page, and the outputs that it asks to be written."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeAlias

from mxt.findings.documents import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd
    import pyarrow as pa
    from matplotlib.figure import Figure

    from mxt.datasets.writers.base import Provenance, Writer
    from mxt.registries.versions import Pinned

Fact: TypeAlias = str | int | float | bool | None
"""A value that a person or a program is told at the end of a job; never a cell of a customer's table."""


@dataclass(frozen=True)
class Chart:
    """A picture of a table, with what it shows in a sentence."""

    title: str
    sentence: str
    """What is to be seen, for those who do not see it."""
    table: str
    """Name of the table, among those of the findings, that holds the same numbers."""
    draw: Callable[[Figure], object]
    """Draws the chart on an empty figure of matplotlib."""


@dataclass(frozen=True)
class Output:
    """A table that a job writes where its config says."""

    role: str
    """The field of the config that names the writer; the fact `<role>_rows` counts the rows."""
    writer: Writer | None
    """None if the config names none: then nothing is written."""
    data: pd.DataFrame | Iterable[pa.RecordBatch]
    unit: str = ""
    """That of the values."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else its provenance holds, such as how far its rows reach."""
    present: Provenance | None = None
    """That of the output that rows are added to; None replaces the output."""


@dataclass(frozen=True)
class Findings:
    """The result of a job, or of a stage of one; `first | second` joins stages.

    The base of `Job` does everything with it: it logs, draws, writes, tags and notifies.
    """

    passed: bool | None = None
    """The verdict; None in a stage that does not decide it."""
    answer: Sequence[str] = ()
    """Sentences that answer what the job was run for: on what, the verdict, the reason. They lead the last
    screen, the page, the notification and the description of the run."""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """What the last screen, the JSON line and the notification hold, in this order."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Metrics of the run; what is not known is left out."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the run, for gates."""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """By name."""
    charts: Mapping[str, Chart] = field(default_factory=dict)
    """By name."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Texts that are kept as they are, by the name of their file."""
    page: Document = field(default_factory=Document)
    """What the page holds below the answer."""
    outputs: Sequence[Output] = ()
    """Written in this order; what marks rows as done comes last."""
    about: Pinned | None = None
    """The version that the findings are about; that of the run if left out."""
    evidence: bool = False
    """Whether gates may rely on it: then the version names the run as the last of its KIND."""
    skipped: str = ""
    """Why there was nothing to do; empty if there was."""
    next: Sequence[str] = ()
    """What a person would do next, as commands."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What else the Locals hold, for those who run the job in Python."""

    def __or__(self, later: Findings) -> Findings:
        """The findings of both stages; the later one decides what there is but one of."""
        return Findings(**{each.name: _joined(self, later, each.name) for each in fields(Findings)})


_JOINED = {"facts", "scores", "tags", "tables", "charts", "files", "page", "values"}
_IN_ORDER = {"answer", "outputs"}


def _joined(first: Findings, later: Findings, name: str) -> Any:  # noqa: ANN401 - a field of any type
    one, other = getattr(first, name), getattr(later, name)
    if name in _JOINED:
        return one | other
    if name in _IN_ORDER:
        return (*one, *other)
    if name == "passed":
        return one if other is None else other
    return other or one
