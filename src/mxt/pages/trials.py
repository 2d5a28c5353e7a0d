"""What a search found: a table of its trials, a page that sums them up, and a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
"""Greatest over least value from which a field's axis is logarithmic."""
FEW = 8
"""Most values of a field that stand side by side; more numbers make a scale."""
WIDTH = 0.6
"""How wide the trials of one such value are spread."""
FIELD = "recipe."
"""Before the name of a field: the column of its values."""


def trials_table(trials: Sequence[Trial], best: Trial, metric: Metric, positive: str = "") -> pd.DataFrame:
    """A row for each trial: its values, its score, the score of each fold, and whether it is the best.

    The rank is that among trials of as many rounds, after those of more; a trial that failed has none. If the
    score is about one class, the column `positive` says which.
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
    """What a search found, in a sentence.

    Args:
        table: That of `trials_table`.
        how: The search, by its KIND.
        folds: How many there were.
    """
    best = table[table["best"]].iloc[0]
    about = f" of the class {shortened(best['positive'])}" if "positive" in best else ""
    return (
        f"The best of {count(len(table), 'trial')} of {how} is trial {best.name} ({_values(best)}): "
        f"{best['metric']}{about} {number(best['score'])}, with a standard deviation of "
        f"{number(best['deviation'], 2)} between {folds} folds of the training rows."
    )


def trials_page(table: pd.DataFrame) -> Document:
    """The best trials, and how far the choice among them can be trusted."""
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


def _values(row: pd.Series[Any]) -> str:
    """The values of a trial in words."""
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
    """The score of each trial by the value of each field, with its deviation; the best as a star.

    Trials that came to an earlier round only, so that their scores rest on fewer rows, are hollow.
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
    """A cell in words; a field left out is null, as in a config."""
    if cell is None or cell != cell:  # noqa: PLR0124 - NaN is unlike itself
        return "null"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def _draw(axes: Axes, scored: pd.DataFrame, values: pd.Series[Any]) -> None:
    """The points of one field, with their deviations."""
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


def _places(axes: Axes, values: pd.Series[Any]) -> pd.Series[Any]:
    """Where each value stands: many numbers on a scale; else side by side, trials of one value apart."""
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
    """How many other trials of as many rounds score within one standard deviation of the best."""
    best = table[table["best"]].iloc[0]
    others = table[~table["best"] & (table["failure"] == "") & (table["rounds"] == best["rounds"])]
    return int(((others["score"] - best["score"]).abs() <= best["deviation"]).sum())
