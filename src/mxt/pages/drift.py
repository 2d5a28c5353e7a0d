"""The findings of a drift job: which columns have drifted, and how far every column has moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.findings import Document, Grid, Heading, Paragraph
from mxt.findings.words import count, listed, number, p_value, shortened

if TYPE_CHECKING:
    import pandas as pd

    from mxt.findings.documents import Block
    from mxt.registries.versions import Pinned

SHOWN = 40
"""The most lines of the page's table."""


def drift_answer(table: pd.DataFrame, version: Pinned, rows: int, allowed: int) -> list[str]:
    """Which columns have drifted, in a sentence.

    Args:
        table: A row for each column and measure, indexed by the column.
        version: The version whose training the rows were compared with.
        rows: Number of rows that were compared.
        allowed: Number of columns that may drift.
    """
    drifted = sorted(set(table.index[table["drifted"]]))
    columns = count(table.index.nunique(), "column")
    beside = f"{count(rows, 'row')} beside the training of {version}"
    limit = f"; {count(allowed, 'column')} may" if allowed else ""
    if not drifted:
        return [f"None of {columns} has drifted: {beside}."]
    return [f"{len(drifted)} of {columns} drifted{limit}: {listed(drifted)}; {beside}."]


def drift_page(table: pd.DataFrame) -> Document:
    """The page: drifted columns first, each part ordered by the distance in terms of its threshold."""
    ratio = (table["statistic"] / table["threshold"].where(table["threshold"] > 0)).fillna(0)
    order = table.assign(ratio=ratio, place=range(len(table)))
    order = order.sort_values(["drifted", "ratio", "place"], ascending=[False, False, True])
    shown = order.head(SHOWN)
    rows = [
        (
            shortened(str(name)),
            row["method"],
            f"{number(row['statistic'])}{f' (p {p})' if (p := p_value(row['p_value'])) else ''}",
            number(row["threshold"]),
            "drifted" if row["drifted"] else "kept",
        )
        for name, row in shown.iterrows()
    ]
    blocks: list[Block] = [Heading("Columns")]
    if len(shown) < len(table):
        blocks.append(Paragraph(f"{len(shown)} of {len(table)} comparisons are shown; drift.csv holds all."))
    return Document(
        [*blocks, Grid(("column", "measure", "distance", "threshold", "outcome"), rows)], name="drift"
    )
