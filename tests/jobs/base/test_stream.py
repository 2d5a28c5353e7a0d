"""Long tables: the same bytes whoever works on the parts, and a killed job that goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from conftest import clean_environment
from halting import at_parts, wait_until_halted
from mxt.errors import DataError
from runs import CHURN, run, train

if TYPE_CHECKING:
    from collections.abc import Mapping

ROWS = 7043
PARTS = 12


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams")
    train(folder, alias="First")
    return folder


def score(root: Path, **fields: Any) -> dict[str, Any]:
    return run(
        root,
        "InferenceJob",
        **{
            "inputs": CHURN,
            "alias_or_version": "First",
            "outputs": {"KIND": "ParquetWriter", "path": "scored.parquet"},
            "part_rows": 600,
            **fields,
        },
    )


@pytest.fixture(scope="module")
def reference(root: Path) -> bytes:
    score(root)
    return (root / "scored.parquet").read_bytes()


@pytest.mark.parametrize(
    "fields",
    [
        {"part_rows": 77},
        {"part_rows": None},
        {"executor": {"KIND": "ProcessesExecutor", "processes": 2}},
        pytest.param({"executor": {"KIND": "ProcessesExecutor", "processes": 4}}, marks=pytest.mark.slow),
    ],
    ids=["small parts", "one part", "two processes", "four processes"],
)
def test_the_bytes_do_not_depend_on_who_works_on_which_parts(
    fields: dict[str, Any], root: Path, reference: bytes
) -> None:
    score(root, **fields)
    assert (root / "scored.parquet").read_bytes() == reference
    assert not list(root.glob("*.parts"))


def test_shares_are_put_together_by_a_last_run(root: Path, reference: bytes) -> None:
    (root / "scored.parquet").unlink()
    for share in ("3/3", "1/3", "2/3"):
        found = score(root, shard=share)
        assert found["facts"]["parts"] > 0
        assert not (root / "scored.parquet").exists()
    score(root)
    assert (root / "scored.parquet").read_bytes() == reference


def test_a_share_beyond_the_last_is_refused(root: Path) -> None:
    with pytest.raises(ValidationError, match="There is no share 3 of 2"):
        score(root, shard="3/2")


def explain(root: Path, **fields: Any) -> dict[str, bytes]:
    """The job's outputs."""
    files = ("samples_explanations", "models_explanations", "effects")
    outputs = {name: {"KIND": "ParquetWriter", "path": f"{name}.parquet"} for name in files}
    importances = [
        {"KIND": "ShapImportance"},
        {"KIND": "PermutationImportance", "repeats": 2, "rows": 60},
        {"KIND": "PartialDependenceImportance", "points": 3, "rows": 30},
    ]
    inputs = {**CHURN, "limit": 360}
    defaults = {"inputs_samples": inputs, "alias_or_version": "First", "importances": importances}
    run(root, "ExplanationsJob", **{**defaults, **outputs, **fields})
    return {name: (root / f"{name}.parquet").read_bytes() for name in files}


def test_explanations_do_not_depend_on_who_works_on_which_parts(root: Path) -> None:
    whole = explain(root)
    for share in ("2/2", "1/2"):
        run_share = {"part_rows": 80, "shard": share}
        explain(root, **run_share)
    assert explain(root, part_rows=80) == whole, "the last part of each pair was the first to be worked on"
    assert explain(root, part_rows=31, executor={"KIND": "ProcessesExecutor", "processes": 2}) == whole


def test_parts_explained_by_another_background_are_explained_again(root: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'known.db'}"
    engine = sa.create_engine(url)
    known = pd.read_csv(CHURN["path"], nrows=60).drop(columns=["Churn", "variant"])
    known["TotalCharges"] = pd.to_numeric(known["TotalCharges"], errors="coerce").fillna(0.0)
    known.to_sql("known", engine, index=False)
    query = "SELECT * FROM known"
    fields = {
        "background": {"KIND": "SqlReader", "url": url, "query": query, "id_column": "customerID"},
        "explainer": {"KIND": "TreeExplainer", "feature_perturbation": "interventional"},
        "part_rows": 80,
    }
    old = explain(root, **fields)
    for share in ("2/2", "1/2"):
        explain(root, **fields, shard=share)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE known SET tenure = tenure + 3"))
    new = explain(root, **fields)
    assert new != old
    assert explain(root, **fields, fresh=True) == new


