"""Runs that go on from the last: only new rows are worked on, none is left out, and none comes twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from conftest import clean_environment
from contracts.stores import store, stores
from halting import at_parts, at_replacement
from mxt.cli import main
from mxt.datasets.readers.base import Reader
from mxt.datasets.readers.csv import CsvReader
from mxt.datasets.writers.base import Provenance, Writer
from mxt.errors import DataError
from mxt.kinds import members
from runs import CHURN, make, run, train
from sinks import webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DAYS = [f"2026-11-0{day}" for day in range(1, 5)]
DAY_ROWS = 150
PARQUET = {"KIND": "ParquetWriter"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two versions, of which the second knows two columns less."""
    folder = tmp_path_factory.mktemp("increments")
    train(folder, alias="First")
    train(folder, alias="Second", exclude=["variant", "tenure", "TotalCharges"])
    return folder


def customers() -> pd.DataFrame:
    """Some customers of each of four days, in no order."""
    table = CsvReader(**{**CHURN, "missing": ("", " ")}).read().head(DAY_ROWS * len(DAYS))
    days = np.repeat(DAYS, DAY_ROWS)
    return table.assign(day=pd.array(days, dtype="str")).sample(frac=1, random_state=1)


def until(days: int) -> pd.DataFrame:
    table = customers()
    return table[table["day"].isin(DAYS[:days])]


def provide(folder: Path, days: int) -> dict[str, Any]:
    """A folder with a level for each of the first days; older files stay as they are."""
    table = until(days)
    for day in DAYS[:days]:
        place = folder / f"day={day}" / "part.parquet"
        if not place.exists():
            place.parent.mkdir(parents=True)
            table[table["day"] == day].drop(columns="day").reset_index().to_parquet(place)
    return {"KIND": "ParquetReader", "path": str(folder), "id_column": "customerID"}


def score(root: Path, **fields: Any) -> dict[str, Any]:
    """Score what is new."""
    defaults = {"alias_or_version": "First", "since": "last", "watermark": "day", "part_rows": 60}
    return run(root, "InferenceJob", **{**defaults, **fields})


def place_of(name: str, folder: Path) -> tuple[dict[str, Any], dict[str, Any], Writer]:
    """A writer of a store in a folder, and the reader for it."""
    folder.mkdir()
    place = store(name, folder)
    reader = {"KIND": place.kind.__name__, **place.options, "id_column": "customerID", "types": None}
    if "types" in place.kind.model_fields:
        reader["types"] = {"TotalCharges": "float64"}
    writer = json.loads(place.writer.model_dump_json())
    return {key: value for key, value in reader.items() if value is not None}, writer, place.writer


def scored(reader: dict[str, Any]) -> pd.DataFrame:
    """What lies where the reader of a store reads."""
    options = {key: value for key, value in reader.items() if key not in ("KIND", "types")}
    return members(Reader)[reader["KIND"]](**options).read()


@pytest.fixture(scope="module")
def whole(root: Path) -> pd.DataFrame:
    """The predictions of all days in one run."""
    source = provide(root / "all", len(DAYS))
    run(root, "InferenceJob", inputs=source, alias_or_version="First", outputs={**PARQUET, "path": "all.out"})
    return pd.read_parquet(root / "all.out").set_index("customerID").sort_index()


@pytest.mark.parametrize("name", [name for name in stores() if name != "ParquetWriter by part"])
def test_each_row_of_a_growing_table_is_worked_on_once(
    name: str, root: Path, tmp_path: Path, whole: pd.DataFrame
) -> None:
    reader, _, writer = place_of(name, tmp_path / "in")
    target, output, _ = place_of(name, tmp_path / "out")
    for days, new in ((1, 1), (1, 0), (3, 2), (4, 1), (4, 0)):
        writer.write(until(days))
        found = score(root, inputs=reader, outputs=output)
        assert found["facts"].get("outputs_rows", 0) == new * DAY_ROWS
        assert ("nothing_to_do" in found["facts"]) == (not new)
    pd.testing.assert_frame_equal(scored(target).sort_index(), whole, check_dtype=False)


