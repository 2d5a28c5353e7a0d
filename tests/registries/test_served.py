"""A served version gives what is stored with it, and says what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import pandas as pd
import pytest
from mlflow.models import infer_signature

from mxt.datasets.readers.csv import CsvReader
from mxt.errors import ConfigError, ModelError
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.registries.savers.base import METADATA
from mxt.registries.served import Served, ServedArms

if TYPE_CHECKING:
    from registries.store import Registry

ROWS = pd.DataFrame({"code": ["007"], "tenure": [1.5]})


@pytest.fixture
def bare(registry: Registry) -> Served:
    """A version of which nothing is stored but its model."""
    return Served(registry.version("bare"), MlflowLoader())


@pytest.fixture
def full(registry: Registry) -> Served:
    """A version with a signature, a target and classes."""
    facts = {METADATA: {"target": "Churn", "classes": ["No", "Yes"]}}
    pinned = registry.version("full", signature=infer_signature(ROWS, ROWS["tenure"]), metadata=facts)
    return Served(pinned, MlflowLoader())


def test_the_file_that_describes_a_version_is_read_once(full: Served) -> None:
    assert full.schema is not None
    Path(mlflow.artifacts.download_artifacts(f"{full.pinned.uri}/MLmodel")).unlink()
    assert full.recorded_target == "Churn"
    with pytest.raises(ModelError, match="has no readable MLmodel file"):
        MlflowLoader().load_target(full.pinned.uri)


def test_what_was_not_stored_is_none_and_a_job_that_needs_it_is_refused(bare: Served) -> None:
    stored = (bare.schema, bare.recorded_target, bare.background, bare.fitted, bare.truth_schema("Churn"))
    assert stored == (None,) * 5
    with pytest.raises(ModelError, match=r"no schema or signature for models:/bare/\d"):
        _ = bare.declared
    with pytest.raises(ConfigError, match="does not record its target; give the job its `target`"):
        bare.target(None)
    with pytest.raises(ModelError, match="flavours facts"):
        _ = bare.model


def test_a_target_of_the_config_wins_over_the_recorded_one(bare: Served, full: Served) -> None:
    assert (bare.target("left"), full.target("left"), full.target(None)) == ("left", "left", "Churn")


def test_nothing_is_loaded_before_it_is_used(full: Served) -> None:
    assert full.packages == ()
    assert vars(full).keys() == {"pinned", "loader"}
    assert full.declared is full.schema
    assert list(full.declared.columns) == ["code", "tenure"]


def test_tables_are_read_with_the_texts_that_the_version_was_trained_on(full: Served, tmp_path: Path) -> None:
    pd.DataFrame({"id": ["a"], "code": ["010"], "tenure": [2], "Churn": ["1"]}).to_csv(
        tmp_path / "table.csv", index=False
    )
    reader = CsvReader(path=str(tmp_path / "table.csv"), id_column="id")
    table = full.reader(reader, full.truth_schema("Churn")).read()
    assert (table["code"].iloc[0], table["Churn"].iloc[0]) == ("010", "1")


def test_arms_of_one_version_share_it_and_say_so(full: Served) -> None:
    again = Served(full.pinned, full.loader)
    arms = ServedArms.of(full, again)
    assert arms.treatment is full
    number = full.pinned.version
    assert arms.facts == {"control_version": number, "treatment_version": number, "same_version": True}
    assert arms.description == f"{full.pinned} (treatment) against {full.pinned} (control)"
    assert arms.recorded_target == "Churn"


def test_arms_of_two_versions_have_the_target_that_either_records(registry: Registry, full: Served) -> None:
    other = Served(registry.version("full"), MlflowLoader())
    arms = ServedArms.of(full, other)
    assert arms == (full, other)
    numbers = {"control_version": full.pinned.version, "treatment_version": other.pinned.version}
    assert arms.facts == numbers
    assert arms.recorded_target == ServedArms.of(other, full).recorded_target == "Churn"


def test_arms_of_versions_with_different_targets_are_refused(registry: Registry, full: Served) -> None:
    facts = {METADATA: {"target": "Partner", "classes": ["No", "Yes"]}}
    signature = infer_signature(ROWS, ROWS["tenure"])
    other = Served(registry.version("full", signature=signature, metadata=facts), MlflowLoader())
    with pytest.raises(ConfigError, match=r"predicts 'Churn', but .* predicts 'Partner'"):
        _ = ServedArms.of(full, other).recorded_target
