"""The columns of a table that a job reads are shown, and those that number the rows are warned of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import numpy as np
import pandas as pd
import pytest

from runs import SMALL, run

if TYPE_CHECKING:
    from conftest import Project

ROWS = 200


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A table as R writes it: the first column has no name and numbers the rows."""
    chance = np.random.default_rng(0)
    amount = chance.normal(size=ROWS)
    label = np.where(amount + chance.normal(size=ROWS) > 0, "yes", "no")
    table = pd.DataFrame({"amount": amount, "code": np.arange(ROWS) ** 2, "label": label})
    table.index += 1
    table.to_csv(tmp_path / "from_r.csv")
    return str(tmp_path / "from_r.csv")


def train(root: Path, path: str, **fields: Any) -> None:
    run(
        root,
        "TrainingJob",
        target="label",
        recipe={**SMALL, "trees": 2},
        **{"inputs": {"KIND": "CsvReader", "path": path}, **fields},
    )


def test_a_training_shows_what_it_read_and_warns_of_row_numbers(
    tmp_path: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path, path)
    log = capsys.readouterr().err
    assert "training has 200 rows and 4 columns: 3 numbers, 1 text of 2 values\n" in log
    (warning,) = [line for line in log.splitlines() if "learns the rows by heart" in line]
    assert warning.endswith(
        "from_r.csv: each row has another value in '', 'code', so that a model learns the rows by heart. "
        "Name the column that identifies a row in `id_column`, and leave others out by `exclude`"
    )
    ended = mlflow.search_runs(search_all_experiments=True, output_format="list")[0]
    page = mlflow.artifacts.load_text(f"{ended.info.artifact_uri}/training.md")
    assert "| code | numbers | 200, another in each row |" in page


def test_ids_and_excluded_columns_are_no_reason_to_warn(
    tmp_path: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path, path, inputs={"KIND": "CsvReader", "path": path, "id_column": ""}, exclude=["code"])
    assert "by heart" not in capsys.readouterr().err


def test_a_job_over_a_long_table_shows_its_first_rows_before_the_work(trained: Project) -> None:
    ended = trained.here("inference", "job.inputs.limit=50", f"job.outputs.path={trained.root}/few.parquet")
    lines = [line for line in ended.err.splitlines() if "churn.csv has" in line or "predict:" in line]
    assert lines[0].endswith("churn.csv has 19 columns: 4 numbers, 15 texts of 2 to 4 values"), ended.err
