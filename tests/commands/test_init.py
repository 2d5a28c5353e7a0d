"""`mxt init`: what it says of a table, what it writes, and that nothing is overwritten."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from blank import blank_store
from mxt.cli import main

FILES = [
    "certification.yaml",
    "drift.yaml",
    "evaluations.yaml",
    "explanations.yaml",
    "inference.yaml",
    "promotion.yaml",
    "training.yaml",
    "tuning.yaml",
]
ROWS = 1000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with a table of customers."""
    monkeypatch.chdir(tmp_path)
    customers().to_csv("customers.csv", index=False)
    return tmp_path


def customers(rows: int = ROWS) -> pd.DataFrame:
    """Customers of whom some leave, by a rule and chance."""
    chance = np.random.default_rng(0)
    age, contract = chance.integers(18, 80, rows), chance.choice(["month", "year"], rows)
    leaves = (contract == "month") + chance.normal(size=rows) > 1
    return pd.DataFrame(
        {
            "customerID": [f"{row:05}-X" for row in range(rows)],
            "age": age,
            "contract": contract,
            "charges": np.round(chance.normal(60, 9, rows), 2),
            "street": [f"Street {number}" for number in chance.integers(0, 400, rows)],
            "churned": np.where(leaves, "yes", "no"),
        }
    )


def job(folder: Path, name: str) -> dict[str, Any]:
    """The content of a config."""
    content: dict[str, Any] = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    return content["job"]


def test_the_configs_of_a_table_are_valid_and_a_training_runs_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blank_store(folder)
    assert main(["init", "customers.csv", "--target", "churned"]) == 0
    screen = capsys.readouterr().out
    assert "customers.csv: CSV, UTF-8, commas between cells, 1,000 rows, 6 columns" in screen
    assert "Predicts churned, 2 classes: no (" in screen
    assert screen.endswith("Next:\n  mxt confs/training.yaml\n")
    assert sorted(path.name for path in (folder / "confs").iterdir()) == FILES
    assert main(["check", *(f"confs/{name}" for name in FILES)]) == 0
    assert main(["confs/training.yaml", "job.recipe.trees=5", "job.recipe.calibration=null"]) == 0
    assert "mxt confs/evaluations.yaml job.alias_or_version=1" in capsys.readouterr().err


def test_a_config_says_what_was_seen(folder: Path) -> None:
    assert main(["init", "customers.csv", "--target", "churned"]) == 0
    training = job(folder / "confs", "training")
    assert training["inputs"] == {"KIND": "CsvReader", "path": "customers.csv", "id_column": "customerID"}
    assert (training["target"], training["positive"], training["exclude"]) == ("churned", "yes", ["street"])
    assert training["mlflow_service"] == {"experiment_name": "customers", "registry_name": "customers"}
    text = (folder / "confs" / "training.yaml").read_text(encoding="utf-8")
    assert "- street  # texts of 376 values, too few rows of each to learn from" in text
    assert "Street 1" not in text
    assert "-X" not in text
    fairness = job(folder / "confs", "certification")["criteria"][-1]
    assert fairness["columns"] == [{"column": "age", "bins": 3}]


def test_nothing_is_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "confs").mkdir()
    (folder / "confs" / "drift.yaml").write_text("mine")
    assert main(["init", "customers.csv", "--target", "churned"]) == 2
    assert capsys.readouterr().err == (
        "confs/drift.yaml: there already, and `mxt init` overwrites nothing. Write into another folder:\n"
        "  mxt init customers.csv --target churned --into confs/customers\n"
    )
    assert [path.name for path in (folder / "confs").iterdir()] == ["drift.yaml"]
    assert main(["init", "customers.csv", "--target", "churned", "--into", "confs/customers"]) == 0
    assert (folder / "confs" / "drift.yaml").read_text() == "mine"
    assert job(folder / "confs" / "customers", "training")["inputs"]["path"] == "customers.csv"
    assert "  mxt confs/customers/training.yaml" in capsys.readouterr().out


def test_without_a_target_columns_are_proposed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "customers.csv"]) == 2
    shown = capsys.readouterr()
    assert "  customerID  texts     1,000           id\n" in shown.out
    lines = shown.err.splitlines()
    assert lines[:2] == [
        "Which column is to be predicted? Name it:",
        "  mxt init customers.csv --target churned  # 2 values",
    ]
    assert "customerID" not in shown.err
    assert not (folder / "confs").exists()


def test_a_target_that_is_not_there_is_met_with_the_one_that_was_meant(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "customers.csv", "--target", "Churned"]) == 2
    assert capsys.readouterr().err.endswith("there is no column 'Churned'; did you mean 'churned'?\n")
    assert main(["init", "customers.csv", "--target", "street"]) == 3
    assert "'street' holds 376 different texts in 1,000 rows, too many for classes" in capsys.readouterr().err
    assert not (folder / "confs").exists()


