"""Documents: how they join, what they refuse, and their form in JSON."""

from __future__ import annotations

import json

import pytest

from mxt.findings.documents import MOST_COLUMNS, Code, Document, Grid, Heading, Paragraph


def test_two_documents_join_under_the_first_title_and_name_that_there_is() -> None:
    first, second = Document([Heading("A")], name="page"), Document([Paragraph("B")], "title", "other")
    assert first | second == Document((Heading("A"), Paragraph("B")), "title", "page")


@pytest.mark.parametrize(
    ("columns", "rows"), [(["a", "b"], [["1"]]), (["a"], [["1", "2"]]), (["a"] * (MOST_COLUMNS + 1), [])]
)
def test_a_grid_with_uneven_or_too_many_columns_is_refused(columns: list[str], rows: list[list[str]]) -> None:
    with pytest.raises(ValueError, match=f"up to {MOST_COLUMNS} columns"):
        Grid(columns, rows)


def test_a_document_goes_to_json_block_by_block_with_the_name_of_each() -> None:
    document = Document([Code("mxt a.yaml"), Grid(["a"], [["1"]])], "title", "page")
    assert json.loads(json.dumps(document.to_dict())) == {
        "title": "title",
        "blocks": [
            {"block": "Code", "text": "mxt a.yaml"},
            {"block": "Grid", "columns": ["a"], "rows": [["1"]]},
        ],
    }