def started(root: Path, *overrides: str, halt: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """The job in a process of its own, in parts of 100 rows."""
    config = {
        "job": {
            "KIND": "InferenceJob",
            "mlflow_service": {"registry_name": "churn", "experiment_name": "churn"},
            "inputs": CHURN,
            "alias_or_version": "First",
            "outputs": {"KIND": "ParquetWriter", "path": "scored.parquet"},
            "part_rows": 100,
        }
    }
    (root / "confs").mkdir(exist_ok=True)
    path = root / "confs" / "score.yaml"
    path.write_text(json.dumps(config))
    return subprocess.Popen(
        [sys.executable, "-m", "mxt", str(path), *overrides],
        cwd=root, env=clean_environment(halt), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def finished_parts(root: Path) -> int:
    return len(list((root / "scored.parquet.parts").glob("*.json")))


@pytest.fixture
def killed(root: Path, reference: bytes, request: pytest.FixtureRequest) -> int:
    """How many parts were finished when the job was killed, over an old output that stays."""
    assert (root / "scored.parquet").read_bytes() == reference
    halt = at_parts(root / "scored.parquet.parts", finished_parts(root) + 20, signal.SIGKILL)
    process = started(root, f"job.executor={request.param}", halt=halt)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    return finished_parts(root)


@pytest.mark.parametrize(
    "killed",
    [
        "{KIND: SerialExecutor}",
        pytest.param("{KIND: ProcessesExecutor, processes: 2}", marks=pytest.mark.slow),
    ],
    indirect=True,
)
def test_a_killed_job_goes_on_and_ends_with_the_same_bytes(
    killed: int, root: Path, reference: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert killed >= 20
    assert (root / "scored.parquet").read_bytes() == reference, "the old output is as it was"
    capfd.readouterr()
    score(root, part_rows=100)
    found = next(line for line in capfd.readouterr().err.splitlines() if "parts are finished already" in line)
    assert int(found.split(" parts are")[0].split()[-1]) >= killed - 1
    assert (root / "scored.parquet").read_bytes() == reference
    assert not (root / "scored.parquet.parts").exists()


def test_a_second_run_at_once_is_refused(root: Path, reference: bytes) -> None:
    process = started(root, halt=at_parts(root / "scored.parquet.parts", 1, signal.SIGSTOP))
    wait_until_halted(process)  # it shall not be done before the other begins
    with pytest.raises(DataError, match=f"another run works on this output .process {process.pid} on"):
        score(root)
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert (root / "scored.parquet").read_bytes() == reference


def test_a_fresh_run_does_all_parts_again(
    root: Path, reference: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    score(root, shard="1/2")
    assert finished_parts(root) == PARTS // 2
    capfd.readouterr()
    score(root, fresh=True)
    assert "finished already" not in capfd.readouterr().err
    score(root, shard="1/2")
    score(root, shard="1/2", fresh=True)
    assert "finished already" not in capfd.readouterr().err
    score(root)
    assert (root / "scored.parquet").read_bytes() == reference


def test_a_part_that_is_wrong_is_named_and_the_others_are_kept(root: Path, reference: bytes) -> None:
    table = pd.read_csv(CHURN["path"], dtype=str)
    table.loc[1300, "Contract"] = "canary-4711"
    table.to_csv(root / "odd.csv", index=False)
    inputs = {**CHURN, "path": str(root / "odd.csv")}
    with pytest.raises(
        DataError,
        match=r"a category that training did not have .*part 2, rows 1200 to 1799.*11 parts are kept",
    ) as told:
        score(root, inputs=inputs)
    assert "canary" not in str(told.value)
    assert finished_parts(root) == PARTS - 1
    assert (root / "scored.parquet").read_bytes() == reference


def test_an_id_in_two_parts_is_refused(root: Path, reference: bytes) -> None:
    table = pd.read_csv(CHURN["path"], dtype=str)
    ids = table["customerID"].to_list()
    table["customerID"] = [*ids[:5000], ids[3], *ids[5001:]]
    table.to_csv(root / "twice.csv", index=False)
    with pytest.raises(DataError, match="0 missing and 1 repeated ids"):
        score(root, inputs={**CHURN, "path": str(root / "twice.csv")})
    assert not list(root.glob("*.parts"))
    assert (root / "scored.parquet").read_bytes() == reference
