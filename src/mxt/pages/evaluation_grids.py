"""The tables of an evaluation's page; lines that miss their limits come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.assessments.scores import BROKEN, INSUFFICIENT, KEPT, UNDEFINED
from mxt.findings import Grid, Paragraph
from mxt.findings.words import interval, number, shortened
from mxt.metrics.base import NO_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mxt.findings.documents import Block

SHOWN_CELLS = 40
_RANKS = {BROKEN: 0, UNDEFINED: 2, INSUFFICIENT: 2}
"""Order of the cells by their outcome; all other outcomes have 1."""


def label(name: object, positives: Mapping[str, str]) -> str:
    """The name of a score, with its positive class if it has one."""
    about = positives.get(str(name), "")
    return f"{name} of class {shortened(about)}" if about else str(name)


def estimate(row: pd.Series) -> str:
    """A score with its interval."""
    return interval(row["score"], row["low"], row["high"])


def scores(table: pd.DataFrame, positives: Mapping[str, str]) -> Grid:
    """The score of each metric, on all rows."""
    rows = [
        (
            label(name, positives),
            estimate(row),
            row["limits"],
            _outcome(row["limits"], "kept" if row["passed"] else "missed"),
            f"{row['rows']:,}",
        )
        for name, row in table.sort_values("passed", kind="stable").iterrows()
    ]
    return Grid(("score", "value", "limits", "outcome", "rows"), rows)


def comparison(table: pd.DataFrame, positives: Mapping[str, str]) -> Grid:
    """The score of each metric beside the baseline's score."""
    rows = [
        (
            label(name, positives),
            number(row["score"]),
            number(row["baseline"]),
            interval(row["better_by"], row["better_by_low"], row["better_by_high"]),
            f"{row['demand'].replace('_', ' ')}: {'met' if row['met'] else 'not met'}",
        )
        for name, row in table.sort_values("met", kind="stable").iterrows()
    ]
    return Grid(("score", "this version", "baseline", "better by", "demand"), rows)


def segments(table: pd.DataFrame) -> list[Block]:
    """The scores of the cells of segments."""
    ranks = table["outcome"].map(_RANKS).fillna(1).to_numpy()
    shown = table.iloc[ranks.argsort(kind="stable")[:SHOWN_CELLS]]
    rows = [
        (
            f"{segment}: {shortened(str(cell))}",
            label(row["metric"], {row["metric"]: row.get("positive", "")}),
            estimate(row),
            _outcome(row["limits"], f"{row['outcome']} ({row['limits']})", row["outcome"]),
            f"{row['rows']:,}",
        )
        for (segment, cell), (_, row) in zip(shown.index, shown.iterrows(), strict=True)
    ]
    few = "A cell of too few rows is insufficient: it gets no score and never fails."
    more = f" {len(shown)} of {len(table)} lines are shown; segments.csv holds all."
    return [
        Paragraph(few + (more if len(shown) < len(table) else "")),
        Grid(("cell", "score", "value", "outcome", "rows"), rows),
    ]


def classes(table: pd.DataFrame) -> Grid:
    """Precision, recall and F1 of each class."""
    rows = [
        (
            shortened(str(name)),
            *(
                interval(row[part], row[f"{part}_low"], row[f"{part}_high"])
                for part in ("precision", "recall", "f1")
            ),
            f"{row['rows']:,.0f}",
        )
        for name, row in table.iterrows()
    ]
    return Grid(("class", "precision", "recall", "F1", "rows"), rows)


def confidence(table: pd.DataFrame) -> Grid:
    """The share of right predictions, by the probability of the predicted class."""
    rows = [
        (
            f"{start:g} to {row['confidence_to']:g}",
            number(row["mean_confidence"]),
            interval(row["accuracy"], row["low"], row["high"]),
            f"{row['rows']:,.0f}",
        )
        for start, row in table.iterrows()
    ]
    return Grid(("confidence", "mean", "share right", "rows"), rows)


def latency(table: pd.DataFrame) -> Grid:
    """The quantiles of the duration of a prediction."""
    rows = [
        (
            f"{size:,}",
            row["quantile"],
            interval(row["milliseconds"], row["low"], row["high"]),
            "kept" if row["passed"] else "missed",
        )
        for size, row in table.sort_values("passed", kind="stable").iterrows()
    ]
    return Grid(("rows", "quantile", "milliseconds", "limit"), rows)


def _outcome(limits: str, limited: str, free: str = KEPT) -> str:
    """The outcome of a score; without limits, only if the score could not be computed."""
    return limited if limits != NO_LIMIT else "" if free == KEPT else free
