"""An examination reads the tags of a run, and evidence notices a clock that was moved back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import BaseModel

from gates.evidence import CERTIFIED, LATE, NOW, RUN, evidence
from mxt.findings import tags
from mxt.gates.base import requires, without_champion


def test_an_examination_reads_the_tags_of_its_run() -> None:
    run = replace(RUN, tags={tags.ROWS: "r", tags.DATA: "d", tags.DATA_BEFORE: "e", tags.BASELINE: "3"})
    assert (run.judged, run.rows, run.tables, run.baseline) == (True, "r", frozenset({"d", "e"}), 3)
    bare = replace(RUN, tags={tags.JUDGED: "false"})
    assert (bare.judged, bare.rows, bare.tables, bare.baseline) == (False, "", frozenset(), None)


def test_the_ends_of_an_interval_are_about_the_class_of_their_score() -> None:
    classes = [LATE.class_of(metric) for metric in ("f1", "f1_low", "f1_high", "recall")]
    assert classes == ["late", "late", "late", ""]
    assert LATE.full_name("f1_low") == "f1_low of the class 'late'"
    assert LATE.full_name("recall") == "recall"


def test_a_moment_to_come_means_that_the_clock_was_moved_back_unless_clocks_may_differ_so_much() -> None:
    assert evidence(certificate=CERTIFIED, latest_run=NOW).clock_fault == ""
    assert evidence(latest_run=NOW + timedelta(seconds=59)).clock_fault == ""
    later = evidence(latest_run=NOW + timedelta(minutes=2)).clock_fault
    assert later == "the clock was moved back: a run started at 2026-03-10 12:02 UTC, which is to come"
    issued = replace(CERTIFIED, issued=NOW + timedelta(days=1))
    assert "the certificate was issued at 2026-03-11" in evidence(certificate=issued).clock_fault


@pytest.mark.parametrize(
    ("champion", "allow_first", "passed", "reason"),
    [
        (None, False, False, "version 7 has no version to beat; the first needs allow_first: true"),
        (None, True, True, "there is no version to beat yet, and so on"),
        (7, False, True, "version 7 stands there already"),
    ],
)
def test_without_another_version_a_comparison_ends_early(
    champion: int | None,
    allow_first: bool,  # noqa: FBT001 - a case
    passed: bool,  # noqa: FBT001 - a case
    reason: str,
) -> None:
    known = evidence(champion=champion, allow_first=allow_first)
    verdict = without_champion(known, "to beat", ", and so on")
    assert verdict is not None
    assert (verdict.passed, verdict.reason) == (passed, reason)
    assert without_champion(evidence(champion=3), "to beat") is None


def test_a_schema_requires_one_of_the_fields() -> None:
    class Limits(BaseModel):
        model_config = requires("anyOf", low="number", name="string")
        low: float | None = None
        name: str | None = None

    assert Limits.model_json_schema()["anyOf"] == [
        {"required": ["low"], "properties": {"low": {"type": "number"}}},
        {"required": ["name"], "properties": {"name": {"type": "string"}}},
    ]
