"""What an evaluation found: a page of text and tables, and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mxt.assessments.scores import BROKEN, INSUFFICIENT, UNDEFINED
from mxt.reports.positives import positive_fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.figure import Figure

SHOWN_CELLS = 40
SHOWN_METRICS = 3


@dataclass(frozen=True)
class Findings:
    """What an evaluation found, as tables."""

    version: str
    rows: int
    """How many rows were scored."""
    scores: pd.DataFrame
    """By metric."""
    segments: pd.DataFrame | None
    """By segment and cell."""
    classes: pd.DataFrame | None
    confidence: pd.DataFrame | None
    latency: pd.DataFrame | None
    baseline: str
    """The version that the scores are beside, or an empty text."""
    held_out: str = ""
    """Whether a version was fitted to the rows scored, in words."""

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables there are, by the name of their file."""
        found = {
            "evaluations.csv": self.scores,
            "segments.csv": self.segments,
            "classes.csv": self.classes,
            "confidence.csv": self.confidence,
            "latency.csv": self.latency,
        }
        return {file: table for file, table in found.items() if table is not None}

    @property
    def beyond(self) -> list[str]:
        """What does not keep its limits, in words without a value of the data."""
        failed = self.scores[~self.scores["passed"]]
        told = [f"{label} ({row['limits']})" for label, row in failed.iterrows()]
        if "met" in self.scores:
            unmet = self.scores[~self.scores["met"].astype(bool)]
            told += [f"{label} ({row['demand']} than the baseline)" for label, row in unmet.iterrows()]
        if self.segments is not None:
            broken = self.segments[self.segments["outcome"] == BROKEN].groupby(
                ["segment", "metric"], sort=False
            )
            told += [f"{metric} in {len(part)} cells of {segment}" for (segment, metric), part in broken]
        if self.latency is not None:
            slow = self.latency[~self.latency["passed"]]
            told += [f"p95 of {rows} rows ({row['milliseconds']:.3g} ms)" for rows, row in slow.iterrows()]
        return told

    @property
    def passed(self) -> bool:
        """Whether everything keeps its limits."""
        return not self.beyond

    @property
    def positives(self) -> dict[str, str]:
        """The class that each score is about, by its label, of those that are about one."""
        known = self.scores.get("positive")
        return {} if known is None else {str(label): name for label, name in known.items() if name}

    def facts(self) -> dict[str, Any]:
        """What a person is told at the end of the job, beside the scores."""
        told: dict[str, Any] = positive_fact(self.positives) | {
            "intervals": ", ".join(
                f"{label} {row['low']:.4g} to {row['high']:.4g}" for label, row in self.scores.iterrows()
            )
        }
        if "better_by" in self.scores:
            told["better_by"] = ", ".join(
                f"{label} {row['better_by']:.4g} ({row['better_by_low']:.4g} to {row['better_by_high']:.4g})"
                for label, row in self.scores.iterrows()
            )
        if self.segments is not None:
            cells = self.segments.groupby(level=[0, 1], sort=False)["outcome"].agg(set)
            told["cells"] = len(cells)
            told["insufficient_cells"] = int(cells.map(lambda found: INSUFFICIENT in found).sum())
        if self.latency is not None:
            p95 = self.latency[self.latency["quantile"] == "p95"]
            told["p95_ms"] = ", ".join(
                f"{row['milliseconds']:.3g} of {rows} rows" for rows, row in p95.iterrows()
            )
        return told | ({"beyond_limits": ", ".join(self.beyond)} if self.beyond else {})

    def figures(self) -> dict[str, Figure]:
        """The figures there are, by the name of their file."""
        found = {}
        if self.confidence is not None:
            found["reliability.png"] = reliability_figure(self.confidence)
        if self.segments is not None:
            found["segments.png"] = segments_figure(self.segments)
        return found


