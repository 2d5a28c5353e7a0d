"""An alias's history: a page with its moves, and a figure with the version it stood for over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.reports.markdown import cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import numpy as np
    import pandas as pd
    from matplotlib.figure import Figure


def history_page(facts: Mapping[str, object], moves: pd.DataFrame) -> str:
    """The page, in Markdown.

    Args:
        facts: The question and its answer.
        moves: A row for each move.
    """
    lines = ["# History", "", "| what | value |", "| --- | --- |"]
    lines += [f"| {key} | {cell(value)} |" for key, value in facts.items()]
    lines += ["", "## Moves", "", f"| move | {' | '.join(moves.columns)} |", "| --- " * 8 + "|"]
    lines += [
        f"| {place} | {' | '.join(cell(value) for value in row)} |"
        for place, row in zip(moves.index, moves.itertuples(index=False), strict=True)
    ]
    return "\n".join(lines) + "\n"


def history_figure(alias: str, steps: Sequence[tuple[datetime, int | None]], now: datetime) -> Figure:
    """The version that an alias stood for, as steps over time up to now.

    Args:
        alias: Its name.
        steps: The moment of each recorded move, and the version since.
        now: Where the last step ends.
    """
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 3))
    times = [_microseconds(moment) for moment, _ in steps]
    versions = [float("nan") if version is None else version for _, version in steps]
    axes.step([*times, _microseconds(now)], [*versions, versions[-1]], where="post", color="black")
    axes.plot(times, versions, "o", color="black")
    axes.set_yticks(sorted({version for version in versions if version == version}))  # noqa: PLR0124 - NaN is not
    axes.set_ylabel("version")
    axes.set_title(f"The version that {alias} stood for, until {now:%Y-%m-%d %H:%M} UTC")
    axes.tick_params(axis="x", labelrotation=30)
    axes.grid(visible=True, alpha=0.3)
    return figure


def _microseconds(moment: datetime) -> np.datetime64:
    """The moment as matplotlib takes it: UTC, without saying so."""
    import numpy as np

    return np.datetime64(moment.replace(tzinfo=None), "us")