WATERMARKS: dict[str, Callable[[str], Any]] = {
    "a time": pd.Timestamp,
    "a zoned time": lambda day: pd.Timestamp(day, tz="Europe/Zurich"),
    "a number": lambda day: int(day[-1]),
    "a fraction": lambda day: int(day[-1]) / 3,
    "a date": date.fromisoformat,
}


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.slow if kind in {"a zoned time", "a fraction"} else ())
        for kind in WATERMARKS
    ],
)
def test_a_watermark_is_of_any_type_that_grows(
    kind: str, root: Path, tmp_path: Path, whole: pd.DataFrame
) -> None:
    inputs = {"KIND": "ParquetReader", "path": str(tmp_path / "in"), "id_column": "customerID"}
    output = {**PARQUET, "path": str(tmp_path / "out")}
    for days, new in ((1, 1), (3, 2), (3, 0), (4, 1)):
        table = until(days)
        table.assign(day=table["day"].map(WATERMARKS[kind])).to_parquet(tmp_path / "in")
        found = score(root, inputs=inputs, outputs=output)
        assert found["facts"].get("outputs_rows", 0) == new * DAY_ROWS
    table = pd.read_parquet(tmp_path / "out").set_index("customerID").sort_index()
    pd.testing.assert_frame_equal(table, whole)


def test_the_id_may_be_the_watermark(root: Path, tmp_path: Path) -> None:
    table = until(2).reset_index(drop=True).rename_axis("number")
    inputs = {"KIND": "ParquetReader", "path": str(tmp_path / "in"), "id_column": "number"}
    output = {**PARQUET, "path": str(tmp_path / "out")}
    for rows in (100, 100, 250):
        table.head(rows).reset_index().to_parquet(tmp_path / "in")
        score(root, inputs=inputs, outputs=output, watermark="number")
    assert pd.read_parquet(tmp_path / "out")["number"].tolist() == list(range(250))


def test_the_output_tells_how_far_it_reaches_and_what_each_run_added(root: Path, tmp_path: Path) -> None:
    output = {**PARQUET, "path": str(tmp_path / "out")}
    for days, version in ((1, "First"), (3, "Second")):
        score(root, inputs=provide(tmp_path / "in", days), outputs=output, alias_or_version=version)
    told = pq.read_schema(tmp_path / "out").metadata
    assert json.loads(told[b"mxt.watermark"]) == {"column": "day", "kind": "text", "value": DAYS[2]}
    first, second = json.loads(told[b"mxt.increments"])
    assert (first["watermark"], first["rows"], first["model_uri"]) == (DAYS[0], DAY_ROWS, "models:/churn/1")
    assert (second["watermark"], second["rows"]) == (DAYS[2], 2 * DAY_ROWS)
    assert second["model_uri"] == told[b"mxt.model_uri"].decode() == "models:/churn/2"
    assert second["data_digest"] == told[b"mxt.data_digest"].decode() != first["data_digest"]


def test_fresh_takes_all_rows_again_and_replaces_the_output(root: Path, tmp_path: Path) -> None:
    output = {**PARQUET, "path": str(tmp_path / "out")}
    source = provide(tmp_path / "in", 3)
    score(root, inputs=source, outputs=output)
    found = score(root, inputs=source, outputs=output, fresh=True, alias_or_version="Second")
    assert found["facts"]["outputs_rows"] == 3 * DAY_ROWS
    assert len(pd.read_parquet(tmp_path / "out")) == 3 * DAY_ROWS
    assert len(json.loads(pq.read_schema(tmp_path / "out").metadata[b"mxt.increments"])) == 1
    assert "nothing_to_do" in score(root, inputs=source, outputs=output)["facts"]


def test_an_output_that_was_thrown_away_is_made_again_whole(root: Path, tmp_path: Path) -> None:
    output = {**PARQUET, "path": str(tmp_path / "out")}
    source = provide(tmp_path / "in", 2)
    score(root, inputs=source, outputs=output)
    (tmp_path / "out").unlink()
    assert score(root, inputs=source, outputs=output)["facts"]["outputs_rows"] == 2 * DAY_ROWS


def test_a_table_that_was_emptied_has_nothing_new(root: Path, tmp_path: Path) -> None:
    inputs = {"KIND": "ParquetReader", "path": str(tmp_path / "in"), "id_column": "customerID"}
    output = {**PARQUET, "path": str(tmp_path / "out")}
    until(1).to_parquet(tmp_path / "in")
    score(root, inputs=inputs, outputs=output)
    until(1).head(0).to_parquet(tmp_path / "in")
    assert "nothing_to_do" in score(root, inputs=inputs, outputs=output)["facts"]


