"""What an older commit stored is read by this one: versions, certificates, outputs and finished parts."""

from __future__ import annotations

import importlib.metadata
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from mlflow import MlflowClient

from conftest import Project, clean_environment
from mxt.registries.certificates import stored
from mxt.registries.changes import certificate_fault, changed
from mxt.registries.versions import pin

if TYPE_CHECKING:
    from collections.abc import Iterator

ARCHIVE = Path(__file__).parent / "certified.tar.xz"
PLACE = Path(tempfile.gettempdir()) / "mxt-store-of-an-older-commit"
"""Where the archives were made."""


@pytest.fixture(scope="module")
def older() -> Iterator[Project]:
    """The project of `certified.tar.xz`, its store in the form that this MLflow reads."""
    if str(PLACE.parent) != "/tmp":  # noqa: S108 - recorded configs name it
        pytest.skip("the archive can be unpacked where /tmp is the temporary folder")
    with FileLock(f"{PLACE}.lock"):
        shutil.rmtree(PLACE, ignore_errors=True)
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(PLACE, filter="data")
        command = [sys.executable, "-m", "mlflow", "db", "upgrade", f"sqlite:///{PLACE}/mlflow.db"]
        subprocess.run(command, check=True, capture_output=True, env=clean_environment())
        yield Project(PLACE)
        shutil.rmtree(PLACE)


@pytest.fixture(scope="module")
def outcomes(older: Project) -> dict[str, dict[str, Any]]:
    """What the older commit said of each job."""
    outcomes: dict[str, dict[str, Any]] = json.loads((older.root / "outcomes.json").read_text())
    return outcomes


def client_of(older: Project) -> MlflowClient:
    """A client of the store, which everything else that asks MLflow reads too."""
    store = f"sqlite:///{older.root}/mlflow.db"
    mlflow.set_tracking_uri(store)
    mlflow.set_registry_uri(store)
    return MlflowClient(store, store)


def same_packages() -> bool:
    """Whether the packages here are those that the outputs of the store were made with."""
    with tarfile.open(ARCHIVE) as archive:
        output = archive.extractfile("./outputs/predictions.parquet")
        assert output is not None
        facts = pq.read_schema(io.BytesIO(output.read())).metadata
    recorded = dict(word.split("==") for word in facts[b"mxt.packages"].decode().split())
    return {name: importlib.metadata.version(name) for name in recorded} == recorded


def test_scores_are_those_of_before_by_the_word_of_the_config(
    older: Project, outcomes: dict[str, dict[str, Any]]
) -> None:
    ended = older.here("evaluations")
    assert ended.code == 0, ended.err
    before = outcomes["evaluations"]["facts"]
    assert {name: ended.outcome["facts"][name] for name in ("roc_auc", "f1")} == {
        name: pytest.approx(before[name], abs=1e-4) for name in ("roc_auc", "f1")
    }
    assert "version 1 keeps no record" in ended.outcome["facts"]["held_out"]


def test_the_certificate_is_whole_and_still_of_this_model_data_and_configs(older: Project) -> None:
    client = client_of(older)
    pinned = pin(client, "old", 1)
    certificate = stored(pinned)
    assert certificate is not None
    assert certificate.outcome == "PASS"
    assert certificate_fault(client, pinned) == ""
    assert set(changed(pinned, certificate, str(older.root))) <= {"packages"}


def test_a_promotion_reads_evidence_and_moves_of_before(older: Project) -> None:
    ended = older.here("promotion", "job.reason=once more")
    assert ended.code == 0, ended.err
    assert "the evaluation of version 1 passed" in ended.outcome["facts"]["reasons"]


def test_a_certification_of_the_version_finds_its_table_and_split(
    older: Project, outcomes: dict[str, dict[str, Any]]
) -> None:
    ended = older.here("certification")
    assert ended.code == 0, ended.err
    assert ended.outcome["facts"]["roc_auc"] == outcomes["certification"]["facts"]["roc_auc"]


def test_rows_are_added_to_the_predictions_of_before(older: Project) -> None:
    path = older.root / "outputs" / "predictions.parquet"
    before = pq.read_table(path)
    ended = older.here("inference", 'job.inputs.filters=[[day,"<",2]]')
    assert ended.code == 0, ended.err
    after = pq.read_table(path)
    assert (before.num_rows, after.num_rows) == (100, 200)
    assert after.slice(0, 100).equals(before)
    assert after.schema.field("id") == before.schema.field("id")


def test_the_drift_of_the_table_of_the_training_is_nil(older: Project) -> None:
    ended = older.here("drift")
    assert ended.code == 0, ended.err
    assert ended.outcome["facts"]["drifted_columns"] == 0


def test_parts_that_were_finished_are_not_worked_on_again(older: Project) -> None:
    if not same_packages():
        pytest.skip("parts count only beside the packages that they were made with")
    ended = older.here("explanations")
    assert ended.code == 0, ended.err
    assert "2 finished parts count if the table still has their rows" in ended.err
    assert ended.outcome["facts"]["samples_explanations_rows"] == 300
