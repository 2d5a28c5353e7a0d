"""What users and the world can break: one line, the right exit code, people notified, nothing half-done."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import mlflow
import pandas as pd
import pytest

from conftest import Project, clean_environment
from mxt.cli import main
from sinks import webhook

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "canary-4711"


class Fault(NamedTuple):
    """A way to break a job, and how it must end."""

    words: list[str]
    code: int
    message: str


def csv(folder: Path, name: str, **changes: Any) -> str:
    """A copy of some rows of the churn table with changed columns; None drops a column."""
    table = pd.read_csv(folder / "data" / "churn.csv", nrows=60, dtype=str)
    for column, cells in changes.items():
        table = table.drop(columns=column) if cells is None else table.assign(**{column: cells})
    path = folder / f"{name}.csv"
    table.to_csv(path, index=False)
    return str(path)


def faults(project: Project) -> dict[str, Fault]:
    """Faults by name, on a project whose model is trained."""
    root = project.root
    inference, explanations = "confs/inference.yaml", "confs/explanations.yaml"
    path, samples = "job.inputs.path=", "job.inputs_samples.path="
    (root / "empty.csv").write_text("")
    (root / "header.csv").write_text((root / "data" / "churn.csv").read_text().splitlines()[0] + "\n")
    (root / "corrupt.parquet").write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    (root / "blocked").write_text("a file where a folder should be")
    return {
        "no such config": Fault(["confs/absent.yaml"], 2, r"confs/absent.yaml: no such config file"),
        "unknown KIND": Fault(
            [inference, "job.inputs.KIND=CsvRaeder"], 2, r"unknown KIND 'CsvRaeder'; did you mean 'CsvReader'"
        ),
        "misspelt field": Fault(
            [inference, "job.inputs.limt=3"], 2, r"unknown field 'limt'; did you mean 'limit'"
        ),
        "wrong type": Fault(
            [inference, "job.inputs.limit=many"], 2, r"job.inputs.limit: should be a valid integer"
        ),
        "number as version": Fault(
            [inference, "job.alias_or_version=1.10"], 2, r"1\.10 would be read as the number 1\.1; quote it"
        ),
        "secret by interpolation": Fault(
            [inference, "job.inputs.path=${oc.env:HOME}"], 2, r"an interpolation names a key"
        ),
        "missing file": Fault(
            [inference, path + "data/absent.csv"], 3, r"absent.csv: no such file or folder"
        ),
        "empty file": Fault([inference, path + "empty.csv"], 3, r"empty.csv: cannot be read"),
        "no rows": Fault([inference, path + "header.csv"], 3, r"header.csv: no rows"),
        "filtered to nothing": Fault(
            [inference, "job.inputs.filters=[[tenure, '>', 999]]"], 3, r"no rows meet the filters"
        ),
        "not Parquet": Fault(
            [inference, "job.inputs={KIND: ParquetReader, path: corrupt.parquet}"],
            3,
            r"corrupt.parquet: cannot be read",
        ),
        "lacking column": Fault(
            [inference, path + csv(root, "lacking", tenure=None)], 3, r"column 'tenure' is missing"
        ),
        "wrong column type": Fault(
            [inference, path + csv(root, "typed", tenure=CANARY)],
            3,
            r"column 'tenure' is of type str, expected int64",
        ),
        "unseen category": Fault(
            [inference, path + csv(root, "unseen", Contract=CANARY)],
            3,
            r"60 rows: 'Contract' holds a category that training did not have \(ids '",
        ),
        "new missing values": Fault(
            [inference, path + csv(root, "missing", tenure="")],
            3,
            r"'tenure' is empty, but training never was",
        ),
        "infinite": Fault(
            [inference, path + csv(root, "infinite", MonthlyCharges="inf")], 3, r"60 rows have an infinite"
        ),
        "repeated ids": Fault(
            [explanations, samples + csv(root, "repeated", customerID="x")], 3, r"59 repeated ids"
        ),
        "no id column": Fault([inference, "job.inputs.id_column=nobody"], 3, r"has no columns \['nobody'\]"),
        "folder cannot be made": Fault(
            [inference, "job.outputs.path=blocked/out.parquet"], 3, r"cannot be written"
        ),
        "unknown alias": Fault(
            [inference, "job.alias_or_version=Nobody"],
            4,
            r"no alias or version 'Nobody'\. Aliases: Challenger",
        ),
        "unknown version": Fault(
            [inference, "job.alias_or_version=99"], 4, r"no alias or version '99'.*versions: 1"
        ),
        "unknown model": Fault(
            [inference, "job.mlflow_service.registry_name=nobody"], 4, r"No model 'nobody' is registered"
        ),
        "taken version": Fault(
            ["confs/training.yaml", "job.version='1.0.0'"], 4, r"1\.0\.0 of 'churn' is taken by version"
        ),
        "MLflow down": Fault(
            [inference, "job.mlflow_service.tracking_uri=http://127.0.0.1:9"],
            5,
            r"MLflow does not answer at http://127.0.0.1:9",
        ),
        "one class": Fault(
            ["confs/training.yaml", path + csv(root, "single", Churn="No")],
            3,
            r"'Churn' is the same in all 60",
        ),
        "not a metric": Fault(
            ["confs/evaluations.yaml", "job.metrics=[{KIND: SklearnMetric, name: rocauc}]"],
            2,
            r"no scorer 'rocauc'",
        ),
    }


NAMES = [
    "no such config",
    "unknown KIND",
    "misspelt field",
    "wrong type",
    "number as version",
    "secret by interpolation",
    "missing file",
    "empty file",
    "no rows",
    "filtered to nothing",
    "not Parquet",
    "lacking column",
    "wrong column type",
    "unseen category",
    "new missing values",
    "infinite",
    "repeated ids",
    "no id column",
    "folder cannot be made",
    "unknown alias",
    "unknown version",
    "unknown model",
    "taken version",
    "MLflow down",
    "one class",
    "not a metric",
]


@pytest.fixture(scope="module")
def broken(trained: Project) -> dict[str, Fault]:
    ended = trained.here("training", "job.version='1.0.0'", "job.recipe.trees=5", "job.alias=null")
    assert ended.code == 0, ended.err
    broken = faults(trained)
    assert list(broken) == NAMES
    return broken


@pytest.fixture
def alerts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    with webhook() as (url, received):
        monkeypatch.setenv("MXT_ALERTS_TARGETS", url)
        yield received


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_ends_in_one_line_and_its_exit_code(
    name: str,
    trained: Project,
    broken: dict[str, Fault],
    alerts: list[dict[str, Any]],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fault = broken[name]
    monkeypatch.chdir(trained.root)
    before = {path: path.read_bytes() for path in (trained.root / "outputs").glob("*")}
    code = main(fault.words)
    out, err = capfd.readouterr()
    assert code == fault.code, err
    line = next(line for line in err.splitlines() if re.search(fault.message, line))
    assert "Traceback" not in err
    assert CANARY not in out + err
    outcome = json.loads(out.splitlines()[-1])
    assert outcome["exit_code"] == fault.code
    assert outcome["outcome"] == "failed"
    assert re.search(fault.message, outcome["error"])
    if "run_id" in outcome:
        assert mlflow.get_run(outcome["run_id"]).info.status == "FAILED"
    assert len(alerts) == 1
    assert line.strip() in alerts[0]["message"]
    assert {path: path.read_bytes() for path in (trained.root / "outputs").glob("*")} == before


def test_a_full_disk_leaves_the_previous_output(trained: Project) -> None:
    table = pd.read_csv(trained.root / "data" / "churn.csv", dtype=str)
    large = pd.concat([table] * 4).assign(customerID=[f"{row:06d}" for row in range(4 * len(table))])
    large.to_csv(trained.root / "large.csv", index=False)
    (trained.root / "outputs").mkdir(exist_ok=True)
    kept = trained.root / "outputs" / "kept.jsonl"
    kept.write_text("the previous output\n")
    limit = 2 << 20  # bytes that any one file may reach: more than the store has, less than the output needs
    ended = subprocess.run(
        [sys.executable, "-m", "mxt", "confs/inference.yaml", "job.inputs.path=large.csv",
         f"job.outputs={{KIND: JsonlWriter, path: {kept}}}"],
        cwd=trained.root, env=clean_environment(), capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert ended.returncode == 3, ended.stderr
    assert "kept.jsonl: cannot be written (File too large); the previous output is untouched" in ended.stderr
    assert kept.read_text() == "the previous output\n"
    assert sorted(path.name for path in kept.parent.glob("kept*")) == ["kept.jsonl", "kept.jsonl.parts"]
    again = trained.here(
        "inference", "job.inputs.path=large.csv", f"job.outputs={{KIND: JsonlWriter, path: {kept}}}"
    )
    assert again.code == 0
    assert "parts are finished already" in again.err
    assert len(kept.read_text().splitlines()) == len(large)
    assert not Path(f"{kept}.parts").exists()


def test_a_job_that_is_stopped_ends_its_run_and_notifies_people(trained: Project) -> None:
    with webhook() as (url, received):
        process = subprocess.Popen(
            [sys.executable, "-m", "mxt", "confs/training.yaml", "job.recipe.trees=100000"],
            cwd=trained.root,
            env=clean_environment({"MXT_ALERTS_TARGETS": url}),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if "training has" in line:
                break
        process.terminate()
        process.communicate()
    assert process.returncode == 143
    assert received[0]["title"] == "TrainingJob failed"
