"""No output of a job replaces what the job reads, writes or keeps elsewhere."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mxt import settings
from mxt.errors import ConfigError
from mxt.jobs.base.clashes import refuse_linked

if TYPE_CHECKING:
    from mxt.jobs.base import Job

SQL = "sqlite:////nowhere/x.db"


def csv(path: str) -> dict[str, Any]:
    return {"KIND": "CsvWriter", "path": path}


def folder(path: str) -> dict[str, Any]:
    return {"KIND": "ParquetWriter", "path": path, "partition_by": ["prediction"]}


def reader(path: str, **fields: Any) -> dict[str, Any]:
    return {"KIND": "CsvReader", "path": path, **fields}


def sql(query: str) -> dict[str, Any]:
    return {"KIND": "SqlReader", "url": SQL, "query": query, "id_column": "id"}


def table(name: str) -> dict[str, Any]:
    return {"KIND": "SqlWriter", "url": SQL, "table": name}


SCORING: dict[str, Any] = {
    "KIND": "InferenceJob",
    "inputs": reader("data/in.csv"),
    "outputs": csv("out/a.csv"),
}


def load(root: Path, **fields: Any) -> Job:
    """A job of a config in a project."""
    (root / "confs").mkdir(exist_ok=True)
    config = root / "confs" / "a.yaml"
    config.write_text(json.dumps({"job": {**SCORING, **fields}}))
    return settings.load([str(config)], []).job


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"outputs": csv("data/../data/in.csv")}, "outputs writes .*, which inputs reads; name another"),
        ({"inputs": reader("data"), "outputs": csv("data/a.csv")}, "writes .* and .*/data is what inputs"),
        ({"inputs": reader("out/x/in.csv"), "outputs": folder("out")}, "outputs writes .*what inputs reads"),
        ({"inputs": reader("s3://b/k"), "outputs": csv("s3a://b//k")}, "outputs writes .*what inputs reads"),
        ({"inputs": sql("SELECT * FROM scored"), "outputs": table("scored")}, "writes .*inputs reads"),
        ({"inputs": sql("in"), "outputs": csv("/nowhere/x.db")}, "outputs writes .*inputs reads"),
        ({"rejected": csv("./out/a.csv")}, "rejected writes .*, which outputs writes"),
        ({"outputs": folder("out"), "rejected": csv("out/a.csv")}, "rejected writes .*what outputs writes"),
        ({"rejected": csv("out/a.csv-metadata.json")}, "rejected writes .*which outputs writes"),
        ({"rejected": csv("out/a.csv.parts/x")}, "rejected writes .*the job keeps parts in"),
        ({"inputs": reader("out/a.csv.parts")}, "inputs reads .*the job keeps parts in; .* for inputs"),
        ({"logger_service": {"file": "out/a.csv"}}, "logger_service writes .*which outputs writes"),
        ({"logger_service": {"file": "data/in.csv"}}, "logger_service writes .*which inputs reads"),
        ({"logger_service": {"file": "mlflow.db"}}, "logger_service writes .*which mlflow_service keeps"),
        ({"outputs": csv("mlflow.db-wal")}, "outputs writes .*which mlflow_service keeps"),
        ({"outputs": csv("trusted-models.yaml")}, "outputs writes .*which loader reads"),
        ({"outputs": csv("mlflow.db")}, "outputs writes .*which mlflow_service keeps"),
        ({"outputs": folder("mlartifacts")}, "outputs writes .*which mlflow_service keeps"),
        ({"outputs": csv("confs/a.yaml")}, "writes .*confs/a.yaml is what the job reads as its"),
        ({"outputs": csv("http://host/a.csv")}, "outputs: http://host/a.csv cannot be written, since"),
        ({"outputs": csv("zip://a.csv::x.zip")}, "cannot be written, since files behind `::`"),
        ({"outputs": csv("n" * 300)}, "cannot be written, since it has a name of 300 bytes"),
        ({"outputs": table("mxt_provenance")}, "cannot be written, since mxt_provenance holds"),
        ({"outputs": folder("s3://b/k")}, "only a local folder can be partitioned"),
    ],
)  # fmt: skip
def test_a_config_that_shows_a_clash_is_refused_at_its_line(
    fields: dict[str, Any], told: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        load(tmp_path, **fields)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith(f"{tmp_path}/confs/a.yaml:1:")


def test_every_reader_and_file_of_a_job_counts(tmp_path: Path) -> None:
    drift = {"KIND": "DriftJob", "current": reader("in.csv"), "reference": reader("a.csv")}
    tuning = {"KIND": "TuningJob", "inputs": reader("in.csv"), "target": "y", "inputs_schema": "a.csv"}
    search = {"KIND": "GridSearch", "values": {"trees": [1, 2]}}
    recipe = {"recipe": {"KIND": "XgboostRecipe"}, "search": search}
    for job, told in (
        ({**drift, "comparisons": csv("a.csv")}, "comparisons writes .*which reference reads"),
        ({**tuning, **recipe, "trials": csv("a.csv")}, "trials writes .*which inputs_schema reads"),
    ):
        (tmp_path / "a.yaml").write_text(json.dumps({"job": job}))
        with pytest.raises(ConfigError, match=told):
            settings.load([str(tmp_path / "a.yaml")], [])


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"since": "last", "watermark": "day", "inputs": reader("data/in.csv", id_column="id")},
        {"inputs": reader("data/in.csv"), "outputs": csv("data/out.csv")},
        {"inputs": sql("customers"), "outputs": table("scored")},
        {
            "inputs": sql("SELECT * FROM customers WHERE id NOT IN (SELECT id FROM scored)"),
            "outputs": table("scored"),
            "since": "last",
            "watermark": "day",
        },
        {"inputs": reader("mlartifacts/churn/x.csv")},
    ],
)
def test_a_job_that_loses_nothing_is_no_clash(fields: dict[str, Any], tmp_path: Path) -> None:
    refuse_linked(load(tmp_path, **fields))


def soft(new: Path, old: Path) -> None:
    new.symlink_to(old)


def hard(new: Path, old: Path) -> None:
    new.hardlink_to(old)


def relative(new: Path, old: Path) -> None:
    new.symlink_to(os.path.relpath(old, new.parent))


@pytest.mark.parametrize("link", [soft, hard, relative])
@pytest.mark.parametrize(
    ("place", "fields"),
    [
        ("out/a.csv", {}),
        ("out/a.csv", {"inputs": reader("data")}),
        ("out/log", {"logger_service": {"file": "out/log"}}),
        ("data/more.csv", {"inputs": reader("data"), "outputs": csv("data.csv")}),
    ],
)
def test_links_that_lead_to_a_clash_are_refused_before_any_service_starts(
    place: str, fields: dict[str, Any], link: Any, tmp_path: Path
) -> None:
    for name in ("data", "out"):
        (tmp_path / name).mkdir()
    job = load(tmp_path, **fields)
    target = tmp_path / ("data.csv" if "data.csv" in str(fields) else "data/in.csv")
    target.write_text("as it was")
    link(tmp_path / place, target)
    with (
        pytest.raises(ConfigError, match=r"writes .*another place for (outputs|logger_service)\.$"),
        job,
    ):
        pass
    assert target.read_text() == "as it was"
    assert not (tmp_path / "mlflow.db").exists()


def test_a_url_in_a_variable_that_names_the_table_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUT", f"sqlite:///{tmp_path}/x.db")
    inputs = {**sql("scored"), "url": f"sqlite:///{tmp_path}/x.db"}
    job = load(tmp_path, inputs=inputs, outputs={**table("scored"), "url": "env:OUT"})
    with pytest.raises(ConfigError, match=r"outputs writes env:OUT table scored, and .* is what inputs"):
        refuse_linked(job)
