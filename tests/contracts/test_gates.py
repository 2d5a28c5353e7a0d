"""What every gate owes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml

from mxt.gates.base import Evidence, Gate
from mxt.jobs.base import Job
from mxt.kinds import example_of, members

EACH = pytest.mark.parametrize("kind", members(Gate).values(), ids=members(Gate))


@EACH
def test_no_gate_lets_a_version_pass_of_which_nothing_is_known(kind: type[Gate]) -> None:
    verdict = kind.model_validate(yaml.safe_load(example_of(kind)), strict=False).judge(
        Evidence(version=7, now=datetime(2026, 3, 1, tzinfo=UTC))
    )
    assert not verdict.passed
    assert "version 7" in verdict.reason


@EACH
def test_the_first_version_needs_evidence_too_where_there_could_be_some(kind: type[Gate]) -> None:
    gate = kind.model_validate(yaml.safe_load(example_of(kind)), strict=False)
    evidence = Evidence(version=7, now=datetime(2026, 3, 1, tzinfo=UTC), allow_first=True)
    assert gate.judge(evidence).passed == (kind.__name__ in {"ChallengerGate", "ExplanationGate"})


@EACH
def test_a_gate_asks_for_runs_of_jobs_that_there_are_and_a_no_names_one_that_could_mend_it(
    kind: type[Gate],
) -> None:
    gate = kind.model_validate(yaml.safe_load(example_of(kind)), strict=False)
    jobs = set(members(Job))
    assert {*kind.reads, *kind.reads_of_champion} <= jobs
    verdict = gate.judge(Evidence(version=7, now=datetime(2026, 3, 1, tzinfo=UTC), champion=3))
    assert verdict.mended_by in ({""} if kind.__name__ == "ApprovalGate" else jobs)