def summary(provenance: Mapping[str, str], found: Findings) -> str:
    """A Markdown page that says in words and tables what the figures show."""
    verdict = "keeps all limits" if found.passed else f"does not keep: {'; '.join(found.beyond)}"
    beside = f", beside {found.baseline}" if found.baseline else ""
    lines = [
        "# Evaluation",
        "",
        f"{found.version} was scored on {found.rows} rows{beside}. It {verdict}.",
        "",
        *([f"Held out from training: {found.held_out}.", ""] if found.held_out else []),
    ]
    lines += ["Intervals hold 95 %; they take the rows to be independent.", "", "## Scores", ""]
    lines += _markdown(found.scores.drop(columns="higher_is_better"))
    if found.segments is not None:
        few = "A cell of too few rows is insufficient: it gets no score and never fails."
        lines += ["", "## Segments", "", few, "", *_markdown(found.segments.head(SHOWN_CELLS))]
        if len(found.segments) > SHOWN_CELLS:
            lines += ["", f"{len(found.segments)} lines in all, in segments.csv."]
    for title, table in (
        ("Classes", found.classes),
        ("Confidence", found.confidence),
        ("Latency in milliseconds", found.latency),
    ):
        if table is not None:
            lines += ["", f"## {title}", "", *_markdown(table)]
    lines += ["", "## Provenance", "", "| what | value |", "| --- | --- |"]
    lines += [f"| {key} | {value} |" for key, value in provenance.items()]
    return "\n".join(lines) + "\n"


def reliability_figure(confidence: pd.DataFrame) -> Figure:
    """Accuracy by confidence with its intervals, above how many rows there are of each."""
    plt = _pyplot()
    figure, (above, below) = plt.subplots(
        2, 1, sharex=True, figsize=(5, 6), height_ratios=[3, 1], layout="constrained"
    )
    held = confidence[confidence["rows"] > 0]
    reach = [held["accuracy"] - held["low"], held["high"] - held["accuracy"]]
    above.errorbar(
        held["mean_confidence"], held["accuracy"], yerr=reach, fmt="o-", capsize=3, label="with 95 % interval"
    )
    start = float(confidence.index.min())
    above.plot([start, 1], [start, 1], linestyle=":", color="black", label="confidence as it should be")
    above.set(ylabel="share of right predictions", title="Is the model as often right as it is sure?")
    above.legend(loc="upper left")
    width = confidence["confidence_to"] - confidence.index
    below.bar(confidence.index, confidence["rows"], width=width, align="edge", edgecolor="white")
    below.set(xlabel="probability of the predicted class", ylabel="rows")
    return figure


def segments_figure(segments: pd.DataFrame) -> Figure:
    """The scores of each cell with their intervals, one panel for each of the leading metrics."""
    plt = _pyplot()
    metrics = list(dict.fromkeys(segments["metric"]))[:SHOWN_METRICS]
    cells = list(dict.fromkeys(segments.index))[:SHOWN_CELLS]
    size = (1.5 + 3.5 * len(metrics), 1.2 + 0.28 * len(cells))
    figure, grid = plt.subplots(
        1, len(metrics), sharey=True, squeeze=False, figsize=size, layout="constrained"
    )
    for axes, metric in zip(grid.flat, metrics, strict=True):
        part = segments[segments["metric"] == metric]
        for place, cell in enumerate(cells):
            row = part.loc[[cell]].iloc[0] if cell in part.index else None
            if row is None:
                continue
            if row["outcome"] in {INSUFFICIENT, UNDEFINED}:
                axes.annotate(
                    f"{row['outcome']} ({row['rows']} rows)",
                    (0.02, place),
                    xycoords=("axes fraction", "data"),
                    va="center",
                    style="italic",
                )
                continue
            mark = "X" if row["outcome"] == BROKEN else "o"
            axes.plot([row["low"], row["high"]], [place, place], color="tab:gray")
            axes.plot(row["score"], place, mark, color="tab:blue")
        axes.set_title(metric)
    grid.flat[0].set_yticks(range(len(cells)), [f"{segment}: {cell}" for segment, cell in cells])
    grid.flat[0].invert_yaxis()
    figure.suptitle("Scores of segments, 95 % intervals; X does not keep its limit")
    return figure


def _pyplot() -> Any:  # noqa: ANN401 - a module
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    return plt


def _markdown(table: pd.DataFrame) -> list[str]:
    """A table in Markdown; a number that is not known is left out."""
    flat = table.reset_index()
    lines = [f"| {' | '.join(map(str, flat.columns))} |", f"|{' --- |' * len(flat.columns)}"]
    return lines + [f"| {' | '.join(map(_told, row))} |" for row in flat.itertuples(index=False)]


def _told(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}"  # noqa: PLR0124 - NaN alone differs from itself
    return str(value).replace("|", "\\|")
