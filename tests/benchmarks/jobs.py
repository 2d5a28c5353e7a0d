"""A job beside the least that its work could cost: the kernel, the library's predictions, and pyarrow."""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.lines import Passage
from benchmarks.measure import peak_megabytes
from benchmarks.models import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable

BEGUN = time.perf_counter()
ROWS = (1_000, 100_000, 1_000_000, 10_000_000)
"""The fewest tell what starting costs."""
MOST_SECONDS = 1_200
SUBJECT = "a"
NAME = "benchmark"
AT_ONCE = 65_536


def write_rows(folder: Path) -> None:
    """The most rows, with ids, near to those the subject was not trained on; the others are the first."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = _rows(folder)
    if file.exists():
        return
    unseen, chance = SUBJECTS[SUBJECT].unseen(folder), np.random.default_rng(0)
    schema = pa.schema([("id", pa.int64()), *((name, pa.float32()) for name in _names())])
    part = file.with_suffix(".part")
    with pq.ParquetWriter(part, schema) as writer:
        for start in range(0, ROWS[-1], AT_ONCE):
            ids = np.arange(start, min(start + AT_ONCE, ROWS[-1]))
            shown = unseen[chance.integers(len(unseen), size=len(ids))]
            moved = (shown + chance.normal(0, 0.01, shown.shape)).astype(np.float32)
            writer.write_table(pa.table([ids, *moved.T], schema=schema))
    part.rename(file)


def register(folder: Path) -> None:
    """Put the model into a new registry."""
    import mlflow
    import pandas as pd

    from mxt.services import MlflowService

    (folder / "mlflow.db").unlink(missing_ok=True)
    service = MlflowService(tracking_uri=_store(folder), experiment_name=NAME)
    service.start()
    mlflow.set_experiment(experiment_id=service.experiment_id)
    sample = pd.DataFrame(SUBJECTS[SUBJECT].background(folder)[:5], columns=_names())
    signature = mlflow.models.infer_signature(sample)
    model = SUBJECTS[SUBJECT].model(folder)
    mlflow.xgboost.log_model(model, name=NAME, registered_model_name=NAME, signature=signature)
    service.stop()


def main(folder: Path, told: str) -> None:
    """Explain the rows, and leave what the whole process cost in the file ``job.json``."""
    who, rows = json.loads(told)
    _WAYS[who](folder, rows)
    used = resource.getrusage(resource.RUSAGE_SELF)
    wall = time.perf_counter() - BEGUN
    found = Passage(who, rows, used.ru_utime + used.ru_stime, wall, peak_megabytes())
    (folder / "job.json").write_text(json.dumps(asdict(found)))


def _by_job(folder: Path, rows: int) -> None:
    from mxt.cli import main as run

    output = folder / "explained-by-job.parquet"
    config = {
        "KIND": "ExplanationsJob",
        "mlflow_service": {"tracking_uri": _store(folder), "registry_name": NAME, "experiment_name": NAME},
        "inputs_samples": {
            "KIND": "ParquetReader",
            "path": str(_rows(folder)),
            "id_column": "id",
            "limit": rows,
        },
        "alias_or_version": 1,
        "samples_explanations": {"KIND": "ParquetWriter", "path": str(output)},
        "models_explanations": {"KIND": "ParquetWriter", "path": str(folder / "importances.parquet")},
    }
    path = folder / "job.yaml"
    path.write_text(json.dumps({"job": config}))
    if run([str(path)]):
        msg = "The job failed."
        raise SystemExit(msg)


def _by_hand(folder: Path, rows: int) -> None:
    """The same columns, held to nothing, told to nobody, and lost if the process is."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    import xgboost as xgb

    from mxt.explainers.base.kernels.engine import Engine
    from mxt.predictors.base.library import predictor_of

    booster = SUBJECTS[SUBJECT].model(folder)
    predictor = predictor_of(booster, _names(), [0, 1])
    if predictor.trees is None:
        raise AssertionError
    engine, writer, done = Engine(predictor.trees), None, 0
    for batch in pq.ParquetFile(_rows(folder)).iter_batches(min(AT_ONCE, rows)):
        given = batch.slice(0, rows - done)
        table = np.column_stack([given[name].to_numpy() for name in _names()])
        values = engine.values(table)[:, :, 0]
        margin = booster.predict(xgb.DMatrix(table), output_margin=True).astype(np.float64)
        total = values.sum(axis=1) + engine.base[0]
        constants = {name: np.full(len(table), told) for name, told in (("class", "1"), ("unit", "log-odds"))}
        columns = {
            "id": given["id"],
            "class": constants["class"],
            "prediction": margin,
            "probability": 1 / (1 + np.exp(-margin)),
            "base_value": np.full(len(table), engine.base[0]),
            "unit": constants["unit"],
            **{name: np.ascontiguousarray(values[:, place]) for place, name in enumerate(_names())},
            "residual": total - margin,
        }
        explained = pa.table(columns)
        writer = writer or pq.ParquetWriter(
            folder / "explained-by-hand.parquet", explained.schema, compression="zstd"
        )
        writer.write_table(explained)
        done += len(table)
        if done == rows:
            break
    if writer is not None:
        writer.close()


_WAYS: dict[str, Callable[[Path, int], None]] = {"job": _by_job, "by hand": _by_hand}
WAYS = tuple(_WAYS)


def _rows(folder: Path) -> Path:
    return folder / f"rows-{ROWS[-1]}.parquet"


def _store(folder: Path) -> str:
    return f"sqlite:///{folder / 'mlflow.db'}"


def _names() -> list[str]:
    return [f"x{place}" for place in range(SUBJECTS[SUBJECT].columns)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
