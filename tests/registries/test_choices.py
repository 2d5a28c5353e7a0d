"""Versions as people name them on a command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from blank import blank_store
from mxt.errors import ConfigError, ModelError
from mxt.registries.choices import chosen
from mxt.services import MlflowService
from registries.store import Registry


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """An empty store."""
    service = MlflowService(tracking_uri=f"sqlite:///{blank_store(tmp_path)}")
    service.start()
    return Registry(service)


def test_a_version_is_named_by_alias_number_or_semantic_version(registry: Registry) -> None:
    registry.version("churn", {"mxt.semver": "1.2.0"})
    registry.version("churn")
    registry.client.set_registered_model_alias("churn", "Champion", 2)
    registry.client.set_registered_model_alias("churn", "Challenger", 1)
    spellings = ["churn", "churn@Champion", "churn@Challenger", "churn/1", "churn/1.2.0", "models:/churn/2"]
    found = [chosen(registry.client, text, "here").version for text in [*spellings, None]]
    assert found == [2, 2, 1, 1, 1, 2, 2]
    with pytest.raises(ModelError, match=r"no alias or version 'Other'.* The store is here\.$"):
        chosen(registry.client, "churn@Other", "here")
    for wrong in ("", "churn@", "a/b/c", "churn@x y", " ", "..", "../x", "a\nb", "\udcff"):
        with pytest.raises(ConfigError, match="names no version; write NAME, NAME@ALIAS or NAME/VERSION"):
            chosen(registry.client, wrong, "here")


def test_without_a_name_the_only_model_is_meant(registry: Registry) -> None:
    with pytest.raises(ModelError, match="No model is registered in here"):
        chosen(registry.client, None, "here")
    registry.version("only")
    with pytest.raises(
        ModelError, match=r"Aliases: none; versions: 1.*Name one, as in: --model only/VERSION"
    ):
        chosen(registry.client, None, "here")
    registry.version("second")
    with pytest.raises(ConfigError, match="Several models are registered in here: only, second"):
        chosen(registry.client, None, "here")
