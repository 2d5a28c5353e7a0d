"""The findings of error cases: how many predictions are wrong, and which columns moved the worst of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.findings import Document, Findings, Grid, Heading, Output, Paragraph
from mxt.findings.words import LONGEST_REASON, count, number, share, shortened
from mxt.pages.explanations import how

if TYPE_CHECKING:
    import pandas as pd

    from mxt.assessments.error_cases import ErrorCases
    from mxt.datasets.writers.base import Writer
    from mxt.findings import Fact
    from mxt.findings.documents import Block
    from mxt.schemas.captions import Captions

SHOWN_CASES = 5
"""Cases that the page names by their ids."""
SHOWN_COLUMNS = 5
LEADING = "reason_1"
"""The column of the table that names the column of the largest contribution."""


def error_findings(cases: ErrorCases, writer: Writer, captions: Captions) -> Findings:
    """The output, the facts and the section of the page; the page holds no cell of the table."""
    facts: dict[str, Fact] = {"wrong_predictions": cases.wrong}
    facts |= {"error_cases_method": cases.method} if cases.method else {}
    facts |= {"error_cases_reasons": f"none: {cases.without}"} if cases.without else {}
    return Findings(
        facts=facts,
        page=Document([Heading("Error cases"), *_blocks(cases, captions)]),
        outputs=[Output("error_cases", writer, cases.table, cases.unit)],
        values={"error_cases": cases.table},
    )


def _blocks(cases: ErrorCases, captions: Captions) -> list[Block]:
    table, rows = cases.table, count(cases.rows, "prediction")
    part = share(cases.wrong / cases.rows)
    if table.empty:
        return [Paragraph(f"None of {rows} is wrong.")]
    worst = "largest log loss" if "probability" in table else "largest error"
    said = f"{cases.wrong:,} of {rows} {'is' if cases.wrong == 1 else 'are'} wrong ({part})"
    written = f"the {len(table):,} of the {worst} are written as error_cases"
    blocks: list[Block] = [Paragraph(f"{said}; {written}.")]
    if cases.without:
        blocks.append(Paragraph(f"They have no reasons: {shortened(cases.without, LONGEST_REASON)}"))
    elif LEADING in table:
        blocks.append(
            Paragraph(f"Explained {how(cases.method)}; the columns that move most of these cases most:")
        )
        blocks.append(_leading(table[LEADING], captions))
    first = [(shortened(str(name)), number(loss)) for name, loss in table["loss"].head(SHOWN_CASES).items()]
    return [*blocks, Grid(("case", worst.removeprefix("largest ")), first)]


def _leading(names: pd.Series, captions: Captions) -> Grid:
    """In how many cases each column has the largest contribution."""
    counts = names.value_counts()
    ranked = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))[:SHOWN_COLUMNS]
    return Grid(
        ("column", "cases", "share"),
        [
            (shortened(captions.column(name)), f"{cases:,}", share(cases / len(names)))
            for name, cases in ranked
        ],
    )
