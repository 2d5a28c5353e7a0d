"""A training whose config names no model adds no version to a model that predicts something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from mlflow.models import infer_signature

from mxt.errors import ConfigError
from mxt.registries.predecessors import refuse_other_model
from mxt.registries.savers.base import METADATA
from mxt.services import MlflowService
from mxt.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from registries.store import Registry

COLUMNS = ["age", "city", "plan"]


@pytest.fixture
def left_out(registry: Registry) -> MlflowService:
    """A service whose config leaves out the name of the model."""
    return MlflowService(tracking_uri=registry.service.tracking_uri)


@pytest.fixture(autouse=True, scope="module")
def _last(registry: Registry) -> None:
    """The last version of the default model: one of MXT, after one of another tool."""
    registry.version("model")
    add(registry, "Churn")


def add(registry: Registry, target: str, columns: list[str] = COLUMNS) -> None:
    """A new version of the default model, as MXT stores one."""
    rows = pd.DataFrame({name: ["x"] for name in columns})
    signature = infer_signature(rows, pd.Series([1.0]))
    registry.version("model", signature=signature, metadata={METADATA: {"target": target}})


def test_the_same_target_and_columns_are_the_next_version(left_out: MlflowService) -> None:
    refuse_other_model(left_out, "Churn", COLUMNS[::-1])


def test_another_target_is_refused_with_the_line_to_write(left_out: MlflowService) -> None:
    with pytest.raises(
        ConfigError, match=r"predicts 'Churn', and this training 'price'\. .*`registry_name: NAME`"
    ):
        refuse_other_model(left_out, "price", COLUMNS)


def test_other_columns_are_refused_by_at_most_five_names(left_out: MlflowService) -> None:
    columns = ["age", "city", *(f"x{place}" for place in range(6))]
    with pytest.raises(ConfigError, match=r"both learn from 'plan', 'x0', 'x1', 'x2', 'x3' and 2 more\."):
        refuse_other_model(left_out, "Churn", columns)


def test_a_name_that_is_written_allows_it_with_a_warning(registry: Registry, warned: list[str]) -> None:
    written = MlflowService(tracking_uri=registry.service.tracking_uri, registry_name="model")
    refuse_other_model(written, "price", ["rooms"])
    assert "predicts 'Churn', and this training 'price'; they do not both learn" in warned[0]


def test_a_model_that_does_not_exist_and_one_of_another_tool_say_nothing(registry: Registry) -> None:
    uri = registry.service.tracking_uri
    registry.version("foreign", signature=infer_signature(pd.DataFrame({"a": [1.0]}), pd.Series([1.0])))
    for name in ("nobody", "foreign"):
        service = MlflowService.model_construct({"tracking_uri"}, tracking_uri=uri, registry_name=name)
        refuse_other_model(service, "price", ["rooms"])


TRAININGS: dict[str, dict[str, Any]] = {
    "TrainingJob": {},
    "TuningJob": {"search": {"KIND": "GridSearch", "values": {"trees": [5, 9]}}},
}


@pytest.mark.parametrize("kind", TRAININGS)
def test_a_training_is_refused_before_anything_is_fitted(
    kind: str, left_out: MlflowService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.DataFrame({"age": range(40), "price": [1.5, 2.5] * 20})
    table.to_csv(tmp_path / "table.csv", index=False)
    content = {
        "KIND": kind,
        "mlflow_service": {"tracking_uri": left_out.tracking_uri},
        "inputs": {"KIND": "CsvReader", "path": str(tmp_path / "table.csv")},
        "target": "price",
        "recipe": {"KIND": "RandomForestRecipe", "task": "regression"},
        **TRAININGS[kind],
    }
    job = Settings.model_validate_json(json.dumps({"job": content})).job
    with pytest.raises(ConfigError, match="`registry_name` is left out"), job:
        job.run()
    assert "fit " not in capsys.readouterr().err
