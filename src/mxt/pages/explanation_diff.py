"""The findings of an explanation diff: two tables, a page and a chart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxt.findings import Bullets, Chart, Document, Grid, Heading, Paragraph
from mxt.findings.words import LONGEST_LABEL, count, share, shortened
from mxt.stats.explanation_diff import role_changes, shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from mxt.findings.documents import Block
    from mxt.schemas.captions import Captions
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


def diff_table(groups: Sequence[tuple[str, str, int, Mapping[str, Interval] | None]]) -> pd.DataFrame:
    """A row for each group and measure.

    Args:
        groups: Segment, name, number of rows and measures of each group; None for measures if the group has
            too few rows.
    """
    import pandas as pd

    rows = [
        {
            "segment": segment,
            "group": group,
            "measure": name,
            "value": None if measures is None else float(measures[name].estimate),
            "ci_low": None if measures is None else float(measures[name].low),
            "ci_high": None if measures is None else float(measures[name].high),
            "rows": count,
            "sufficient": measures is not None,
        }
        for segment, group, count, measures in groups
        for name in TITLES
    ]
    return pd.DataFrame(rows).astype({"value": float, "ci_low": float, "ci_high": float})


def roles_table(pair: Pair, columns: Sequence[str], exchanged: Sequence[Swap]) -> pd.DataFrame:
    """A row for each column, the largest change of its share first."""
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


def captioned(
    measures: pd.DataFrame, roles: pd.DataFrame, captions: Captions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables of groups and of roles, with captions of columns and values in the place of names."""
    groups = captions.values_of(measures["segment"], measures["group"])
    names = {name: captions.columns_of(roles[name]) for name in ("column", "exchanged_with")}
    return (
        measures.assign(segment=captions.columns_of(measures["segment"]), group=groups),
        roles.assign(**names),
    )


def diff_answer(
    whole: pd.DataFrame, version: str, baseline: str, few: str, reasons: Sequence[str]
) -> list[str]:
    """Sentences that say how much has changed, and which limits the changes do not keep.

    Args:
        whole: Measures of all rows, by name.
        version: The version that may have changed, in words.
        baseline: The version that it is compared with, in words.
        few: Why the rows are too few to compare; empty if they are enough.
        reasons: Limits that the changes do not keep.
    """
    rows = count(int(whole["rows"].iloc[0]), "row")
    if few:
        return [f"{version} cannot be compared with {baseline}: {few}."]
    values = whole["value"]
    changed = (
        f"{version} decides {share(values['changed_decisions'])} of {rows} otherwise than {baseline}, and "
        f"{share(values['changed_reasons'])} for other reasons."
    )
    return [changed, *([f"Limits that it misses: {', '.join(reasons)}."] if reasons else [])]


def diff_page(measures: pd.DataFrame, roles: pd.DataFrame, top: int, unit: str) -> Document:
    """The page: the changes of each group, and the roles of columns.

    Args:
        measures: A table by `diff_table`.
        roles: A table by `roles_table`.
        top: Number of columns that count as the reasons of a row.
        unit: Unit of the contributions.
    """
    how = (
        f"Reasons are the {top} columns of the largest contributions, in {unit}, to what the baseline "
        "decides. Each share has its 95 % interval."
    )
    rows = []
    for start in range(0, len(measures), len(TITLES)):
        part = measures.iloc[start : start + len(TITLES)]
        first = part.iloc[0]
        group = f"{first['segment']}: {shortened(first['group'])}" if first["segment"] else first["group"]
        cells = [_measure(row) for _, row in part.iterrows()]
        rows.append((f"{group} ({count(int(first['rows']), 'row')})", *cells))
    columns = [
        (
            f"{shortened(str(row.column))}{'' if row.both_versions else ' (one version only)'}",
            f"{row.share_before:.1%}",
            f"{row.share_after:.1%}",
            f"{row.change:+.1%} ({row.ci_low:+.1%} to {row.ci_high:+.1%})",
        )
        for row in roles.head(TOP).itertuples()
    ]
    shown = f"{len(columns)} of {len(roles)} columns shown, those whose share changed most first."
    return Document(
        [
            Heading("Changes"),
            Paragraph(how),
            Grid(("group", *TITLES.values()), rows),
            Heading("Roles of columns"),
            _exchanges(roles),
            Paragraph(shown),
            Grid(("column", "share before", "share after", "change"), columns),
        ],
        name="explanation_diff",
    )


def diff_chart(roles: pd.DataFrame) -> Chart:
    """The chart of each leading column's share of the contributions in both versions."""
    sentence = (
        "The mean share of each leading column in a row's contributions: an open ring for the baseline, a "
        "filled dot for this version."
    )
    return Chart(
        "What the columns contribute", sentence, "explanation_roles", lambda figure: draw_roles(figure, roles)
    )


def draw_roles(figure: Figure, roles: pd.DataFrame) -> None:
    """Draw each leading column's share of the contributions, a ring for the baseline, a dot for the other."""
    shown = roles.head(TOP).iloc[::-1]
    figure.set_size_inches(7, 1.5 + ROW_INCHES * len(shown))
    axes = figure.subplots()
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
    names = [shortened(str(name), LONGEST_LABEL) for name in shown["column"]]
    labels = [
        f"{name}{' ⇄' if other else ''}" for name, other in zip(names, shown["exchanged_with"], strict=True)
    ]
    axes.set_yticks(list(places), labels)
    axes.set_xlim(left=0)
    axes.set_xlabel("mean share of a row's contributions")
    axes.set_title("What the columns contribute")
    axes.legend(loc="lower right")


def _measure(row: pd.Series) -> str:
    """The value of a row of `diff_table` with its interval."""
    if not row["sufficient"]:
        return "insufficient"
    if math.isnan(row["value"]):
        return "unknown"
    form = ".3f" if row["measure"] == "rank_correlation" else ".1%"
    return f"{row['value']:{form}} ({row['ci_low']:{form}} to {row['ci_high']:{form}})"


def _exchanges(roles: pd.DataFrame) -> Block:
    """A list of the pairs of columns that exchanged their roles."""
    pairs = zip(roles["column"].astype(str), roles["exchanged_with"].astype(str), strict=True)
    exchanged = sorted((first, second) for first, second in pairs if first < second)
    if not exchanged:
        return Paragraph("No two columns exchanged their roles.")
    names = [(shortened(first), shortened(second)) for first, second in exchanged]
    return Bullets([f"{first} and {second} exchanged their roles." for first, second in names])
