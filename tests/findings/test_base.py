"""Stages of a job: what is joined, what follows in order, and what the later stage decides."""

from __future__ import annotations

from dataclasses import fields

import pandas as pd

from mxt.datasets.writers.csv import CsvWriter
from mxt.findings import Chart, Document, Findings, Heading, Output, Paragraph
from mxt.registries.versions import Pinned

TABLE = pd.DataFrame({"a": [1]})
WRITER = CsvWriter(path="a.csv")


def test_mappings_are_joined_sequences_follow_each_other_and_the_later_stage_decides_the_rest() -> None:
    first = Findings(
        passed=True,
        answer=["One."],
        facts={"a": 1, "b": 1},
        tables={"one": TABLE},
        page=Document([Heading("One")], name="page"),
        outputs=[Output("one", WRITER, TABLE)],
        next=["mxt one.yaml"],
        values={"x": 1},
    )
    later = Findings(
        passed=False,
        answer=["Two."],
        facts={"b": 2},
        page=Document([Paragraph("Two")]),
        outputs=[Output("two", WRITER, TABLE)],
        evidence=True,
        values={"y": 2},
    )
    both = first | later
    assert (both.passed, both.evidence) == (False, True)
    assert [*both.answer] == ["One.", "Two."]
    assert both.facts == {"a": 1, "b": 2}
    assert [output.role for output in both.outputs] == ["one", "two"]
    assert both.page == Document((Heading("One"), Paragraph("Two")), name="page")
    assert [*both.next] == ["mxt one.yaml"]
    assert both.values == {"x": 1, "y": 2}


def test_an_empty_stage_changes_no_field() -> None:
    some = Findings(
        passed=False,
        answer=("One.",),
        facts={"a": 1},
        scores={"a": 1.0},
        tags={"b": "c"},
        tables={"t": TABLE},
        charts={"c": Chart("title", "sentence", "t", str)},
        files={"d": "e"},
        page=Document((Heading("One"),), "title", "page"),
        outputs=(Output("one", WRITER, TABLE),),
        about=Pinned("churn", 1, "", "", {}),
        evidence=True,
        skipped="no rows",
        next=("mxt one.yaml",),
        values={"x": 1},
    )
    for each in fields(Findings):
        assert getattr(some, each.name) != getattr(Findings(), each.name), each.name
        for joined in (some | Findings(), Findings() | some):
            assert getattr(joined, each.name) == getattr(some, each.name), each.name
