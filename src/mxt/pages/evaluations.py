"""The findings of an evaluation: scores with their intervals, in tables, on a page and in charts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mxt.assessments.scores import BROKEN, INSUFFICIENT
from mxt.findings import Chart, Document, Findings, Heading, Paragraph
from mxt.findings import tags as run_tags
from mxt.findings.words import count, listed
from mxt.pages import evaluation_grids as grids
from mxt.pages.evaluation_charts import draw_reliability, draw_segments
from mxt.pages.positives import positive_fact
from mxt.schemas.captions import NO_CAPTIONS

if TYPE_CHECKING:
    import pandas as pd

    from mxt.findings import Fact
    from mxt.findings.documents import Block
    from mxt.schemas.captions import Captions

INTERVALS = "Behind a number stands its 95 % interval, which takes the rows to be independent."
LEADING_SCORES = 3
"""Number of scores that the answer names."""


@dataclass(frozen=True)
class Evaluation:
    """The scores of a version, as tables."""

    version: str
    rows: int
    """Number of rows that were scored."""
    scores: pd.DataFrame
    """A row for each metric."""
    segments: pd.DataFrame | None
    """A row for each segment, cell and metric."""
    classes: pd.DataFrame | None
    confidence: pd.DataFrame | None
    latency: pd.DataFrame | None
    baseline: str
    """The version that the scores are compared with; empty if there is none."""
    held_out: str = ""
    """The fact that says whether a version was fitted to the scored rows."""
    captions: Captions = NO_CAPTIONS
    """How people call the columns of segments and their values."""
    notes: tuple[str, ...] = ()
    """What readers must know of the segments."""

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables that were made, by name."""
        tables = {
            "evaluations": self.scores,
            "segments": self.segments,
            "classes": self.classes,
            "confidence": self.confidence,
            "latency": self.latency,
        }
        return {name: table for name, table in tables.items() if table is not None}

    @property
    def captioned(self) -> Evaluation:
        """The same evaluation, with captions of segments and classes in the place of names, for people."""
        captions, segments, classes = self.captions, self.segments, self.classes
        if not captions:
            return self
        if segments is not None:
            segments = captions.positives_of(segments.set_axis(captions.cells_of(segments.index)))
        return replace(
            self,
            scores=captions.positives_of(self.scores),
            segments=segments,
            classes=None if classes is None else classes.rename(index=captions.label),
            captions=NO_CAPTIONS,
        )

    @property
    def beyond(self) -> list[str]:
        """Scores and latencies that do not keep their limits, in words without a value of the data."""
        failed = self.scores[~self.scores["passed"]]
        beyond = [f"{label} ({row['limits']})" for label, row in failed.iterrows()]
        if "met" in self.scores:
            unmet = self.scores[~self.scores["met"].astype(bool)]
            beyond += [f"{label} ({row['demand']} than the baseline)" for label, row in unmet.iterrows()]
        if self.segments is not None:
            broken = self.segments[self.segments["outcome"] == BROKEN].groupby(
                ["segment", "metric"], sort=False
            )
            beyond += [f"{metric} in {len(part)} cells of {segment}" for (segment, metric), part in broken]
        if self.latency is not None:
            slow = self.latency[~self.latency["passed"]]
            beyond += [f"p95 of {rows} rows ({row['milliseconds']:.3g} ms)" for rows, row in slow.iterrows()]
        return beyond

    @property
    def passed(self) -> bool:
        """Whether everything keeps its limits."""
        return not self.beyond

    @property
    def positives(self) -> dict[str, str]:
        """The positive class of each score that has one, by the label of the score."""
        known = self.scores.get("positive")
        return {} if known is None else {str(label): name for label, name in known.items() if name}

    def findings(self) -> Findings:
        """The findings of the job."""
        shown = self.captioned
        ends = {
            f"{label}_{end}": self.scores.loc[label, end]
            for label in self.scores.index
            for end in ("low", "high")
        }
        return Findings(
            passed=self.passed,
            answer=shown.answer(),
            facts=self._facts(),
            scores={str(name): float(score) for name, score in {**self.scores["score"], **ends}.items()},
            tags={f"{run_tags.POSITIVE}{label}": name for label, name in self.positives.items()},
            tables=self.tables,
            charts=shown.charts(),
            page=Document(shown.blocks(), name="evaluation"),
        )

    def answer(self) -> list[str]:
        """The verdict and the leading scores, in sentences."""
        rows, beside = count(self.rows, "row"), f", beside {self.baseline}" if self.baseline else ""
        verdict = f"misses {listed(self.beyond)}" if self.beyond else "keeps all limits"
        scores = [
            f"{grids.label(label, self.positives)} {grids.estimate(row)}"
            for label, row in self.scores.iterrows()
        ]
        return [f"{self.version} {verdict}, scored on {rows}{beside}.", f"{listed(scores, LEADING_SCORES)}."]

    def _facts(self) -> dict[str, Fact]:
        """The facts of the job."""
        facts: dict[str, Fact] = {
            str(label): round(float(score), 4) for label, score in self.scores["score"].items()
        }
        facts |= positive_fact(self.positives)
        facts["intervals"] = ", ".join(
            f"{label} {row['low']:.4g} to {row['high']:.4g}" for label, row in self.scores.iterrows()
        )
        if "better_by" in self.scores:
            facts["better_by"] = ", ".join(
                f"{label} {row['better_by']:.4g} ({row['better_by_low']:.4g} to {row['better_by_high']:.4g})"
                for label, row in self.scores.iterrows()
            )
        if self.segments is not None:
            cells = self.segments.groupby(level=[0, 1], sort=False)["outcome"].agg(set)
            facts["cells"] = len(cells)
            facts["insufficient_cells"] = int(cells.map(lambda outcomes: INSUFFICIENT in outcomes).sum())
        if self.latency is not None:
            p95 = self.latency[self.latency["quantile"] == "p95"]
            facts["p95_ms"] = ", ".join(
                f"{row['milliseconds']:.3g} of {rows} rows" for rows, row in p95.iterrows()
            )
        return facts | ({"beyond_limits": ", ".join(self.beyond)} if self.beyond else {})

    def blocks(self) -> list[Block]:
        """The sections of the page."""
        blocks: list[Block] = []
        if self.held_out:
            blocks.append(Paragraph(f"Held out from training: {self.held_out}."))
        blocks += [Heading("Scores"), Paragraph(INTERVALS)]
        blocks.append(grids.scores(self.scores, self.positives))
        if "better_by" in self.scores:
            blocks += [Heading(f"Beside {self.baseline}"), grids.comparison(self.scores, self.positives)]
        if self.segments is not None:
            blocks += [Heading("Segments"), *map(Paragraph, self.notes), *grids.segments(self.segments)]
        if self.classes is not None:
            blocks += [Heading("Classes"), grids.classes(self.classes)]
        if self.confidence is not None:
            blocks += [Heading("Confidence"), grids.confidence(self.confidence)]
        if self.latency is not None:
            blocks += [Heading("Latency of a call"), grids.latency(self.latency)]
        return blocks

    def charts(self) -> dict[str, Chart]:
        """The charts that the tables allow, by name."""
        charts: dict[str, Chart] = {}
        confidence, segments = self.confidence, self.segments
        if confidence is not None:
            charts["reliability"] = Chart(
                "Confidence",
                "The share of right predictions by the probability of the predicted class, above how many "
                "rows there are of each; a calibrated model lies on the dotted line.",
                "confidence",
                lambda figure: draw_reliability(figure, confidence),
            )
        if segments is not None:
            charts["segments"] = Chart(
                "Segments",
                "The scores of each cell with their 95 % intervals; an X misses its limit.",
                "segments",
                lambda figure: draw_segments(figure, segments),
            )
        return charts