def test_without_a_table_the_tables_here_are_proposed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == 2
    assert capsys.readouterr().err.endswith("Name the table:\n  mxt init customers.csv\n")
    (folder / "customers.csv").unlink()
    assert main(["init"]) == 2
    assert capsys.readouterr().err.endswith("  mxt init data/customers.csv --target churned\n")
    assert main(["init", "nowhere.csv", "--target", "y"]) == 3
    assert "nowhere.csv: no such file or folder" in capsys.readouterr().err


def messy(rows: int) -> str:
    """A table of German letters and signs: 1 % leave, ids have leading zeros, texts have many values."""
    chance = np.random.default_rng(3)
    age, turnover = chance.integers(18, 80, rows), chance.lognormal(8, 1, rows)
    contract = chance.choice(["Monat", "Jahr", "zwei Jahre"], rows)
    score = (contract == "Monat") * 2 - np.log(turnover) + chance.normal(0, 0.5, rows)
    sex, number = chance.choice(["weiblich", "männlich"], rows), chance.integers(0, 5000, rows)
    days = pd.Timestamp("2015-01-01") + pd.to_timedelta(chance.integers(0, 4000, rows), unit="D")

    def german(amount: float) -> str:
        return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))

    table = pd.DataFrame(
        {
            "Kunden-Nr": [f"{row:07}" for row in range(rows)],
            "Umsatz [€]": [" ?" if row % 21 == 0 else german(turnover[row]) for row in range(rows)],
            "Alter": ["" if row % 31 == 0 else str(age[row]) for row in range(rows)],
            "Geschlecht": sex,
            "Straße": [f"Weg {each}" for each in number],
            "Vertrag": contract,
            "Beginn": days.strftime("%Y-%m-%d"),
            "leer": "",
            "gekündigt: ja?": np.where(score >= np.quantile(score, 0.99), "ja", "nein"),
        }
    )
    return str(table.to_csv(sep=";", index=False))


def test_a_messy_table_is_read_as_it_was_meant(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "Kündigungen März.csv").write_text(messy(3000), encoding="utf-16")
    assert main(["init", "Kündigungen März.csv", "--target", "gekündigt: ja?"]) == 0
    assert main(["check", *(f"confs/{name}" for name in FILES)]) == 0
    training = job(folder / "confs", "training")
    assert training["inputs"] == {
        "KIND": "CsvReader",
        "path": "Kündigungen März.csv",
        "id_column": "Kunden-Nr",
        "encoding": "utf-16",
        "delimiter": ";",
        "decimal": ",",
        "thousands": ".",
        "missing": ["", " ?"],
    }
    assert training["exclude"] == ["Straße", "leer"]
    assert training["recipe"]["dates"] == "parts"
    assert (training["positive"], training["splitter"]["KIND"]) == ("ja", "StratifiedSplitter")
    assert job(folder / "confs", "certification")["criteria"][-1]["columns"][0] == {
        "column": "Alter",
        "bins": 3,
    }
    assert "Weg 1" not in capsys.readouterr().out


@pytest.mark.slow
def test_each_printed_command_works_in_turn_for_a_messy_table(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole life of a model, from the first command to a roll back, without an edited line."""
    blank_store(folder)
    (folder / "Kündigungen März.csv").write_text(messy(6000), encoding="utf-8")
    assert main(["init", "Kündigungen März.csv", "--target", "gekündigt: ja?"]) == 0

    def follow(first: str, *overrides: str) -> list[str]:
        """The commands that were run, each printed by the one before."""
        done = [first]
        while done[-1]:
            capsys.readouterr()
            words = shlex.split(done[-1])[1:]
            assert main([*words, *overrides]) == 0, done
            lines = capsys.readouterr().err.splitlines()
            done.append(lines[lines.index("Next:") + 1].strip() if "Next:" in lines else "")
        return [line.split("/")[1].split(".")[0] for line in done[:-1]]

    quick = "job.recipe.trees=30"
    assert main(["confs/training.yaml", quick]) == 0
    life = ["evaluations", "certification", "promotion", "inference", "explanations"]
    assert follow("mxt confs/evaluations.yaml job.alias_or_version=1") == life
    assert main(["confs/drift.yaml"]) == 0
    assert main(["confs/tuning.yaml", quick, "job.search.candidates=2"]) == 0
    assert follow("mxt confs/evaluations.yaml job.alias_or_version=2") == life
    back = ["job.rollback=true", "job.reason=why"]
    assert main(["confs/promotion.yaml", *back]) == 0
    new = pd.read_csv("Kündigungen März.csv", sep=";", dtype=str, keep_default_na=False).head(200)
    new.loc[3, "Vertrag"] = "Woche"
    new.drop(columns="gekündigt: ja?").to_csv("neu.csv", sep=";", index=False)
    assert main(["confs/inference.yaml", "job.inputs.path=neu.csv"]) == 0
    outputs = folder / "outputs"
    assert len(pd.read_csv(outputs / "kuendigungen_maerz_predictions.csv")) == 199
    rejected = pd.read_csv(outputs / "kuendigungen_maerz_rejected.csv", dtype=str)
    assert rejected["Kunden-Nr"].tolist() == ["0000003"]