def test_shares_of_an_increment_are_put_together(root: Path, tmp_path: Path) -> None:
    outputs = [{**PARQUET, "path": str(tmp_path / name)} for name in ("alone", "shared")]
    for output in outputs:
        score(root, inputs=provide(tmp_path / "in", 1), outputs=output)
    source = provide(tmp_path / "in", 4)
    score(root, inputs=source, outputs=outputs[0])
    before = (tmp_path / "shared").read_bytes()
    for share in ("2/3", "3/3", "1/3"):
        assert score(root, inputs=source, outputs=outputs[1], shard=share)["facts"]["parts"] > 0
        assert (tmp_path / "shared").read_bytes() == before
    score(root, inputs=source, outputs=outputs[1])
    alone, shared = (pd.read_parquet(tmp_path / name) for name in ("alone", "shared"))
    pd.testing.assert_frame_equal(alone, shared)
    assert len(alone) == 4 * DAY_ROWS
    assert "nothing_to_do" in score(root, inputs=source, outputs=outputs[1], shard="1/2")["facts"]


@pytest.mark.slow
def test_several_processes_add_the_same_rows(root: Path, tmp_path: Path) -> None:
    def grown(executor: str) -> pd.DataFrame:
        output = {**PARQUET, "path": str(tmp_path / executor / "out")}
        for days in (1, 4):
            source = provide(tmp_path / executor / "in", days)
            score(root, inputs=source, outputs=output, executor={"KIND": executor})
        return pd.read_parquet(tmp_path / executor / "out")

    pd.testing.assert_frame_equal(grown("SerialExecutor"), grown("ProcessesExecutor"))


