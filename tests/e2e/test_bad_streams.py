"""Long tables in a bad world: damaged files, full disks, changing tables, two runs at once, and stops."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
import pytest

from conftest import clean_environment
from halting import at_parts, wait_until_halted
from mxt.errors import DataError
from runs import CHURN, run, train

if TYPE_CHECKING:
    from collections.abc import Callable

FILES, ODD, PART = 24, 19, 50
ROWS = 960
SERIAL, PROCESSES = {"KIND": "SerialExecutor"}, {"KIND": "ProcessesExecutor", "processes": 2}
each_executor = pytest.mark.parametrize(
    "executor",
    [pytest.param(SERIAL, id="serial"), pytest.param(PROCESSES, id="processes", marks=pytest.mark.slow)],
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad_streams")
    train(folder, alias="First", recipe={"KIND": "XgboostRecipe", "trees": 5, "depth": 3})
    return folder


@pytest.fixture(scope="module")
def churn() -> pd.DataFrame:
    options: dict[str, Any] = {"na_values": ["", " "], "keep_default_na": False}
    return pd.read_csv(CHURN["path"], nrows=ROWS, **options).drop(columns="variant")


@pytest.fixture
def table(tmp_path: Path, churn: pd.DataFrame) -> Path:
    """A folder of Parquet files of 40 rows."""
    folder = tmp_path / "table"
    folder.mkdir()
    size = ROWS // FILES
    for number in range(FILES):
        part = churn.iloc[number * size : (number + 1) * size]
        part.to_parquet(folder / f"part-{number:03}.parquet", index=False)
    return folder


def config(table: Path, **fields: Any) -> dict[str, Any]:
    """A job that scores a table in small parts."""
    inputs = {"KIND": "ParquetReader", "path": str(table), "id_column": "customerID"}
    outputs = {"KIND": "ParquetWriter", "path": f"{table}.scored.parquet"}
    return {"inputs": inputs, "outputs": outputs, "alias_or_version": "First", "part_rows": PART, **fields}


def score(root: Path, table: Path, **fields: Any) -> bytes:
    """The bytes of the output of a run that ended well."""
    run(root, "InferenceJob", **config(table, **fields))
    return output(table).read_bytes()


def output(table: Path) -> Path:
    return Path(f"{table}.scored.parquet")


def finished(table: Path) -> dict[str, int]:
    """When each finished part was worked on."""
    folder = Path(f"{output(table)}.parts")
    made = {path.stem: folder.glob(f"{path.stem}.*.arrow") for path in folder.glob("*.json")}
    return {part: max(path.stat().st_mtime_ns for path in paths) for part, paths in made.items()}


def halted(root: Path, table: Path, parts: int, *words: str, **fields: Any) -> subprocess.Popen[str]:
    """The job, stopped when some parts are finished, in a process and a group of its own as in a terminal."""
    service = {"registry_name": "churn", "experiment_name": "churn"}
    content = {"job": {"KIND": "InferenceJob", "mlflow_service": service, **config(table, **fields)}}
    (root / "confs").mkdir(exist_ok=True)
    path = root / "confs" / f"{table.name}.yaml"
    path.write_text(json.dumps(content))
    halt = at_parts(Path(f"{output(table)}.parts"), parts, signal.SIGSTOP)
    process = subprocess.Popen(
        [sys.executable, "-m", "mxt", str(path), *words], cwd=root, env=clean_environment(halt),
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    wait_until_halted(process)
    return process


def wait_for_end(group: int) -> None:
    """Fail if a process of a group goes on living: ten minutes are the end of the wait, not a bound."""
    for _ in range(6000):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail(f"processes of the group {group} are left")


@each_executor
def test_a_damaged_file_is_named_and_only_changed_rows_are_worked_on_again(
    executor: dict[str, Any], root: Path, table: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    output(table).write_bytes(b"the previous output")
    odd = table / f"part-{ODD:03}.parquet"
    whole = odd.read_bytes()
    odd.write_bytes(whole[:-1000])
    with pytest.raises(DataError, match=f"^{odd}: cannot be read by .*Its footer cannot be read"):
        score(root, table, executor=executor)
    assert not finished(table), "footers are read first"
    odd.write_bytes(whole[:100] + bytes(255 - byte for byte in whole[100:400]) + whole[400:])
    with pytest.raises(
        DataError, match=f"^{odd}: cannot be read by .*Row group 0, from row 0 of the file on"
    ):
        score(root, table, executor=executor)
    kept = finished(table)
    assert len(kept) == ODD * (ROWS // FILES) // PART, "parts of the files before it are kept"
    assert output(table).read_bytes() == b"the previous output"

    odd.write_bytes(whole)
    first = table / "part-000.parquet"
    pd.read_parquet(first).replace({"Contract": {"Two year": "One year"}}).to_parquet(first, index=False)
    capfd.readouterr()
    run(root, "InferenceJob", **config(table, executor=executor, shard="1/1000"))
    assert f"{len(kept)} finished parts count if the table still has their rows" in capfd.readouterr().err
    changed = {part for part, when in finished(table).items() if kept.get(part) not in (None, when)}
    assert changed == {"00000000"}
    scored = score(root, table, executor=executor)
    assert scored == score(root, table, fresh=True)
    assert not Path(f"{output(table)}.parts").exists()


@each_executor
def test_a_column_of_another_type_is_named_with_its_file(
    executor: dict[str, Any], root: Path, table: Path
) -> None:
    odd = table / f"part-{ODD:03}.parquet"
    pd.read_parquet(odd).astype({"tenure": str}).to_parquet(odd, index=False)
    with pytest.raises(DataError, match=f"^{odd}: column 'tenure' is .*string, but int64 in files before it"):
        score(root, table, executor=executor)
    assert finished(table)


@each_executor
def test_a_table_without_rows_is_refused_and_leaves_nothing(
    executor: dict[str, Any], root: Path, table: Path
) -> None:
    for path in table.iterdir():
        pd.read_parquet(path).head(0).to_parquet(path, index=False)
    with pytest.raises(DataError, match=f"^{table}: no rows"):
        score(root, table, executor=executor)
    assert not output(table).exists()
    assert not Path(f"{output(table)}.parts").exists()


def test_files_without_rows_change_no_byte(root: Path, table: Path) -> None:
    reference = score(root, table)
    for name in ("part-000", "part-012", "part-023"):
        empty = pd.read_parquet(table / f"{name}.parquet").head(0)
        empty.to_parquet(table / f"{name}-empty.parquet", index=False)
    (table / "a folder without files").mkdir()
    assert score(root, table, executor=PROCESSES) == reference


def write_again(path: Path) -> None:
    pd.read_parquet(path).iloc[::-1].to_parquet(path, index=False)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda table: write_again(table / "part-000.parquet"),
            id="rows read before",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            lambda table: write_again(table / "part-023.parquet"), id="rows to come", marks=pytest.mark.slow
        ),
        pytest.param(lambda table: (table / "part-023.parquet").unlink(), id="a file gone"),
    ],
)
def test_a_table_that_changes_while_it_is_read_is_refused(
    change: Callable[[Path], None], root: Path, table: Path
) -> None:
    message = "the table changed while it was read"
    output(table).write_bytes(b"the previous output")
    process = halted(root, table, 5)
    change(table)
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate()
    assert process.returncode == 3, err
    assert message in err
    assert message in json.loads(out.splitlines()[-1])["error"]
    assert output(table).read_bytes() == b"the previous output"
    assert len(finished(table)) >= 5
    assert score(root, table) == score(root, table, fresh=True)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        pytest.param(
            {"executor": PROCESSES}, {"executor": PROCESSES}, id="processes", marks=pytest.mark.slow
        ),
        pytest.param({"shard": "1/2"}, {"shard": "1/2"}, id="the same share", marks=pytest.mark.slow),
        pytest.param(
            {"shard": "1/2", "executor": PROCESSES}, {}, id="a share and the whole", marks=pytest.mark.slow
        ),
        pytest.param({}, {"shard": "2/2"}, id="the whole and a share", marks=pytest.mark.slow),
    ],
)
def test_two_runs_at_once_do_not_disturb_each_other(
    theirs: dict[str, Any], ours: dict[str, Any], root: Path, table: Path
) -> None:
    process = halted(root, table, 5, **theirs)  # it shall not be done before the other begins
    with pytest.raises(DataError, match=f"another run works on this output .process {process.pid} on"):
        score(root, table, **ours)
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert score(root, table) == score(root, table, fresh=True)


@pytest.mark.parametrize(
    ("executor", "number"),
    [
        pytest.param(SERIAL, signal.SIGINT, id="serial-SIGINT"),
        pytest.param(SERIAL, signal.SIGTERM, id="serial-SIGTERM", marks=pytest.mark.slow),
        pytest.param(PROCESSES, signal.SIGINT, id="processes-SIGINT", marks=pytest.mark.slow),
        pytest.param(PROCESSES, signal.SIGTERM, id="processes-SIGTERM", marks=pytest.mark.slow),
    ],
)
def test_a_stopped_job_keeps_its_parts_and_ends_its_run_and_its_processes(
    executor: dict[str, Any], number: signal.Signals, root: Path, table: Path
) -> None:
    process = halted(root, table, 10, executor=executor)
    os.killpg(process.pid, number)
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate()
    assert process.returncode == 128 + number
    assert "Traceback" not in err
    outcome = json.loads(out.splitlines()[-1])
    assert (outcome["exit_code"], outcome["error"]) == (128 + number, f"stopped by {number.name}")
    assert mlflow.get_run(outcome["run_id"]).info.status == "KILLED"
    wait_for_end(process.pid)
    kept = finished(table)
    assert len(kept) >= 10
    run(root, "InferenceJob", **config(table, shard="1/1000"))
    assert {part: finished(table)[part] for part in kept} == kept
    assert score(root, table) == score(root, table, fresh=True)


def grow(disk: Path) -> None:
    subprocess.run(["/usr/bin/mount", "-o", "remount,size=50m", str(disk)], check=True)


@each_executor
def test_parts_that_fill_the_disk_are_kept_and_the_error_says_so(
    executor: dict[str, Any], root: Path, table: Path, small_disk: Path
) -> None:
    outputs = {"KIND": "ParquetWriter", "path": str(small_disk / "scored.parquet")}
    with pytest.raises(DataError, match=r"cannot be written \(No space left on device\).* parts are kept"):
        score(root, table, executor=executor, outputs=outputs)
    parts = small_disk / "scored.parquet.parts"
    assert not list(parts.glob("*.new"))
    kept = len(list(parts.glob("*.json")))
    assert kept > 1
    with pytest.raises(DataError, match=r"cannot be written \(No space left on device\)"):
        score(root, table, executor=executor, outputs=outputs)
    grow(small_disk)
    run(root, "InferenceJob", **config(table, executor=executor, outputs=outputs, shard="1/1000"))
    assert len(list(parts.glob("*.json"))) >= kept
    run(root, "InferenceJob", **config(table, executor=executor, outputs=outputs))
    assert [path.name for path in small_disk.iterdir()] == ["scored.parquet"]
    assert len(pd.read_parquet(small_disk / "scored.parquet")) == ROWS


@pytest.mark.slow
def test_a_store_on_a_full_disk_is_named_and_the_output_stays(
    root: Path, table: Path, small_disk: Path
) -> None:
    grow(small_disk)
    store = f"sqlite:///{small_disk}/mlflow.db"
    shutil.copy(root / "mlflow.db", small_disk)
    output(table).write_bytes(b"the previous output")
    process = halted(root, table, 5, f"job.mlflow_service.tracking_uri={store}")
    with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate()
    assert process.returncode == 5, err
    assert f"MLflow at {store} failed" in err
    assert "disk is full" in err
    assert output(table).read_bytes() == b"the previous output"
    assert finished(table)
    (small_disk / "filler").unlink()
    assert score(root, table) == score(root, table, fresh=True)


@pytest.mark.slow
def test_parts_that_are_removed_while_the_job_runs_are_named_and_nothing_is_called_kept(
    root: Path, table: Path
) -> None:
    output(table).write_bytes(b"the previous output")
    process = halted(root, table, 5)
    shutil.rmtree(f"{output(table)}.parts")
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate()
    assert process.returncode == 3, err
    assert "the folder was removed while the job ran, with the parts in it" in err
    assert "untouched" not in err
    assert " 0 parts are kept" not in err
    assert output(table).read_bytes() == b"the previous output"
    assert score(root, table) == score(root, table, fresh=True)
