"""Keys of kept parts: they differ with all that the bytes of a part depend on, and old forms stay valid."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mxt import packages
from mxt.streams.keys import EARLIER, Origin
from streams.slow import ROW, Slow, stream

if TYPE_CHECKING:
    from pathlib import Path

    from mxt.streams.tasks import Workload

ORIGIN = Origin("c0ffee", "models:/churn/3", frozenset({"xgboost"}))


@pytest.fixture
def workload(tmp_path: Path) -> Workload:
    return replace(stream(tmp_path, Slow(ROW), 20, 5).workload, basis="background")


def test_a_key_has_the_form_that_parts_on_disk_have(workload: Workload) -> None:
    versions = packages.versions("xgboost")
    assert json.loads(ORIGIN.keys(workload)["key"]) == [
        "c0ffee",
        "models:/churn/3",
        "",
        5,
        "background",
        versions,
    ]
    limited = replace(ORIGIN, memory=(2_000_000, '{"KIND":"SerialExecutor"}'))
    assert json.loads(limited.keys(workload)["key"])[-2:] == [2_000_000, '{"KIND":"SerialExecutor"}']


@pytest.mark.parametrize(
    "change",
    [
        {"config_digest": "beef"},
        {"model_uri": "models:/churn/4"},
        {"packages": frozenset({"lightgbm"})},
        {"memory": (1, "{}")},
        {"read_as": '{"inputs": {"missing": ["?"]}}'},
    ],
    ids=lambda change: next(iter(change)),
)
def test_parts_of_another_origin_have_another_key(change: dict[str, Any], workload: Workload) -> None:
    assert replace(ORIGIN, **change).keys(workload)["key"] != ORIGIN.keys(workload)["key"]


@pytest.mark.parametrize("change", [{"part_rows": 6}, {"basis": "another"}], ids=["rows", "basis"])
def test_parts_of_another_workload_have_another_key(change: dict[str, Any], workload: Workload) -> None:
    assert ORIGIN.keys(replace(workload, **change))["key"] != ORIGIN.keys(workload)["key"]


def test_the_form_of_earlier_releases_named_the_same_packages_for_every_model(workload: Workload) -> None:
    versions = {name: importlib.metadata.version(name) for name in EARLIER}
    assert json.loads(ORIGIN.keys(workload)["earlier"])[-1] == versions
    assert replace(ORIGIN, packages=frozenset({"lightgbm"})).keys(workload)["earlier"] == "", (
        "it named no lightgbm"
    )
