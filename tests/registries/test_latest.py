"""A version names the last run of each KIND of job about it, and is described by what these found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.findings.tags import JOB, LAST, PASSED, UNNAMED
from mxt.registries.latest import describe, known_tags, last_run, name_last, name_unnamed, run_of
from mxt.registries.versions import pin

if TYPE_CHECKING:
    from mxt.registries.versions import Pinned
    from registries.store import Registry

EVALUATION = "EvaluationsJob"


def tags_of(registry: Registry, pinned: Pinned) -> dict[str, str]:
    return dict(registry.client.get_model_version(pinned.name, str(pinned.version)).tags)


def test_the_later_of_two_runs_stays_the_last_whichever_is_named_last(registry: Registry) -> None:
    pinned = registry.version("last")
    first, second = registry.run(ended=1000), registry.run(ended=2000)
    for run_id in (second, first):
        name_last(registry.client, pinned, EVALUATION, run_id)
    assert tags_of(registry, pinned)[f"{LAST}{EVALUATION}"] == second


def test_the_tag_of_older_releases_counts_unless_a_later_run_is_named(registry: Registry) -> None:
    first, second = registry.run(ended=1000), registry.run(ended=2000)
    older = {"mxt.evaluation": first}
    run = last_run(registry.client, older, EVALUATION)
    assert run is not None
    assert run.info.run_id == first
    both = last_run(registry.client, {**older, f"{LAST}{EVALUATION}": second}, EVALUATION)
    assert both is not None
    assert both.info.run_id == second
    assert last_run(registry.client, older, "DriftJob") is None


def test_a_run_that_is_gone_is_none(registry: Registry) -> None:
    assert run_of(registry.client, "0" * 32) is None
    assert run_of(registry.client, "") is None
    assert last_run(registry.client, {f"{LAST}{EVALUATION}": "0" * 32}, EVALUATION) is None


def test_a_description_holds_the_answers_of_the_last_runs_and_a_persons_own_stays(registry: Registry) -> None:
    pinned = registry.version("described")
    run_id = registry.run({PASSED: "true"}, 1000, findings={"answer": ["Version 1 is good.", "So it is."]})
    name_last(registry.client, pinned, EVALUATION, run_id)
    describe(registry.client, pinned)
    described = registry.client.get_model_version("described", "1").description
    assert f"{EVALUATION} passed" in described
    assert "Version 1 is good. So it is." in described
    assert f"/runs/{run_id}?" in described
    name_last(registry.client, pinned, "DriftJob", registry.run(ended=2000, findings={}))
    describe(registry.client, pinned)
    assert "DriftJob refused" in registry.client.get_model_version("described", "1").description
    registry.client.update_model_version("described", "1", "mine")
    describe(registry.client, pinned)
    assert registry.client.get_model_version("described", "1").description == "mine"


def test_a_run_that_its_job_did_not_come_to_name_counts_and_is_named_by_the_next_job(
    registry: Registry,
) -> None:
    pinned = registry.version("unnamed")
    left = {UNNAMED: pinned.uri, PASSED: "true"}
    drift = registry.run({**left, JOB: "DriftJob"}, 3000)
    older, newer = (registry.run({**left, JOB: EVALUATION}, at) for at in (1000, 2000))
    failed, deleted = (registry.run({**left, JOB: "DriftJob"}, at) for at in (4000, 5000))
    registry.client.set_terminated(failed, "FAILED", 4000)
    registry.client.delete_run(deleted)
    named = {f"{LAST}DriftJob": drift, f"{LAST}{EVALUATION}": newer}
    assert named.items() <= known_tags(registry.client, pinned).items()
    assert not named.keys() & tags_of(registry, pinned).keys(), "who reads names nothing"
    name_unnamed(registry.client, pinned)
    assert named.items() <= tags_of(registry, pinned).items()
    assert "DriftJob passed" in registry.client.get_model_version("unnamed", "1").description
    assert not any(UNNAMED in registry.client.get_run(run).data.tags for run in (drift, older, newer))
    later = registry.run(ended=6000)
    name_last(registry.client, pinned, EVALUATION, later)
    registry.client.set_tag(newer, UNNAMED, pinned.uri)
    pinned = pin(registry.client, "unnamed", 1)
    assert known_tags(registry.client, pinned)[f"{LAST}{EVALUATION}"] == later
