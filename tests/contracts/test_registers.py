"""What every register owes: versions count up, and name the run and the model that they come from."""

from __future__ import annotations

import pytest

from contracts import registry
from contracts.registry import ROWS
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.registries.registers.base import Register
from mxt.registries.savers.mlflow import MlflowSaver

REGISTERS = registry.every(Register)


@pytest.mark.parametrize("name", REGISTERS)
def test_a_saved_model_becomes_the_next_version_with_its_run_and_tags(name: str) -> None:
    client, register = (
        registry.store(),
        REGISTERS[name].model_copy(update={"tags": {"team": "a", "desk": "7"}}),
    )
    uri, run_id = registry.save(MlflowSaver(), registry.model())
    first, second = (
        register.register(client, name, uri, run_id, {"team": "b", "mxt.semver": semver})
        for semver in ("1.0.0", "1.1.0")
    )
    assert (first.version, second.version) == (1, 2)
    assert (first.name, first.run_id, first.semver) == (name, run_id, "1.0.0")
    assert second.semver == "1.1.0"
    stored = client.get_model_version(name, "1").tags
    assert stored | {"team": "b", "desk": "7"} == stored == first.tags
    assert MlflowLoader().load(first.uri).predict(ROWS).equals(registry.model().predict(ROWS))