FAULTY: dict[str, tuple[dict[str, Any], str]] = {
    "no watermark": ({"watermark": None}, "needs a watermark"),
    "no since": ({"since": None}, "a watermark is for since: last only"),
    "no ids": ({"inputs": {**CHURN, "id_column": None}}, "needs rows with an id_column"),
    "a limit": ({"inputs": {**CHURN, "limit": 5}}, "no limit, no sample"),
    "a sample": ({"inputs": {**CHURN, "sample": {"rows": 5}}}, "no limit, no sample"),
    "a fresh share": ({"fresh": True, "shard": "1/2"}, "does not go with since: last and a shard"),
    "another since": ({"since": "first"}, "Input should be 'last'"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_what_cannot_tell_new_rows_is_refused_by_the_config(name: str, tmp_path: Path) -> None:
    fields, told = FAULTY[name]
    defaults = {"inputs": CHURN, "outputs": {**PARQUET, "path": "out"}, "since": "last", "watermark": "day"}
    with pytest.raises(ValidationError, match=told):
        make(tmp_path, "InferenceJob", **{**defaults, **fields})


def test_a_table_without_the_watermark_is_refused(root: Path, tmp_path: Path) -> None:
    output = {**PARQUET, "path": str(tmp_path / "out")}
    source = provide(tmp_path / "in", 1)
    with pytest.raises(DataError, match=r"has no watermark 'dya'; it has \['customerID', .*'day'\]"):
        score(root, inputs=source, outputs=output, watermark="dya")
    until(1).assign(flag=True).to_parquet(tmp_path / "odd")
    odd = {**source, "path": str(tmp_path / "odd")}
    with pytest.raises(DataError, match="'flag' has type bool; it must be a number, a text or a time"):
        score(root, inputs=odd, outputs=output, watermark="flag")


@pytest.mark.parametrize("before", [0, 1])
def test_rows_without_a_watermark_are_counted_and_refused(before: int, root: Path, tmp_path: Path) -> None:
    inputs = {"KIND": "ParquetReader", "path": str(tmp_path / "in"), "id_column": "customerID"}
    output = {**PARQUET, "path": str(tmp_path / "out")}
    if before:
        until(before).to_parquet(tmp_path / "in")
        score(root, inputs=inputs, outputs=output)
    table = until(before + 1).sort_values("day")
    table.loc[table.index[-7:], "day"] = None
    table.to_parquet(tmp_path / "in")
    with pytest.raises(DataError, match=rf"'day' is missing in 7 of {DAY_ROWS} rows"):
        score(root, inputs=inputs, outputs=output, part_rows=DAY_ROWS)
    assert (tmp_path / "out").exists() == bool(before)


def test_an_output_of_another_run_is_not_added_to(root: Path, tmp_path: Path) -> None:
    output = {**PARQUET, "path": str(tmp_path / "out")}
    source = provide(tmp_path / "in", 2)
    score(root, inputs=source, outputs=output, since=None, watermark=None)
    before = (tmp_path / "out").read_bytes()
    with pytest.raises(DataError, match=r"has no watermark\. Name another output, or .* --fresh"):
        score(root, inputs=source, outputs=output)
    assert (tmp_path / "out").read_bytes() == before
    score(root, inputs=source, outputs=output, fresh=True)
    with pytest.raises(DataError, match="has the watermark 'day'"):
        score(root, inputs=source, outputs=output, watermark="tenure")


def test_rows_that_another_run_has_added_meanwhile_are_not_added_twice(root: Path, tmp_path: Path) -> None:
    """A run that found what is new, and then waited for the lock."""
    output = {**PARQUET, "path": str(tmp_path / "out")}
    score(root, inputs=provide(tmp_path / "in", 1), outputs=output)
    source = provide(tmp_path / "in", 2)
    fields = {"inputs": source, "outputs": output, "alias_or_version": "First"}
    late = make(root, "InferenceJob", since="last", watermark="day", **fields)
    found = late.increment()  # type: ignore[attr-defined] # an InferenceJob
    score(root, inputs=source, outputs=output)
    parts = iter([pq.read_table(tmp_path / "out").to_batches()[0]])
    with pytest.raises(DataError, match="another run has changed it meanwhile"):
        late.output.add_arrow(parts, Provenance(), found.present)  # type: ignore[attr-defined] # as above
    assert len(pd.read_parquet(tmp_path / "out")) == 2 * DAY_ROWS


def explain(root: Path, folder: Path, **fields: Any) -> dict[str, Any]:
    """Explain what is new."""
    outputs = {
        name: {**PARQUET, "path": str(folder / name)}
        for name in ("models_explanations", "samples_explanations")
    }
    defaults = {"alias_or_version": "First", "since": "last", "watermark": "day", "part_rows": 60}
    return run(root, "ExplanationsJob", **{**defaults, **outputs, **fields})


def test_explanations_are_added_and_importances_are_those_of_the_new_rows(root: Path, tmp_path: Path) -> None:
    for days in (1, 3):
        found = explain(root, tmp_path / "steps", inputs_samples=provide(tmp_path / "in", days))
    assert found["facts"]["inputs_samples_rows"] == 2 * DAY_ROWS
    assert (
        "nothing_to_do"
        in explain(root, tmp_path / "steps", inputs_samples=provide(tmp_path / "in", 3))["facts"]
    )
    source = provide(tmp_path / "in", 3)
    nothing = {"since": None, "watermark": None}
    explain(root, tmp_path / "once", inputs_samples=source, **nothing)
    steps, once = (
        pd.read_parquet(tmp_path / name / "samples_explanations").set_index("customerID").sort_index()
        for name in ("steps", "once")
    )
    pd.testing.assert_frame_equal(steps, once)
    new = {**source, "filters": [["day", ">", DAYS[0]]]}
    explain(root, tmp_path / "new", inputs_samples=new, **nothing)
    told, expected = (pd.read_parquet(tmp_path / name / "models_explanations") for name in ("steps", "new"))
    pd.testing.assert_frame_equal(told, expected)


def test_explanations_of_a_model_with_other_columns_are_not_added(root: Path, tmp_path: Path) -> None:
    explain(root, tmp_path, inputs_samples=provide(tmp_path / "in", 1))
    outputs = [tmp_path / name for name in ("models_explanations", "samples_explanations")]
    before = [path.read_bytes() for path in outputs]
    second = {"inputs_samples": provide(tmp_path / "in", 2), "alias_or_version": "Second"}
    with pytest.raises(DataError, match=r"\['TotalCharges', 'tenure'\]. Name another output, or .* --fresh"):
        explain(root, tmp_path, **second)
    assert [path.read_bytes() for path in outputs] == before
    explain(root, tmp_path, **second, fresh=True)
    assert "tenure" not in pd.read_parquet(tmp_path / "samples_explanations")


def test_nothing_new_is_told_by_code_99_and_names_no_cell(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = {**PARQUET, "path": str(tmp_path / "out")}
    source = provide(tmp_path / "in", 2)
    conf = config(root, "InferenceJob", inputs=source, outputs=output)
    assert main([str(conf)]) == 0
    before = (tmp_path / "out").stat()
    capsys.readouterr()
    with webhook() as (url, received):
        monkeypatch.setenv("MXT_ALERTS_TARGETS", url)
        assert main([str(conf)]) == 99
    after = (tmp_path / "out").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    told = capsys.readouterr()
    outcome = json.loads(told.out.splitlines()[-1])
    assert (outcome["outcome"], outcome["exit_code"], outcome["outputs"]) == ("skipped", 99, {})
    why = f"no row has a greater 'day' than those of {tmp_path}/out"
    assert outcome["facts"]["nothing_to_do"] == why
    assert [message["title"] for message in received] == ["InferenceJob skipped"]
    assert why in received[0]["message"]
    ended = mlflow.MlflowClient().get_run(outcome["run_id"])
    assert (ended.info.status, ended.data.tags["mxt.skipped"]) == ("FINISHED", "true")
    everything = f"{told.out}{told.err}{received}{ended.data.tags}"
    assert not any(day in everything for day in DAYS)


def config(root: Path, kind: str, **fields: Any) -> Path:
    """A config of a job that works on what is new."""
    service = {"registry_name": "churn", "experiment_name": "churn"}
    defaults = {"alias_or_version": "First", "since": "last", "watermark": "day"}
    path = root / "confs" / "increment.yaml"
    path.parent.mkdir(exist_ok=True)
    job = {"KIND": kind, "mlflow_service": service, **defaults, **fields}
    path.write_text(json.dumps({"job": job}))
    return path


def started(
    root: Path, kind: str, halt: Mapping[str, str] | None = None, **fields: Any
) -> subprocess.Popen[str]:
    """A job in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "mxt", str(config(root, kind, **fields))],
        cwd=root, env=clean_environment(halt), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def killed(root: Path, folder: Path, parts: int, **fields: Any) -> int:
    """Score new rows until some parts are kept, and be killed; how many are kept."""
    halt = at_parts(folder, parts, signal.SIGKILL)
    process = started(root, "InferenceJob", halt=halt, **fields)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    return len(list(folder.glob("*.json")))


def test_a_killed_increment_goes_on_and_ends_with_the_same_bytes(
    root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out"
    fields: dict[str, Any] = {"outputs": {**PARQUET, "path": str(target)}, "part_rows": 15}
    score(root, inputs=provide(tmp_path / "in", 1), **fields)
    old = target.read_bytes()
    fields["inputs"] = provide(tmp_path / "in", 4)
    score(root, **fields)
    reference = target.read_bytes()
    target.write_bytes(old)
    kept = killed(root, tmp_path / "out.parts", 8, **fields)
    assert 8 <= kept < 3 * DAY_ROWS // 15
    assert target.read_bytes() == old
    capfd.readouterr()
    score(root, **fields)
    assert "parts are finished already" in capfd.readouterr().err
    assert target.read_bytes() == reference
    assert not (tmp_path / "out.parts").exists()


def test_parts_of_another_increment_are_not_used(
    root: Path, tmp_path: Path, whole: pd.DataFrame, capfd: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out"
    fields: dict[str, Any] = {"outputs": {**PARQUET, "path": str(target)}, "part_rows": 15}
    score(root, inputs=provide(tmp_path / "in", 2), **fields)
    fields["inputs"] = provide(tmp_path / "in", 4)
    killed(root, tmp_path / "out.parts", 8, **fields)
    target.unlink()  # so that all four days are new, of the same files
    score(root, **fields)
    assert "finished already" not in capfd.readouterr().err
    pd.testing.assert_frame_equal(pd.read_parquet(target).set_index("customerID").sort_index(), whole)


@pytest.mark.slow
def test_a_job_killed_after_its_output_was_replaced_has_nothing_left_to_do(
    root: Path, tmp_path: Path
) -> None:
    target = tmp_path / "samples_explanations"
    explain(root, tmp_path, inputs_samples=provide(tmp_path / "in", 1))
    fields = {
        name: {**PARQUET, "path": str(tmp_path / name)}
        for name in ("models_explanations", "samples_explanations")
    }
    fields["inputs_samples"] = provide(tmp_path / "in", 3)
    before = {path.name: path.stat().st_ino for path in tmp_path.glob("*_explanations")}
    process = started(root, "ExplanationsJob", halt=at_replacement(target, signal.SIGKILL), **fields)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    experiment = mlflow.get_experiment_by_name("churn")
    assert mlflow.MlflowClient().search_runs([experiment.experiment_id])[0].info.status == "RUNNING"
    models = tmp_path / "models_explanations"
    assert models.stat().st_ino != before[models.name], "what is told of the new rows is there"
    content = target.read_bytes()
    assert len(pd.read_parquet(target)) == 3 * DAY_ROWS
    assert main([str(config(root, "ExplanationsJob", **fields))]) == 99
    assert target.read_bytes() == content
