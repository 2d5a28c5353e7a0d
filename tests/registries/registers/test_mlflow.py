"""Registering in MLflow."""

from __future__ import annotations

import mlflow
import pytest
from mlflow.exceptions import MlflowException

from contracts import registry
from mxt.registries.registers.mlflow import MlflowRegister
from mxt.registries.savers.mlflow import MlflowSaver


def test_a_name_that_the_store_refuses_is_an_error_and_registers_nothing() -> None:
    client = registry.store()
    uri, run_id = registry.save(MlflowSaver(), registry.model())
    with pytest.raises(MlflowException, match="name"):
        MlflowRegister().register(client, "a/b:c", uri, run_id, {})
    assert not [model for model in client.search_registered_models() if model.name == "a/b:c"]


def test_a_model_that_somebody_else_registered_gets_one_more_version() -> None:
    client = registry.store()
    uri, run_id = registry.save(MlflowSaver(), registry.model())
    mlflow.register_model(uri, "shared")
    assert MlflowRegister(tags={"team": "a"}).register(client, "shared", uri, run_id, {}).version == 2
