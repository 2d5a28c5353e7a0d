"""The origin of a version is the record of its training run, or what a job says where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mxt.errors import ConfigError
from mxt.registries.origins import Origin, origin_of
from mxt.registries.versions import Pinned

if TYPE_CHECKING:
    from registries.store import Registry

RECORD: dict[str, Any] = {
    "inputs": {"KIND": "CsvReader", "path": "data/churn.csv", "id_column": "id"},
    "target": "Churn",
    "splitter": {"KIND": "HoldoutSplitter", "test_share": 0.25},
    "recipe": {"KIND": "LogisticRegressionRecipe"},
}
NOTHING = dict.fromkeys(Origin.model_fields)


def trained_by(registry: Registry, **artifacts: Any) -> Pinned:
    return Pinned("churn", 1, registry.run(**artifacts), "", {})


def test_the_record_of_the_training_is_the_origin(registry: Registry) -> None:
    origin = origin_of(trained_by(registry, config=RECORD), NOTHING, "/project")
    assert origin.inputs.source == "/project/data/churn.csv"
    assert origin.target == "Churn"
    assert type(origin.splitter).__name__ == "HoldoutSplitter"
    assert type(origin.recipe).__name__ == "LogisticRegressionRecipe"


def test_the_recipe_that_a_search_chose_is_the_one_that_was_fitted(registry: Registry) -> None:
    chosen = {"KIND": "RandomForestRecipe"}
    pinned = trained_by(registry, config=RECORD, recipe=chosen)
    assert type(origin_of(pinned, NOTHING, "").recipe).__name__ == "RandomForestRecipe"


def test_a_table_may_have_moved_and_nothing_else_may_differ(registry: Registry) -> None:
    pinned = trained_by(registry, config=RECORD)
    moved = {"KIND": "CsvReader", "path": "/elsewhere/churn.csv", "id_column": "id"}
    assert origin_of(pinned, {**NOTHING, "inputs": moved}, "").inputs.source == "/elsewhere/churn.csv"
    assert origin_of(pinned, {**NOTHING, "target": "Churn"}, "").target == "Churn"
    for name, value in (("target", "tenure"), ("splitter", {"KIND": "StratifiedSplitter"})):
        with pytest.raises(ConfigError, match=f"trained with another {name} than the job's"):
            origin_of(pinned, {**NOTHING, name: value}, "")


def test_a_version_that_another_tool_trained_has_what_the_job_says(registry: Registry) -> None:
    pinned = trained_by(registry)
    assert origin_of(pinned, RECORD, "").target == "Churn"
    with pytest.raises(ConfigError, match="does not record its splitter, recipe; give the job these"):
        origin_of(pinned, {**RECORD, "splitter": None, "recipe": None}, "")


def test_a_record_that_cannot_be_read_names_its_parts(registry: Registry) -> None:
    pinned = trained_by(registry, config={**RECORD, "splitter": {"KIND": "CoinSplitter"}})
    with pytest.raises(ConfigError, match="The splitter that the run that trained churn version 1 recorded"):
        origin_of(pinned, NOTHING, "")
