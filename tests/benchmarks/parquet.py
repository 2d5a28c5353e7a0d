"""From one Parquet file to another, part by part: rows in, contributions out."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.lines import Passage
from benchmarks.measure import peak_megabytes
from benchmarks.models import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

ROWS = 1_000_000
ROWS_OF_PEER = 50_000
SUBJECT = "a"


def source(folder: Path) -> Path:
    """The file to read."""
    return folder / "rows.parquet"


def write_rows(folder: Path, rows: int) -> None:
    """Rows near to those that the subject was not trained on, no two of them equal."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    if source(folder).exists():
        return
    unseen, chance = SUBJECTS[SUBJECT].unseen(folder), np.random.default_rng(0)
    names = [f"x{place}" for place in range(unseen.shape[1])]
    schema = pa.schema([(name, pa.float32()) for name in names])
    part = source(folder).with_suffix(".part")
    with pq.ParquetWriter(part, schema) as writer:
        for start in range(0, rows, 50_000):
            shown = unseen[chance.integers(len(unseen), size=min(50_000, rows - start))]
            moved = (shown + chance.normal(0, 0.01, shown.shape)).astype(np.float32)
            writer.write_table(pa.table(dict(zip(names, moved.T, strict=True)), schema=schema))
    part.rename(source(folder))


def main(folder: Path, told: str) -> None:
    """Carry the rows over, and leave what it cost in the file ``passage.json``."""
    from mxt.datasets.readers.parquet import ParquetReader
    from mxt.datasets.writers.parquet import ParquetWriter

    name, rows = json.loads(told)
    explain = _ENGINES[name](SUBJECTS[SUBJECT].model(folder))
    reader = ParquetReader(path=str(source(folder)), limit=rows)
    writer = ParquetWriter(path=str(folder / "contributions.parquet"))
    wall, cpu = time.perf_counter(), time.process_time()
    written = writer.write(explain(part) for part in reader.batches())
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    if written != rows:
        msg = f"{written} of {rows} rows were written."
        raise SystemExit(msg)
    (folder / "passage.json").write_text(json.dumps(asdict(Passage(name, rows, cpu, wall, peak_megabytes()))))


def _mxt(booster: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A table's explanation; each row's sum is held to xgboost's own prediction."""
    import pandas as pd

    from mxt.explainers.tree import TreeExplainer
    from mxt.models import Model
    from mxt.predictors.base.library import predictor_of

    model, explainer = Model(predictor_of(booster, _names(), [0, 1])), TreeExplainer()

    def explain(part: pd.DataFrame) -> pd.DataFrame:
        found = model.explain(part, explainer)
        return pd.DataFrame(found.values[:, :, 0], part.index, found.columns)

    return explain


def _xgboost(booster: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    import pandas as pd
    import xgboost as xgb

    booster.set_param({"nthread": 1})

    def explain(part: pd.DataFrame) -> pd.DataFrame:
        matrix = xgb.DMatrix(part.to_numpy(), nthread=1)
        return pd.DataFrame(booster.predict(matrix, pred_contribs=True)[:, :-1], part.index, _names())

    return explain


def _names() -> list[str]:
    return [f"x{place}" for place in range(SUBJECTS[SUBJECT].columns)]


_ENGINES = {"MXT": _mxt, "xgboost": _xgboost}

if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
