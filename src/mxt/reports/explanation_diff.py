"""What an explanation diff found: two tables, a page and a figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mxt.reports.markdown import cell
from mxt.stats.explanation_diff import role_changes, shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from mxt.stats.explanation_diff import Pair
    from mxt.stats.intervals import Interval
    from mxt.stats.role_swaps import Swap

TOP = 10
ROW_INCHES = 0.35
TITLES = {
    "changed_decisions": "decided otherwise",
    "changed_reasons": "other reasons",
    "sign_flips": "signs flipped",
    "rank_correlation": "rank correlation",
}


def diff_table(
    found: Sequence[tuple[str, str, int, Mapping[str, Interval] | None]],
) -> pd.DataFrame:
    """A row for each group of each segment and measure.

    Args:
        found: Segment, group, rows and measures of each; None for a group that is insufficient.
    """
    import pandas as pd

    rows = [
        {
            "segment": segment,
            "group": group,
            "measure": name,
            "value": None if told is None else float(told[name].estimate),
            "ci_low": None if told is None else float(told[name].low),
            "ci_high": None if told is None else float(told[name].high),
            "rows": count,
            "sufficient": told is not None,
        }
        for segment, group, count, told in found
        for name in TITLES
    ]
    return pd.DataFrame(rows).astype({"value": float, "ci_low": float, "ci_high": float})


def roles_table(pair: Pair, columns: Sequence[str], exchanged: Sequence[Swap]) -> pd.DataFrame:
    """A row for each column, that of the largest change of its share first."""
    import pandas as pd

    changes = role_changes(pair)
    partners = {swap.first: swap.second for swap in exchanged} | {
        swap.second: swap.first for swap in exchanged
    }
    table = pd.DataFrame(
        {
            "column": list(columns),
            "share_before": shares(pair.before).mean(axis=0),
            "share_after": shares(pair.after).mean(axis=0),
            "change": changes.estimate,
            "ci_low": changes.low,
            "ci_high": changes.high,
            "both_versions": pair.shared,
            "exchanged_with": [
                columns[partners[place]] if place in partners else "" for place in range(len(columns))
            ],
        }
    )
    sizes = table.assign(size=table["change"].abs())
    order = sizes.sort_values(["size", "share_after"], ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def diff_summary(measures: pd.DataFrame, roles: pd.DataFrame, facts: Mapping[str, str], top: int) -> str:
    """A Markdown page.

    Args:
        measures: By `diff_table`.
        roles: By `roles_table`.
        facts: Where the numbers come from.
        top: How many columns are the reasons of a row.
    """
    told = (
        f"{facts['model_uri']} beside {facts['baseline_uri']}, on the same rows, in {facts['unit']}. Reasons "
        f"are the {top} columns of the largest contributions to what the baseline decides. Below a figure "
        "stands its 95 % interval."
    )
    lines = ["# Explanation diff", "", told, ""]
    lines += [
        f"| segment | group | rows | {' | '.join(TITLES.values())} |",
        f"|{' --- |' * (3 + len(TITLES))}",
    ]
    for start in range(0, len(measures), len(TITLES)):
        part = measures.iloc[start : start + len(TITLES)]
        first = part.iloc[0]
        cells = [first["segment"] or "-", first["group"], str(first["rows"])]
        lines.append(f"| {' | '.join([*map(cell, cells), *map(_figure, part.itertuples())])} |")
    lines += ["", "## Roles of columns", "", *_exchanges(roles)]
    lines += ["", "| column | share before | share after | change | 95 % interval |", f"|{' --- |' * 5}"]
    lines += [
        f"| {cell(row.column)}{'' if row.both_versions else ' (one version only)'} | "
        f"{row.share_before:.1%} | {row.share_after:.1%} | {row.change:+.1%} | "
        f"{row.ci_low:+.1%} to {row.ci_high:+.1%} |"
        for row in roles.head(TOP).itertuples()
    ]
    lines += ["", "## Provenance", "", "| what | value |", "| --- | --- |"]
    lines += [f"| {key} | {cell(value)} |" for key, value in facts.items()]
    return "\n".join(lines) + "\n"


def diff_figure(roles: pd.DataFrame) -> Figure:
    """Each leading column's share of the contributions before, an open ring, and after, a filled dot."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    shown = roles.head(TOP).iloc[::-1]
    figure, axes = plt.subplots(figsize=(7, 1.5 + ROW_INCHES * len(shown)), layout="constrained")
    places = range(len(shown))
    axes.hlines(places, shown["share_before"], shown["share_after"], color="0.6")
    axes.scatter(
        shown["share_before"],
        places,
        s=70,
        facecolors="white",
        edgecolors="black",
        label="baseline",
        zorder=3,
    )
    axes.scatter(shown["share_after"], places, s=25, color="black", label="this version", zorder=4)
    labels = [f"{row.column}{' ⇄' if row.exchanged_with else ''}" for row in shown.itertuples()]
    axes.set_yticks(list(places), labels)
    axes.set_xlim(left=0)
    axes.set_xlabel("mean share of a row's contributions")
    axes.set_title("What the columns contribute")
    axes.legend(loc="lower right")
    return figure


def _figure(row: Any) -> str:  # noqa: ANN401 - a row of a table
    """A figure and its interval."""
    if not row.sufficient:
        return "insufficient"
    if math.isnan(row.value):
        return "unknown"
    form = ".3f" if row.measure == "rank_correlation" else ".1%"
    return f"{row.value:{form}}<br>{row.ci_low:{form}} to {row.ci_high:{form}}"


def _exchanges(roles: pd.DataFrame) -> list[str]:
    """The exchanges of roles in words."""
    found = zip(roles["column"].astype(str), roles["exchanged_with"].astype(str), strict=True)
    told = sorted((first, second) for first, second in found if first < second)
    if not told:
        return ["No two columns exchanged their roles."]
    return [f"- {first} and {second} exchanged their roles." for first, second in told]
