"""The findings of a job that fits a model: its scores on held-out rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.findings import Document, Findings, Grid, Heading
from mxt.findings.words import count, listed, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mxt.metrics.base import Metric


def scored(target: str, rows: int, metrics: Sequence[Metric], scores: Mapping[str, float]) -> Findings:
    """The scores of a model that was just fitted, with a verdict.

    Args:
        target: The column that the model predicts.
        rows: Number of held-out rows.
        metrics: Metrics that the model is scored by.
        scores: Score of each metric, by its label.
    """
    missed = [metric for metric in metrics if not metric.passes(scores[metric.label])]
    values = listed([f"{label} {number(score)}" for label, score in scores.items()])
    limits = [f"{metric.label} ({metric.limits()})" for metric in missed]
    verdict = f"It misses {listed(limits)}." if missed else "It keeps all limits."
    limited = missed or any(metric.limited for metric in metrics)
    grid = [
        (metric.label, number(scores[metric.label]), metric.limits(), _outcome(metric, missed))
        for metric in sorted(metrics, key=lambda metric: metric not in missed)
    ]
    return Findings(
        passed=not missed,
        answer=[
            f"The model of {target} scores {values} on {count(rows, 'row')} held out.",
            *([verdict] if limited else []),
        ],
        facts={f"test_{label}": round(score, 4) for label, score in scores.items()},
        scores={f"test_{label}": score for label, score in scores.items()},
        page=Document(
            [Heading("Scores on the rows held out"), Grid(("score", "value", "limits", "outcome"), grid)],
            name="training",
        ),
        values={"scores": dict(scores)},
    )


def _outcome(metric: Metric, missed: Sequence[Metric]) -> str:
    return "" if not metric.limited else "missed" if metric in missed else "kept"
