"""A page in Markdown: whatever a text holds, it stays a text in its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mxt.findings import Bullets, Code, Document, Grid, Heading, Pairs, Paragraph
from mxt.reports.markdown import render

if TYPE_CHECKING:
    from markdown_it.token import Token

    from mxt.findings.documents import Block

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
"""Reads pages as MLflow's viewer does: GitHub Flavored Markdown, with HTML."""
ODD = [
    "a|b",
    r"a\|b",
    "ends with \\",
    "two\nlines",
    "<br>",
    "</script>",
    "<!-- a comment",
    "&amp; &lt;",
    "*bold* _thin_ __name__ a_b_c",
    "`code` ```",
    "[link](http://example.org) ![image](x)",
    "# no heading #",
    "- no list",
    "--- ",
    "+ 1",
    "1. first",
    "2) second",
    "~~gone~~",
    "> no quote",
    "0.8496",
    "=",
    "x" * 300,
]


def texts(tokens: list[Token]) -> list[str]:
    """The texts of a page, one of each cell, item, paragraph and heading, as a browser shows them."""
    found = []
    for token in tokens:
        if token.type in {"fence", "code_block"}:
            found.append(token.content.rstrip("\n"))
        elif token.type == "inline":
            kinds = {child.type for child in token.children or []}
            assert kinds <= {"text", "text_special", "strong_open", "strong_close"}, kinds
            found.append("".join(child.content for child in token.children or []))
        else:
            assert token.type.partition("_")[0] not in {"html", "hr"}, token
    return found


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("odd", ODD)
def test_every_block_shows_a_text_as_it_is(odd: str) -> None:
    blocks: list[Block] = [
        Heading(odd),
        Paragraph(odd),
        Bullets([odd, odd]),
        Pairs([(odd, odd)]),
        Grid(("first", odd), [(odd, "2"), ("3", odd)]),
    ]
    page = render(Document(blocks, title=odd))
    text = squeezed(odd)
    expected = [text] * 5 + [f"{text}: {text}", "first", text, text, "2", "3", text]
    assert texts(READER.parse(page)) == expected


@given(st.text(alphabet=st.sampled_from(list("ab1 |\\`*_[]()<>&#+-.!~=:\n"))))
def test_no_text_becomes_a_mark(text: str) -> None:
    page = render(Document([Paragraph(f"{text}"), Grid(("column",), [(text,)])])) if text.strip() else ""
    assert texts(READER.parse(page)) == ([squeezed(text), "column", squeezed(text)] if page else [])


def test_code_is_fenced_however_many_backticks_it_holds() -> None:
    code = "a: |\n  ```\n  ````"
    assert texts(READER.parse(render(Document([Code(code)])))) == [code]


def test_numbers_and_names_are_written_without_escapes() -> None:
    page = render(Document([Grid(("column", "value"), [("mean_abs_shap", "0.8496 (0.82 to 0.87)")])]))
    assert page.splitlines()[-1] == "| mean_abs_shap | 0.8496 (0.82 to 0.87) |"


def test_a_table_of_six_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="up to 5 columns"):
        Grid(tuple("abcdef"), [])
    with pytest.raises(ValueError, match="as many cells"):
        Grid(("a", "b"), [("1",)])


def test_a_line_of_a_table_ends_where_its_cells_do() -> None:
    page = render(Document([Grid(("a", "b"), [("x|y", "z")])]))
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in page.splitlines()} == {3}
