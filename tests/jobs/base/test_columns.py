"""The columns of a table that a job reads are shown, and those that number the rows are warned of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import mlflow
import numpy as np
import pandas as pd
import pytest
from pydantic import PrivateAttr

from flights import flights, source, train_flights
from mxt.errors import DataError
from mxt.registries.loaders.mlflow import MlflowLoader
from runs import SMALL, make, run

if TYPE_CHECKING:
    from conftest import Project
    from mxt.models import Model

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


class CountingLoader(MlflowLoader):
    """A loader that counts how often it loads a model.

    Example:
        {KIND: CountingLoader}
    """

    KIND: Literal["CountingLoader"] = "CountingLoader"  # type: ignore[assignment]  # a kind has its own

    _loads: list[str] = PrivateAttr(default=[])

    def load(self, uri: str) -> Model:
        self._loads.append(uri)
        return super().load(uri)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first_rows")
    train_flights(folder)
    return folder


def loads(root: Path, kind: str, table: pd.DataFrame, **fields: Any) -> tuple[list[str], str]:
    """What a job over a table loads, and its error."""
    given = fields.pop("inputs", None) or source(root / "table.csv", table)
    writer = {"KIND": "ParquetWriter", "path": "any.parquet"}
    roles = {
        "InferenceJob": {"inputs": given, "outputs": writer},
        "ExplanationsJob": {
            "inputs_samples": given,
            "models_explanations": writer,
            "samples_explanations": {**writer, "path": "rows.parquet"},
        },
        "DriftJob": {"current": given, "comparisons": writer},
    }
    loader = CountingLoader()
    job = make(root, kind, **roles[kind], **fields).model_copy(update={"loader": loader})
    error = ""
    with job:
        try:
            job.run()
        except DataError as caught:
            error = str(caught)
    return loader._loads, error


WRONG = {
    "lacks a column": (flights(50).drop(columns="hour"), "column 'hour' is missing"),
    "another type": (flights(50).assign(distance="far"), "column 'distance' is of type str"),
}
UNUSUAL = flights(50).assign(destination=["new", *["BOS"] * 49])
REJECTED = {"KIND": "CsvWriter", "path": "rejected.csv"}


@pytest.mark.parametrize("kind", ["InferenceJob", "ExplanationsJob", "DriftJob"])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_table_is_refused_before_the_model_is_loaded(name: str, kind: str, root: Path) -> None:
    table, message = WRONG[name]
    loaded, error = loads(root, kind, table)
    assert message in error
    assert loaded == []


@pytest.mark.parametrize("more", [{"rejected": REJECTED}, {"unseen": "missing"}])
def test_so_it_is_where_unusual_rows_may_come(more: dict[str, Any], root: Path) -> None:
    for table, _ in WRONG.values():
        loaded, error = loads(root, "InferenceJob", table, **more)
        assert error
        assert loaded == []


def test_a_row_of_the_first_part_is_refused_before_the_load_unless_such_rows_may_come(root: Path) -> None:
    loaded, error = loads(root, "InferenceJob", UNUSUAL)
    assert "a category that training did not have" in error
    assert loaded == []
    loaded, error = loads(root, "InferenceJob", UNUSUAL, rejected=REJECTED)
    assert len(loaded) == 1
    assert error == ""


def test_a_row_beyond_the_first_part_ends_the_job_where_it_lies(root: Path) -> None:
    loaded, error = loads(root, "InferenceJob", UNUSUAL.iloc[::-1], part_rows=20)
    assert "(part 2, rows 40 to 49). 2 parts are kept" in error
    assert len(loaded) == 1


def test_a_sample_is_not_drawn_twice_but_its_columns_are_checked_before(root: Path) -> None:
    table, message = WRONG["lacks a column"]
    inputs = source(root / "sampled.csv", table, sample={"rows": 10})
    loaded, error = loads(root, "InferenceJob", table, inputs=inputs)
    assert message in error
    assert loaded == []


def test_an_empty_table_is_refused_before_the_load(root: Path) -> None:
    loaded, error = loads(root, "InferenceJob", flights(50).head(0))
    assert "no rows" in error
    assert loaded == []


def test_a_sample_of_a_long_table_is_described_by_its_own_first_rows(trained: Project) -> None:
    roles = ("models_explanations", "samples_explanations")
    outputs = [f"job.{role}.path={trained.root}/few_{role}.parquet" for role in roles]
    ended = trained.here("explanations", "job.inputs_samples.sample.rows=120", *outputs)
    (line,) = [line for line in ended.err.splitlines() if "inputs_samples has" in line]
    assert "inputs_samples has 120 rows and 19 columns: 4 numbers, 15 texts of 2 to 4 values" in line
    assert line.endswith(" (by the first 100 rows)")
