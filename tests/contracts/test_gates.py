"""What every gate owes: a verdict in words, by the evidence that it declares and no other."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from mxt.findings import tags
from mxt.gates.base import Certified, Evidence, Examination, Gate
from mxt.jobs.base import Job
from mxt.kinds import members
from mxt.kinds.texts import example_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NOTHING = Evidence(version=7, now=NOW, model="churn", alias="Champion", requested_by="Dan")
SCORES = dict.fromkeys(("roc_auc", "changed_decisions", "changed_reasons", "sign_flips"), 0.01)
JOBS = members(Job)
EACH = pytest.mark.parametrize("kind", members(Gate).values(), ids=members(Gate))


def example(kind: type[Gate]) -> Gate:
    """The gate of the example in its docstring, read as a config is read."""
    return kind.model_validate_json(json.dumps(yaml.safe_load(example_of(kind))))


def run(version: int, *, passed: bool = True) -> Examination:
    """A run of any job about a version."""
    known = {tags.DATA: "d", tags.ROWS: "r", tags.BASELINE: "3"}
    return Examination(f"run{version}", passed, NOW - timedelta(hours=version), SCORES, known)


def full(*, passed: bool = True) -> Evidence:
    """Evidence of every sort: a run of each job about both versions, a certificate, and texts."""
    outcome = "PASS" if passed else "FAIL"
    return replace(
        NOTHING,
        champion=3,
        last={kind: run(7, passed=passed) for kind in JOBS},
        champion_last={kind: run(3, passed=passed) for kind in JOBS},
        certificate=Certified("", outcome, NOW - timedelta(days=1), NOW + timedelta(days=1)),
    )


def declared(kind: type[Gate], evidence: Evidence) -> Evidence:
    """The part of the evidence that a gate declares to read."""
    return replace(
        evidence,
        last={name: each for name, each in evidence.last.items() if name in kind.reads},
        champion_last={
            name: each for name, each in evidence.champion_last.items() if name in kind.reads_of_champion
        },
        certificate=evidence.certificate if kind.reads_certificate else None,
    )


@EACH
def test_an_example_is_read_and_written_as_the_same_config(kind: type[Gate]) -> None:
    gate = example(kind)
    assert kind.model_validate_json(gate.model_dump_json()) == gate
    assert kind.__name__ == gate.KIND  # type: ignore[attr-defined] # of each member, not of the family


@EACH
def test_no_gate_lets_a_version_pass_of_which_nothing_is_known(kind: type[Gate]) -> None:
    verdict = example(kind).judge(NOTHING)
    assert not verdict.passed
    assert "version 7" in verdict.reason


@EACH
def test_the_first_version_passes_only_where_there_is_none_to_compare_with(kind: type[Gate]) -> None:
    gate = example(kind)
    compares = "the first needs allow_first: true" in gate.judge(NOTHING).reason
    assert gate.judge(replace(NOTHING, allow_first=True)).passed == compares


@EACH
@pytest.mark.parametrize(
    "evidence",
    [NOTHING, replace(NOTHING, champion=3), full(), full(passed=False)],
    ids=["nothing", "a champion", "all good", "all bad"],
)
def test_a_reason_is_a_part_of_a_sentence_and_the_same_each_time(
    kind: type[Gate], evidence: Evidence
) -> None:
    gate = example(kind)
    verdict = gate.judge(evidence)
    assert gate.judge(evidence) == verdict
    assert len(verdict.reason.split()) >= 3
    assert verdict.reason == " ".join(verdict.reason.split()), "a line, which a sentence can hold"
    assert not verdict.reason.endswith((".", ";", ",", ":")), "the answer ends the sentence"
    assert "None" not in verdict.reason


@EACH
def test_a_gate_reads_the_evidence_that_it_declares_and_no_other(kind: type[Gate]) -> None:
    gate = example(kind)
    assert {*kind.reads, *kind.reads_of_champion} <= set(JOBS)
    for evidence in (full(), full(passed=False)):
        assert gate.judge(declared(kind, evidence)) == gate.judge(evidence)


@EACH
def test_a_refusal_for_want_of_a_run_names_a_job_that_makes_one(kind: type[Gate]) -> None:
    verdict = example(kind).judge(replace(NOTHING, champion=3))
    read = {*kind.reads, *kind.reads_of_champion}
    if read:
        assert verdict.mended_by in read
    else:
        assert verdict.mended_by in (set(JOBS) if kind.reads_certificate else {""})


@EACH
def test_places_are_files_or_variables_with_texts_that_may_be_missing(kind: type[Gate]) -> None:
    gate = example(kind)
    for place in gate.places:
        assert place
        missing = gate.judge(replace(full(), texts={place: None}))
        assert not missing.passed
        assert place in missing.reason
