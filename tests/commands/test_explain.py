"""One prediction is explained on the command line, by the version's own explainer, and nothing is written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from conftest import clean_environment
from mxt.cli import main
from mxt.registries.loaders.mlflow import MlflowLoader
from runs import SMALL, train

SCRIPT = """
import sys
from mxt.cli import main
code = main(sys.argv[1:])
print(code, {name.partition(".")[0] for name in sys.modules} & {"shap", "numba", "matplotlib"})
"""


def table_of(rows: int) -> pd.DataFrame:
    """Customers with ids of leading zeros, whose plan and age decide whether they leave."""
    table = pd.DataFrame({"age": [20 + row * 7 % 50 for row in range(rows)]})
    table["plan"] = [("basic", "plus", "pro")[row % 3] for row in range(rows)]
    table["left"] = ((table["plan"] == "basic") & (table["age"] > 40)).map({True: "yes", False: "no"})
    return table.assign(id=[f"{row:05d}" for row in range(rows)])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one version of two classes, Champion, and its table in three formats."""
    root = tmp_path_factory.mktemp("project")
    table = table_of(300)
    table.to_parquet(root / "t.parquet", index=False)
    table.to_csv(root / "t.csv", index=False)
    table.to_json(root / "t.jsonl", orient="records", lines=True)
    inputs = {"KIND": "ParquetReader", "path": "t.parquet", "id_column": "id"}
    train(root, inputs=inputs, target="left", exclude=[], recipe=SMALL, alias="Champion")
    return root


@pytest.fixture(autouse=True)
def _in_the_project(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)


def explained(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The JSON object of a command that ends well."""
    assert main(["explain", *words, "--json"]) == 0
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


@pytest.mark.parametrize("file", ["t.parquet", "t.csv", "t.jsonl"])
def test_the_reasons_are_those_of_the_versions_explainer(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = explained(capsys, file, "--id", "00042")
    model = MlflowLoader().load("models:/churn/1")
    row = table_of(300).set_index("id").loc[["00042"], model.predictor.columns]
    known = model.explain(row)
    values = dict(zip(known.columns, known.values[0, :, 0], strict=True))
    assert {entry["column"]: entry["contribution"] for entry in found["contributions"]} == values
    assert found["base"] + sum(values.values()) == pytest.approx(found["score"], abs=1e-6)
    assert found["probabilities"]["yes"] == model.predict(row)["probability_yes"].iloc[0]
    facts = {name: found[name] for name in ("id", "class", "target", "unit")}
    assert facts == {"id": "00042", "class": "yes", "target": "left", "unit": "log-odds"}


def test_a_row_is_named_by_its_number_too(capsys: pytest.CaptureFixture[str]) -> None:
    by_id, by_number = (explained(capsys, "t.csv", *words) for words in (("--id", "00042"), ("--row", "42")))
    assert by_id == by_number
    without_ids = table_of(300).drop(columns="id")
    without_ids.to_csv("no_ids.csv", index=False)
    assert explained(capsys, "no_ids.csv", "--row", "42") == by_id | {"id": 42}


def test_contributions_may_add_up_to_the_probability(capsys: pytest.CaptureFixture[str]) -> None:
    found = explained(capsys, "t.csv", "--id", "00042", "--unit", "probability")
    assert found["score"] == pytest.approx(found["probabilities"]["yes"])


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["t.csv"], 2, "Name one row: by its id"),
        (["t.csv", "--id", "1", "--row", "1"], 2, "Name one row"),
        (["t.csv", "--row", "-1"], 2, "--row must be 0 or more"),
        (["t.csv", "--row", "1", "--top", "0"], 2, "--top 1 or more"),
        (["t.csv", "--id", "42"], 3, "none of its 300 rows has the id '42'; near misses: '00042'"),
        (["t.csv", "--row", "300"], 3, "its 300 rows are numbered from 0"),
        (["no.csv", "--row", "1"], 3, "no.csv: no such file or folder"),
        (["t.csv", "--id", "1", "--id-column", "ID"], 3, "has no columns"),
        (["t.csv", "--row", "1", "--model", "other"], 4, "No model 'other' is registered"),
        (["t.csv", "--row", "1", "--model", "churn@Old"], 4, "no alias or version 'Old'"),
        (["t.csv", "--row", "1", "--store", "sqlite:///no.db"], 4, "There is no store sqlite:////"),
        (["t.csv", "--row", "1", "--store", "https://a:b@c"], 2, "--store must be the URI"),
    ],
)
def test_a_wrong_word_is_refused(
    words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *words]) == code
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""
    assert not Path("no.db").exists()


def test_a_cell_that_breaks_the_schema_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    table_of(3).assign(plan="a secret plan").to_csv("broken.csv", index=False)
    assert main(["explain", "broken.csv", "--row", "1"]) == 3
    error = capsys.readouterr().err
    assert "plan" in error
    assert "secret" not in error


def test_nothing_is_written_and_no_drawing_library_is_loaded(root: Path) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, "explain", "t.csv", "--id", "00042"],
        env=clean_environment({"PYTHONIOENCODING": "ascii"}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[0] == "churn version 1, row 00042 of t.csv"
    assert "  plan  basic  raises  +" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "0 set()"
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_a_bad_cell_of_another_row_is_no_hindrance(
    format_: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, good = tmp_path / f"mixed.{format_}", table_of(40)
    bad = good.astype({"age": object})
    bad.loc[3, "age"] = "old"
    if format_ == "csv":
        bad.to_csv(file, index=False)
    else:
        bad.to_json(file, orient="records", lines=True)
    assert explained(capsys, str(file), "--id", "00007") == explained(capsys, "t.csv", "--id", "00007")
    assert main(["explain", str(file), "--id", "00003"]) == 3
    assert "cannot take this row: age: no number, but training had numbers" in capsys.readouterr().err
