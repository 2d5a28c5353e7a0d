"""The store of models: named in messages, with the reason why it is this one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from mxt.services.base.stores import note_store, reason, store_of

if TYPE_CHECKING:
    from pathlib import Path

IN_CONFS = {"root": "/p", "files": {"confs/drift.yaml": "0"}}
OUTSIDE = {"root": "/p", "files": {"drift.yaml": "0"}}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without a store, and an environment that names none."""
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MXT_ROOT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("fields", "origin", "variables", "expected"),
    [
        ((), IN_CONFS, {}, "beside the folder confs of the config"),
        ((), OUTSIDE, {}, "beside the config, which lies in no folder confs; MLFLOW_TRACKING_URI or"),
        ((), OUTSIDE, {"MXT_ROOT": "/p"}, "at the root that MXT_ROOT names"),
        ((), IN_CONFS, {"MLFLOW_TRACKING_URI": "http://host"}, "which MLFLOW_TRACKING_URI names"),
        (
            ("tracking_uri",),
            IN_CONFS,
            {"MLFLOW_TRACKING_URI": "http://host"},
            "which mlflow_service.tracking_uri",
        ),
        (("tracking_uri", "registry_uri"), IN_CONFS, {}, "which mlflow_service.registry_uri names"),
        ((), {}, {}, ""),
    ],
)
def test_a_store_is_chosen_by_the_config_then_the_environment_then_the_root(
    fields: tuple[str, ...],
    origin: dict[str, object],
    variables: dict[str, str],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    why = reason(fields, origin)
    assert why.startswith(expected)
    assert bool(why) is bool(expected)


def test_a_client_keeps_the_store_without_its_options() -> None:
    client: Any = SimpleNamespace()
    assert store_of(client) == ""
    note_store(client, "postgresql://host/x?sslkey=hunter2", "which MLFLOW_TRACKING_URI names")
    assert store_of(client) == " The store is postgresql://host/x, which MLFLOW_TRACKING_URI names."


def test_the_store_of_the_current_project_is_offered_where_another_was_looked_in(tmp_path: Path) -> None:
    client: Any = SimpleNamespace()
    (tmp_path / "mlflow.db").touch()
    note_store(client, "sqlite:////elsewhere/mlflow.db", "beside the config")
    other = f" The current folder's project has another: MLFLOW_TRACKING_URI=sqlite:///{tmp_path}/mlflow.db"
    assert store_of(client).startswith(" The store is sqlite:////elsewhere/mlflow.db, beside the config.")
    assert store_of(client).endswith(f"{other} chooses it.")
    note_store(client, f"sqlite:///{tmp_path}/mlflow.db", "beside the config")
    assert store_of(client) == f" The store is sqlite:///{tmp_path}/mlflow.db, beside the config."
