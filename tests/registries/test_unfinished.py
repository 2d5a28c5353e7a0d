"""A version says whether its training ended well; one that did not gives its semantic version to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dead import dead_process
from mxt.errors import ModelError
from mxt.registries.unfinished import claim, why_unfinished
from mxt.registries.versions import SEMVER_TAG, pin
from mxt.services.base.owners import PROCESS_TAG, this_process

if TYPE_CHECKING:
    from mxt.registries.versions import Pinned
    from registries.store import Registry


def registered(
    registry: Registry, name: str, process: str, ended: str = "", tags: dict[str, str] | None = None
) -> Pinned:
    """A version whose training belongs to a process, and has ended in some way or has not."""
    client = registry.client
    known = {PROCESS_TAG: process} if process else {}
    run_id = client.create_run(registry.service.experiment_id, tags=known).info.run_id
    if ended:
        client.set_terminated(run_id, ended)
    client.create_registered_model(name)
    client.create_model_version(name, "file:///nowhere", run_id, tags={SEMVER_TAG: "1.2.3", **(tags or {})})
    return pin(client, name, 1)


@pytest.mark.parametrize(
    ("process", "ended", "why"),
    [
        ("this", "FINISHED", ""),
        ("", "", ""),
        ("this", "", "has not ended yet"),
        ("this", "FAILED", "failed after it had registered the version"),
        ("this", "KILLED", "was stopped after it had registered the version"),
        ("dead", "", "was stopped after it had registered the version"),
    ],
)
def test_a_version_says_how_its_training_ended_unless_an_earlier_release_made_it(
    process: str, ended: str, why: str, registry: Registry
) -> None:
    processes = {"this": this_process(), "dead": dead_process(), "": ""}
    pinned = registered(registry, f"ended{process}{ended}", processes[process], ended)
    said = why_unfinished(registry.client, pinned)
    assert said.endswith(why)
    assert bool(said) == bool(why)
    assert not said or pinned.run_id in said


def test_a_training_that_was_stopped_can_be_repeated_with_its_semantic_version(registry: Registry) -> None:
    pinned = registered(registry, "repeated", dead_process())
    claim(registry.client, "repeated", "1.2.3", "")
    tags = pin(registry.client, "repeated", 1).tags
    assert tags == {"mxt.withdrawn": f"1.2.3, by run {pinned.run_id}"}
    claim(registry.client, "repeated", "1.2.3", "")


def test_a_training_that_was_stopped_when_its_run_had_ended_is_completed_by_the_same_training(
    registry: Registry,
) -> None:
    client = registry.client
    for name in ("same", "other"):
        pinned = registered(registry, name, this_process(), "FINISHED")
        known = {"mxt.job": "TrainingJob", "mxt.unnamed": pinned.uri, "mxt.config_digest": name}
        for tag, value in known.items():
            client.set_tag(pinned.run_id, tag, value)
    there = claim(client, "same", "1.2.3", "same")
    assert there is not None
    assert there.version == 1
    for name in ("other", "same"):
        pinned = pin(client, name, 1)
        made = f", which run {pinned.run_id} of this config made" if name == "same" else ""
        with pytest.raises(ModelError, match=rf"version 1{made}; taken: .* such as `version: 1\.2\.4`"):
            claim(client, name, "1.2.3", "same")
        pinned = pin(client, name, 1)
        assert pinned.tags["mxt.last.TrainingJob"] == pinned.run_id


@pytest.mark.parametrize(
    ("ended", "tags"),
    [
        ("FINISHED", {}),
        ("", {}),
        ("KILLED", {"mxt.certificate": "models:/x"}),
        ("KILLED", {"mxt.last.EvaluationsJob": "0" * 32}),
    ],
)
def test_a_version_that_is_whole_or_in_the_making_or_judged_keeps_its_semantic_version(
    ended: str, tags: dict[str, str], registry: Registry
) -> None:
    name = f"kept{ended}{len(str(tags))}"
    registered(registry, name, this_process(), ended, tags)
    with pytest.raises(ModelError, match=r"The semantic version 1\.2\.3 of '.*' is taken by version 1"):
        claim(registry.client, name, "1.2.3", "")
