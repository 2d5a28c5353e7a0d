"""Spark: processes that die at random, parts that kill them, and what is told when there is no Spark."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import clean_environment
from executors import sparks
from executors.streams import Failing, Sums, Uneven
from mxt.errors import ConfigError, MissingExtraError, ServiceError
from mxt.executors.spark import SparkExecutor
from runs import CHURN, make, run, train

TESTS = str(Path(__file__).parents[1])
ROWS, PART_ROWS = 400, 5
PARTS = ROWS // PART_ROWS


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sparks.needed()
    folder = tmp_path_factory.mktemp("spark")
    train(folder, alias="First")
    return folder


def config() -> dict[str, Any]:
    """Explanations that ask the model again and again: each part takes a while."""
    outputs = {name: {"KIND": "ParquetWriter", "path": f"{name}.parquet"} for name in OUTPUTS}
    return {
        "inputs_samples": {**CHURN, "limit": ROWS},
        "alias_or_version": "First",
        "explainer": {"KIND": "PermutationExplainer", "orders": 10},
        "importances": [{"KIND": "ShapImportance"}],
        "part_rows": PART_ROWS,
        **outputs,
    }


OUTPUTS = ("samples_explanations", "models_explanations")


def content(root: Path) -> dict[str, bytes]:
    return {name: (root / f"{name}.parquet").read_bytes() for name in OUTPUTS}


@pytest.fixture(scope="module")
def reference(root: Path) -> dict[str, bytes]:
    run(root, "ExplanationsJob", **config())
    return content(root)


def started(root: Path, executor: dict[str, Any]) -> subprocess.Popen[str]:
    """The job in a process of its own."""
    service = {"registry_name": "churn", "experiment_name": "churn"}
    job = {"KIND": "ExplanationsJob", "mlflow_service": service, **config(), "executor": executor}
    (root / "confs").mkdir(exist_ok=True)
    path = root / "confs" / "explain.yaml"
    path.write_text(json.dumps({"job": job}))
    return subprocess.Popen(
        [sys.executable, "-m", "mxt", str(path)],
        cwd=root, env=clean_environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def finished(root: Path) -> int:
    return len(list((root / "samples_explanations.parquet.parts").glob("*.json")))


LOCAL = {"KIND": "SparkExecutor", "master": "local[2,4]", "tasks": 2}
CLUSTER = {**LOCAL, "master": "local-cluster[2,1,1024]", "options": {"spark.executor.memory": "512m"}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("executor", "victims"),
    [
        (LOCAL, [sparks.python_workers, sparks.python_workers]),
        (CLUSTER, [sparks.python_workers, sparks.executors]),
    ],
    ids=["local", "cluster"],
)
def test_a_job_whose_processes_are_killed_ends_with_the_same_bytes(
    executor: dict[str, Any], victims: list[Any], root: Path, reference: dict[str, bytes]
) -> None:
    for name in OUTPUTS:
        (root / f"{name}.parquet").unlink()
    process, chance = started(root, executor), random.Random()  # noqa: S311 - other moments each time
    moments = sorted(chance.sample(range(1, PARTS - 30), len(victims)))
    killed = []
    for moment, processes in zip(moments, victims, strict=True):
        while process.poll() is None and (finished(root) < moment or not processes(process.pid)):
            time.sleep(0.05)
        assert process.poll() is None, process.communicate()
        killed.append((finished(root), sparks.kill(processes(process.pid), chance)))
    _, err = process.communicate()
    assert process.returncode == 0, (killed, err)
    assert all(parts < PARTS for parts, _ in killed), killed
    assert content(root) == reference, killed
    assert "Traceback" not in err
    assert not list(root.glob("*.parts"))


@pytest.mark.slow
def test_the_processes_of_spark_end_with_a_job_that_is_killed(root: Path) -> None:
    for name in OUTPUTS:
        (root / f"{name}.parquet").unlink(missing_ok=True)
    with started(root, LOCAL) as job:
        while job.poll() is None and not sparks.python_workers(job.pid):
            time.sleep(0.05)
        processes = sparks.started_by(job.pid)
        assert any("java" in line for line in processes.values()), job.communicate()
        job.kill()
    until = time.monotonic() + 10
    while time.monotonic() < until and (left := [pid for pid in processes if Path(f"/proc/{pid}").exists()]):
        time.sleep(0.1)
    shutil.rmtree(root / "samples_explanations.parquet.parts", ignore_errors=True)
    assert left == []


@pytest.mark.slow
def test_a_part_that_kills_its_worker_is_named_and_the_others_are_done(tmp_path: Path) -> None:
    sparks.needed()
    options = {"spark.executorEnv.PYTHONPATH": TESTS}
    executor = SparkExecutor(master="local[2,4]", tasks=1, options=options)
    receipts = list(executor.run(Failing(12, marks=tmp_path, how="killed")))
    assert sorted(receipt.part for receipt in receipts) == [*range(12)]
    bad = [receipt for receipt in receipts if receipt.error]
    assert [(receipt.part, receipt.first_row, receipt.rows, receipt.exit_code) for receipt in bad] == [
        (3, 30, 10, 5)
    ]
    assert "may need more memory" in bad[0].error
    assert len(list(tmp_path.iterdir())) == 8, "four times in a group of three, four times alone"


@pytest.mark.slow
def test_what_is_in_work_is_given_up_when_nobody_asks_any_more() -> None:
    sparks.needed()
    options = {"spark.executorEnv.PYTHONPATH": TESTS}
    stream = Uneven(8, seconds=600.0)
    receipts = SparkExecutor(master="local[2,4]", tasks=2, options=options).run(stream)
    next(receipts)
    begun = time.monotonic()
    receipts.close()  # type: ignore[attr-defined] # it is a generator
    assert time.monotonic() - begun < stream.seconds, "the second part was not waited for"


@pytest.mark.slow
def test_workers_without_our_packages_are_told_with_the_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sparks.needed()
    text = "from executors.streams import Sums\n\n\nclass Others(Sums):\n    pass\n"
    (tmp_path / "known_here_only.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    stream = importlib.import_module("known_here_only").Others(2)
    executor = SparkExecutor(master="local[2,4]", options={"spark.executorEnv.PYTHONPATH": TESTS})
    with pytest.raises(ServiceError, match=r"local\[2,4\] failed \(ModuleNotFoundError\); its log") as told:
        list(executor.run(stream))
    log = Path(str(told.value).partition("its log is ")[2].split(". ")[0])
    assert log.is_file()
    shutil.rmtree(log.parent)


@pytest.mark.parametrize(
    ("master", "tasks", "workers"),
    [
        ("local[2,4]", 8, 2),
        ("local[4]", 3, 3),
        ("local[*,4]", 10_000, os.cpu_count()),
        ("spark://host:7077", 8, 8),
    ],
)
def test_as_many_parts_are_worked_on_at_once_as_there_are_tasks_and_threads(
    master: str, tasks: int, workers: int
) -> None:
    assert SparkExecutor(master=master, tasks=tasks).workers == workers


@pytest.mark.parametrize("scheme", ["spark", "sc"])
def test_a_cluster_that_does_not_answer_is_told_at_once(scheme: str) -> None:
    sparks.needed()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"{scheme}://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ServiceError, match=rf"{address}: no Spark answers"):
        list(SparkExecutor(master=address).run(Sums(2)))


def test_a_variable_without_an_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_URL", "https://canary")
    with pytest.raises(ConfigError, match="SPARK_URL holds no address of Spark") as told:
        list(SparkExecutor(master="env:SPARK_URL").run(Sums(2)))
    assert "canary" not in str(told.value)


def test_without_java_the_next_step_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sparks.needed()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(ServiceError, match="Install Java 17 or later"):
        list(SparkExecutor().run(Sums(2)))


def test_without_the_package_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pyspark" else find(name, *rest)
    )
    with pytest.raises(MissingExtraError, match=r"pip install 'mxt\[spark\]'"):
        list(SparkExecutor().run(Sums(2)))


@pytest.mark.parametrize(
    "fields",
    [
        {"master": "sc://host:15002/;token=canary"},
        {"master": "spark://user:canary@host:7077"},
        {"master": "canary[2]"},
        {"master": "spark://canary"},
        {"options": {"spark.authenticate.secret": "canary"}},
        {"options": {"spark.hadoop.fs.s3a.access.key": "canary"}},
        {"options": {"canary": "1"}},
        {"options": {"spark.jars": "https://user:canary@host/x.jar"}},
    ],
    ids=str,
)
def test_a_secret_or_a_slip_in_the_config_is_refused(fields: dict[str, Any], tmp_path: Path) -> None:
    executor = {"KIND": "SparkExecutor", **fields}
    with pytest.raises((ConfigError, ValueError), match=r"may be a secret|should be|may not hold a secret"):
        make(tmp_path, "ExplanationsJob", **config(), executor=executor)
