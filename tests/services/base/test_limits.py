"""Limits: whatever MLflow's server does, a call ends in time, and no password goes to another server."""

from __future__ import annotations

import time
from pathlib import Path

import mlflow
import pytest

from mxt.datasets import deadlines
from mxt.errors import ServiceError
from mxt.services import MlflowService
from services.servers import MISBEHAVIOURS, closed_port, misbehaving

SECONDS = 0.3


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "SECONDS", SECONDS)
    monkeypatch.setattr(deadlines, "_late", set())


def refusal(host: str, scheme: str = "http") -> str:
    """The error of a service at a host, in no more than its deadline."""
    begun = time.monotonic()
    with pytest.raises(ServiceError) as caught:
        MlflowService(tracking_uri=f"{scheme}://{host}").start()
    assert time.monotonic() - begun < SECONDS + 2, "also on a machine with much else to do"
    return str(caught.value)


@pytest.mark.parametrize("how", MISBEHAVIOURS)
def test_whatever_the_server_does_its_error_names_it_and_the_time(how: str) -> None:
    with misbehaving(how) as (host, _):
        message = refusal(host)
    assert host in message
    assert " after 0." in message


def test_a_server_that_speaks_no_tls_and_keeps_silent_is_given_up() -> None:
    with misbehaving("silent") as (host, _):
        assert f"https://{host}" in (message := refusal(host, "https"))
    assert " after 0." in message


def test_a_server_that_is_down_costs_no_more_than_the_deadline() -> None:
    assert "given up after 0.3 s" in refusal(f"127.0.0.1:{closed_port()}")


def test_a_server_that_a_redirect_leads_to_gets_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "canary4711")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "canary4712")
    with misbehaving("cut off") as (other, theirs):
        monkeypatch.setitem(MISBEHAVIOURS, "away", (_redirect(other), b""))
        with misbehaving("away") as (host, ours):
            refusal(host)
    assert b"Authorization" in ours[0]
    assert theirs
    assert b"Authorization" not in b"".join(theirs)


def _redirect(host: str) -> bytes:
    place = f"http://{host.replace('127.0.0.1', 'localhost')}/"
    return f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()


def test_artifacts_of_a_silent_server_are_given_up(tmp_path: Path) -> None:
    MlflowService(tracking_uri="http://127.0.0.1:1").connect()
    file = tmp_path / "model.txt"
    file.write_text("a")
    with misbehaving("silent") as (host, _):
        uri = f"http://{host}/api/2.0/mlflow-artifacts/artifacts/1"
        with pytest.raises(ServiceError, match=r"stands still: given up after 0\.3 s"):
            mlflow.artifacts.download_artifacts(uri)
    with misbehaving("busy") as (host, _):
        uri = f"http://{host}/api/2.0/mlflow-artifacts/artifacts/1"
        store = mlflow.store.artifact.artifact_repository_registry.get_artifact_repository(uri)
        with pytest.raises(ServiceError, match=r"stands still: given up after 0\.3 s"):
            store.log_artifact(str(file))
