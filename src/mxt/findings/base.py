"""The result of a job: verdict, facts, scores, tables, charts, a page, and the outputs to be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from mxt.findings.documents import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd
    import pyarrow as pa
    from matplotlib.figure import Figure

    from mxt.datasets.writers.base import Provenance, Writer
    from mxt.registries.versions import Pinned

Fact: TypeAlias = str | int | float | bool | None
"""A value that a job reports at its end, to people and programs; never a cell of a customer's table."""


@dataclass(frozen=True)
class Chart:
    """A picture of a table, with a sentence that describes it."""

    title: str
    sentence: str
    """What the picture shows, for readers who do not see it."""
    table: str
    """Name of the table of the same findings that holds the same numbers."""
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
    """Unit of the values."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Entries to add to its provenance, such as how far its rows reach."""
    present: Provenance | None = None
    """Provenance of the output that rows are added to; None replaces the output."""


@dataclass(frozen=True)
class Findings:
    """The result of a job, or of a stage of one; `first | second` joins stages.

    The base of `Job` does everything with it: it logs, draws, writes, tags and notifies.
    """

    passed: bool | None = None
    """The verdict; None in a stage that does not decide it."""
    answer: Sequence[str] = ()
    """Sentences that answer what the job was run for: on what, the verdict, the reason. The last screen, the
    page, the notification and the description of the run begin with them."""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """Values of the last screen, the JSON line and the notification, by name, in this order."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Metrics of the run by name; unknown ones are left out."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the run, which gates read."""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Tables by name; each becomes a CSV artifact of the run."""
    charts: Mapping[str, Chart] = field(default_factory=dict)
    """Charts by name; each becomes a PNG artifact of the run."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Texts by the name of their file; each becomes an artifact of the run."""
    page: Document = field(default_factory=Document)
    """Content of the page below the answer."""
    outputs: Sequence[Output] = ()
    """Outputs in the order in which they are written; the one that marks rows as done comes last."""
    about: Pinned | None = None
    """The version that the findings are about; the version of the run if left out."""
    evidence: bool = False
    """Whether gates may rely on it: then the version names the run as the last of its KIND."""
    skipped: str = ""
    """Why there was nothing to do; empty if there was."""
    next: Sequence[str] = ()
    """Commands that a person would run next."""
    values: Mapping[str, object] = field(default_factory=dict)
    """Further objects by name, for callers who run the job in Python."""

    def __or__(self, later: Findings) -> Findings:
        """The findings of both stages; where there can be one value only, that of the later stage wins."""
        return Findings(
            passed=self.passed if later.passed is None else later.passed,
            answer=(*self.answer, *later.answer),
            facts={**self.facts, **later.facts},
            scores={**self.scores, **later.scores},
            tags={**self.tags, **later.tags},
            tables={**self.tables, **later.tables},
            charts={**self.charts, **later.charts},
            files={**self.files, **later.files},
            page=self.page | later.page,
            outputs=(*self.outputs, *later.outputs),
            about=later.about or self.about,
            evidence=later.evidence or self.evidence,
            skipped=later.skipped or self.skipped,
            next=later.next or self.next,
            values={**self.values, **later.values},
        )
