"""What becomes of parts, outputs and certificates when a library of the model is upgraded."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import mlflow
import numpy as np
import pytest
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from churn import churn
from mxt.datasets.writers.parquet import ParquetWriter
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.registries.savers.mlflow import MlflowSaver
from mxt.schemas import InputsSchema
from mxt.streams.keys import EARLIER
from runs import CHURN, make, run
from upgrades import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NUMBERS = ["tenure", "MonthlyCharges", "SeniorCitizen"]
INPUTS = churn(300).inputs[NUMBERS]
TARGET = churn(300).targets
LIGHTGBM = LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1)


def onnx() -> Any:
    matrix = INPUTS.to_numpy(np.float32)
    forest = RandomForestClassifier(3, max_depth=3, random_state=0).fit(matrix, TARGET)
    return to_onnx(forest, matrix[:1], options={id(forest): {"zipmap": False}})


NATIVES: dict[str, Callable[[], Any]] = {
    "lightgbm": lambda: LIGHTGBM.fit(INPUTS, TARGET),
    "pipeline": lambda: make_pipeline(LIGHTGBM).fit(INPUTS, TARGET),
    "catboost": lambda: CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False).fit(
        INPUTS, TARGET
    ),
    "onnx": onnx,
    "forest": lambda: RandomForestClassifier(3, max_depth=3, random_state=0).fit(INPUTS, TARGET),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a version of each library, its number by the place of its name."""
    folder = tmp_path_factory.mktemp("upgrades")
    with make(folder, "HistoryJob", alias="Champion"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for native in NATIVES.values():
            model = Model(predictor_of(native(), NUMBERS, ["No", "Yes"])).with_background(INPUTS.head(20))
            uri = MlflowSaver().save(model, InputsSchema.infer(INPUTS), INPUTS.head(5), "Churn")
            mlflow.register_model(uri, "churn")
    return folder


def score(root: Path, name: str, **fields: Any) -> dict[str, Any]:
    defaults = {
        "inputs": {**CHURN, "limit": 400},
        "alias_or_version": list(NATIVES).index(name) + 1,
        "outputs": {"KIND": "ParquetWriter", "path": f"{name}.parquet"},
        "part_rows": 100,
    }
    return run(root, "InferenceJob", **{**defaults, **fields})


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("lightgbm", "lightgbm"),
        ("pipeline", "lightgbm"),
        ("catboost", "catboost"),
        ("onnx", "onnxruntime"),
        ("onnx", "onnx"),
        ("forest", "scikit-learn"),
        ("forest", "scipy"),
        ("lightgbm", "pyarrow"),
    ],
)
def test_parts_of_another_version_of_a_library_do_not_count(
    name: str,
    package: str,
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    score(root, name, shard="1/2")
    score(root, name, shard="1/2")
    assert "2 parts are finished already" in capfd.readouterr().err
    upgrade(package, tmp_path, monkeypatch)
    score(root, name)
    assert "finished already" not in capfd.readouterr().err


def test_a_library_that_the_model_does_not_use_may_be_upgraded(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    score(root, "lightgbm", shard="1/2")
    upgrade("catboost", tmp_path, monkeypatch)
    score(root, "lightgbm")
    assert "2 parts are finished already" in capfd.readouterr().err


def test_an_output_and_the_requirements_name_the_libraries_of_the_model(root: Path) -> None:
    for name, expected in {"pipeline": "lightgbm", "catboost": "catboost", "onnx": "onnxruntime"}.items():
        score(root, name)
        provenance = ParquetWriter(path=str(root / f"{name}.parquet")).provenance()
        assert provenance is not None
        assert f" {expected}==" in f" {provenance.facts['packages']}"
        folder = mlflow.artifacts.download_artifacts(f"models:/churn/{list(NATIVES).index(name) + 1}")
        with open(f"{folder}/requirements.txt", encoding="utf-8") as file:  # noqa: PTH123 - a path of MLflow's
            assert f"\n{expected}==" in f"\n{file.read()}"


def test_rows_are_added_to_an_output_that_names_fewer_packages(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = {"since": "last", "watermark": "day", "outputs": {"KIND": "JsonlWriter", "path": "days.jsonl"}}
    table = root / "days.csv"
    lines = [f"c{row},{row % 9},{20 + row},0,{1 + row // 20}" for row in range(40)]
    header = "customerID,tenure,MonthlyCharges,SeniorCitizen,day"
    inputs = {"KIND": "CsvReader", "path": str(table), "id_column": "customerID"}
    table.write_text("\n".join([header, *lines[:20]]) + "\n", encoding="utf-8")
    score(root, "lightgbm", **since, inputs=inputs)
    (facts_file,) = [path for path in root.glob("*days.jsonl*") if path.name != "days.jsonl"]
    facts = json.loads(facts_file.read_text(encoding="utf-8"))
    assert "lightgbm==" in json.dumps(facts)
    facts["packages"] = " ".join(f"{name}==1.0" for name in ("mlflow", *EARLIER))
    facts_file.write_text(json.dumps(facts), encoding="utf-8")
    table.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    upgrade("lightgbm", tmp_path, monkeypatch)
    assert score(root, "lightgbm", **since, inputs=inputs)["rows"] == 20
    assert len((root / "days.jsonl").read_text(encoding="utf-8").splitlines()) == 40
