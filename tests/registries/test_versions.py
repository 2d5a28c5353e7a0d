"""A version is found by its number, an alias or a semantic version, and a wrong name lists what exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mlflow import MlflowClient
from mlflow.store.entities import PagedList

from mxt.errors import ModelError, ServiceError
from mxt.registries.versions import SEMVER_TAG, all_pages, pin, refuse_taken, versions_of
from services.servers import answering

if TYPE_CHECKING:
    from registries.store import Registry


def test_a_version_goes_by_three_names(registry: Registry) -> None:
    registry.version("named", {SEMVER_TAG: "1.0.0"})
    second = registry.version("named", {SEMVER_TAG: "1.1.0", "colour": "blue"})
    registry.client.set_registered_model_alias("named", "Champion", "2")
    assert [pin(registry.client, "named", name) for name in (2, "2", "Champion", "1.1.0")] == [second] * 4
    assert (second.uri, str(second)) == ("models:/named/2", "named version 2 (1.1.0)")
    assert second.tags["colour"] == "blue"
    assert pin(registry.client, "named", "1.0.0").version == 1


def test_a_wrong_name_lists_aliases_versions_and_semantic_versions(registry: Registry) -> None:
    registry.version("listed")
    registry.version("listed", {SEMVER_TAG: "2.0.0"})
    registry.client.set_registered_model_alias("listed", "Champion", "2")
    with pytest.raises(ModelError) as caught:
        pin(registry.client, "listed", "Champoin")
    assert str(caught.value) == (
        "The model 'listed' has no alias or version 'Champoin'. Aliases: Champion (2); versions: 1, 2; "
        "semantic versions: 2.0.0."
    )


def test_a_model_that_is_not_registered_lists_those_that_are(registry: Registry) -> None:
    registry.version("known")
    with pytest.raises(ModelError, match=r"No model 'knwon' is registered; registered models: .*'known'"):
        pin(registry.client, "knwon", 1)
    assert versions_of(registry.client, "knwon") == []


def test_a_model_or_version_that_is_not_there_is_said_with_the_store(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.version("stored")
    client = registry.client
    monkeypatch.setattr(client, "mxt_store", "The store is S, which V names.", raising=False)
    for name, wanted in (("nobody", 1), ("stored", "Champion")):
        with pytest.raises(ModelError, match=r"\. The store is S, which V names\.$"):
            pin(client, name, wanted)


def test_a_semantic_version_is_given_once(registry: Registry) -> None:
    registry.version("once", {SEMVER_TAG: "1.0.0"})
    registry.version("once")
    refuse_taken(registry.client, "once", "1.0.1")
    with pytest.raises(ModelError, match=r"1\.0\.0 of 'once' is taken by version 1; taken: 1\.0\.0\."):
        refuse_taken(registry.client, "once", "1.0.0")


def test_all_pages_of_a_search_are_read() -> None:
    pages = {None: PagedList([1, 2], "a"), "a": PagedList([], "b"), "b": PagedList([3], None)}
    assert list(all_pages(lambda token: pages[token])) == [1, 2, 3]


@pytest.mark.parametrize("body", [b"{}", b'{"registered_model": {"name": "another"}}'])
def test_a_store_that_answers_with_no_such_model_is_a_failure_of_the_service(body: bytes) -> None:
    with answering(200, body) as (host, _):
        client = MlflowClient(f"http://{host}", f"http://{host}")
        with pytest.raises(
            ServiceError, match=r"^MLflow does not answer with the model 'churn' that it has: "
        ):
            pin(client, "churn", "Champion")
