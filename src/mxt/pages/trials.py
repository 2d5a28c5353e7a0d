"""The findings of a search: a table of its trials, a page that sums them up, and a chart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxt.findings import Chart, Document, Grid, Heading, Pairs, Paragraph
from mxt.findings.words import LONGEST_LABEL, LONGEST_REASON, count, number, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mxt.findings.documents import Block
    from mxt.metrics.base import Metric
    from mxt.searches.base.trials import Trial

TOP = 10
ACROSS = 3
SIZE_INCHES = (4.0, 3.0)
DECADES = 10.0
"""Ratio of a field's largest to its smallest value from which its axis is logarithmic."""
FEW = 8
"""The most values of a field that are drawn side by side; more numbers are drawn on a scale."""
WIDTH = 0.6
"""Width over which the trials of one value are spread, where 1 is the distance of two values."""
FIELD = "recipe."
"""Prefix of the columns that hold the values of fields."""


def trials_table(trials: Sequence[Trial], best: Trial, metric: Metric, positive: str = "") -> pd.DataFrame:
    """A row for each trial: its values, its score, the score of each fold, and whether it is the best.

    Ranks order the trials by their number of rounds, then by their score; failed trials have no rank. The
    column `positive` names the class that the score is about, if there is one.
    """
    import pandas as pd

    rows = {
        trial.number: {
            **{f"{FIELD}{name}": value for name, value in trial.values.items()},
            "metric": metric.label,
            **({"positive": positive} if positive else {}),
            "score": trial.last.mean,
            "deviation": trial.last.deviation,
            **{f"fold_{place}": score for place, score in enumerate(trial.last.scores, 1)},
            "rows": trial.last.rows,
            "rounds": len(trial.rounds),
            "best": trial is best,
            "failure": trial.failure,
        }
        for trial in trials
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("trial")
    scored = table[table["failure"] == ""]
    order = scored.sort_values(
        ["rounds", "score"], ascending=[False, not metric.higher_is_better], kind="stable"
    )
    ranks = pd.Series(range(1, len(order) + 1), index=order.index)
    table.insert(0, "rank", ranks.reindex(table.index).astype("Int64"))
    return table


def searched(table: pd.DataFrame, how: str, folds: int) -> str:
    """A sentence that names the best trial and its score.

    Args:
        table: A table by `trials_table`.
        how: KIND of the search.
        folds: Number of folds.
    """
    best = table[table["best"]].iloc[0]
    about = f" of the class {shortened(best['positive'])}" if "positive" in best else ""
    return (
        f"The best of {count(len(table), 'trial')} of {how} is trial {best.name} ({_values(best)}): "
        f"{best['metric']}{about} {number(best['score'])}, with a standard deviation of "
        f"{number(best['deviation'], 2)} between {folds} folds of the training rows."
    )


def trials_page(table: pd.DataFrame) -> Document:
    """The page: the best trials, how many others score as well, and failed trials."""
    failed = table[table["failure"] != ""]
    trust = (
        f"Other trials within one standard deviation of the best: {_rivals(table)}. The best of many scores "
        "is a little too good to be true; expect the score on the rows held out, which no trial saw."
    )
    leading = table.dropna(subset=["rank"]).sort_values("rank").head(TOP)
    rows = [
        (
            str(row["rank"]),
            str(trial),
            _values(row),
            f"{row['score']:.4f} ± {row['deviation']:.4f}",
            f"{row['rows']:,}",
        )
        for trial, row in leading.iterrows()
    ]
    blocks: list[Block] = [Heading("Trials"), Paragraph(trust)]
    if len(leading) < len(table):
        blocks.append(Paragraph(f"{len(leading)} of {len(table)} trials are shown; trials.csv holds all."))
    score = f"{table['metric'].iloc[0]} ± deviation"
    blocks.append(Grid(("rank", "trial", "values", score, "rows"), rows))
    if len(failed):
        reasons = [
            (f"trial {trial}", shortened(why, LONGEST_REASON)) for trial, why in failed["failure"].items()
        ]
        blocks += [Heading("Failed"), Pairs(reasons)]
    return Document(blocks, name="tuning")


def _values(row: pd.Series) -> str:
    """The values of a trial as a text."""
    fields = [name for name in row.index if name.startswith(FIELD)]
    return ", ".join(f"{name.removeprefix(FIELD)} {shown(row[name])}" for name in fields)


def trials_chart(table: pd.DataFrame) -> Chart:
    """The score of each trial by the value of each field, with its deviation; the best as a star."""
    sentence = (
        "The mean score of each trial by the value of each field, with its standard deviation between folds; "
        "the star is the best."
    )
    return Chart("Trials", sentence, "trials", lambda figure: draw_trials(figure, table))


def draw_trials(figure: Figure, table: pd.DataFrame) -> None:
    """Draw the score of each trial by the value of each field, with its deviation; the best is a star.

    Trials that ended in an earlier round, and were scored on fewer rows, are hollow.
    """
    fields = [name for name in table.columns if name.startswith(FIELD)]
    across = min(ACROSS, len(fields))
    down = -(-len(fields) // across)
    figure.set_size_inches(across * SIZE_INCHES[0], down * SIZE_INCHES[1])
    grid = figure.subplots(down, across, squeeze=False, sharey=True)
    scored = table[table["failure"] == ""]
    for axes, field in zip(grid.flat, fields, strict=False):
        _draw(axes, scored, scored[field])
        axes.set_xlabel(field.removeprefix(FIELD))
    for axes in grid.flat[len(fields) :]:
        axes.set_visible(False)
    for row in grid:
        row[0].set_ylabel(str(table["metric"].iloc[0]))
    early = ", hollow: fewer rows" if scored["rounds"].min() < scored["rounds"].max() else ""
    figure.suptitle(f"Trials, mean and standard deviation between folds (star: the best{early})")


def shown(cell: object) -> str:
    """A cell as a text; a field that was left out is null, as in a config."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "null"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def _draw(axes: Axes, scored: pd.DataFrame, values: pd.Series) -> None:
    """Draw the trials by the values of one field."""
    places = _places(axes, values)
    late = scored["rounds"] == scored["rounds"].max()
    for part, filled in ((scored[~late], False), (scored[late & ~scored["best"]], True)):
        axes.errorbar(
            places[part.index],
            part["score"],
            yerr=part["deviation"],
            fmt="o",
            color="tab:blue",
            ecolor="tab:gray",
            elinewidth=0.8,
            markerfacecolor="tab:blue" if filled else "white",
        )
    best = scored[scored["best"]]
    axes.errorbar(
        places[best.index],
        best["score"],
        yerr=best["deviation"],
        fmt="*",
        markersize=16,
        color="black",
        capsize=4,
        zorder=3,
    )


def _places(axes: Axes, values: pd.Series) -> pd.Series:
    """Horizontal place of each trial: many numbers on a scale, few values side by side with space between."""
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    known = list(values.unique())
    if len(known) > FEW and not numbers.isna().any():
        if numbers.min() > 0 and numbers.max() / numbers.min() >= DECADES:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_formatter("")
        return numbers
    if not numbers.isna().any():
        known = sorted(known)
    axes.set_xticks(range(len(known)), [shortened(shown(value), LONGEST_LABEL) for value in known])
    axes.set_xlim(-0.5, len(known) - 0.5)
    codes = values.map({value: place for place, value in enumerate(known)}).astype(float)
    of_one = codes.groupby(codes)
    apart = (of_one.cumcount() + 0.5) / of_one.transform("size") - 0.5
    return codes + apart * WIDTH


def _rivals(table: pd.DataFrame) -> int:
    """Number of other trials of as many rounds that score within one standard deviation of the best."""
    best = table[table["best"]].iloc[0]
    others = table[~table["best"] & (table["failure"] == "") & (table["rounds"] == best["rounds"])]
    return int(((others["score"] - best["score"]).abs() <= best["deviation"]).sum())
