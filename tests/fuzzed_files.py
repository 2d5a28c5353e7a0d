"""Broken files: tables, and what describes stored models, with bytes flipped, cut off, put in and spliced.

Every case follows from its number. Cases are worked on in a process of their own, which a library may crash.
"""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conftest import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

MOST_SECONDS = 20.0
"""For one file of a few thousand bytes, on a busy machine."""
TABLES = ("parquet", "csv", "jsonl")
STORED = (
    *("MLmodel", "extra_files/inputs_schema.yaml", "extra_files/background.parquet"),
    *("model.ubj", "model.cb", "model.onnx"),
)
"""Files of a stored model; what is not of one library is of a model of xgboost."""


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content after one to three mutations."""
    for _ in range(chance.choice([1, 1, 2, 3])):
        content = _mutated(content or b"\0", chance)
    return content


def _mutated(content: bytes, chance: random.Random) -> bytes:
    at, to = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    near_end = max(0, len(content) - chance.randrange(1, 400))
    size = struct.pack("<I", chance.choice([0, 1, 2**31 - 1, 2**32 - 1, len(content), len(content) * 2]))
    flip = chance.choice([at, near_end, near_end]) % len(content)
    odd = [
        b"\xff",
        b"\0",
        b'"',
        b",",
        b"\n",
        b"\r",
        b"{",
        b"}",
        b"[" * 500,
        b"- " * 300,
        b"1e999",
        b"9" * 5000,
    ]
    odd += [
        b"&a ",
        b"*a",
        b"!!python/object:os.system ",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"NaN",
    ]
    odd += [b"null", b"\\ud800", b"PAR1", b": ", b"\t", b"\x1f\x8b\x08", b"x" * 100_000, b"{}\n" * 50]
    return chance.choice([
        content[:flip] + bytes([content[flip] ^ (1 << chance.randrange(8))]) + content[flip + 1 :],
        content[:flip] + bytes([chance.randrange(256)]) + content[flip + 1 :],
        content[:at],
        content[:at] + content[to:],
        content[:to] + content[at:],
        content[:at] + chance.choice(odd) + content[at:],
        content[:at] + chance.choice(odd) + content[to:],
        content[:-8] + size + content[-4:],
        content[:near_end] + size + content[near_end + 4 :],
        content[:at] + bytes(reversed(content[at:to])) + content[to:],
        content[:at] + chance.randbytes(min(to - at, 64)) + content[at + 64 :],
        content + content,
    ])  # fmt: skip


def table() -> pd.DataFrame:
    """Rows of several types, some of whose cells are missing."""
    import numpy as np
    import pandas as pd

    chance, rows = np.random.default_rng(0), 200
    made = pd.DataFrame(
        {
            "id": [f"c{number:05}" for number in range(rows)],
            "x": chance.normal(size=rows),
            "n": chance.integers(0, 50, rows),
            "t": pd.Categorical(chance.choice(["a", "b", "é"], rows)),
            "d": pd.date_range("2026-01-01", periods=rows, tz="UTC"),
            "flag": chance.random(rows) < 0.5,
        }
    )
    made.loc[3, "x"] = np.nan
    return made


def write_tables(folder: Path) -> dict[str, list[Path]]:
    """Whole tables of each format."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = table()
    files = {"parquet": [folder / f"{codec}.parquet" for codec in ("snappy", "zstd", "gzip", "none")]}
    files |= {"csv": [folder / "a.csv"], "jsonl": [folder / "a.jsonl"]}
    for file in files["parquet"]:
        pq.write_table(pa.Table.from_pandas(rows), file, compression=file.stem, row_group_size=70)
    texts = rows.astype({"t": str, "d": str})
    texts.to_csv(folder / "a.csv", index=False)
    texts.to_json(folder / "a.jsonl", orient="records", lines=True)
    return files


def write_model(folder: Path, kind: str) -> Path:
    """A whole model as `MlflowSaver` stores one, of the library that writes a file of this kind."""
    import mlflow

    from mxt.models import Model
    from mxt.predictors.base.library import predictor_of
    from mxt.registries.savers.base import METADATA
    from mxt.registries.savers.mlflow import _extra_files
    from mxt.schemas import InputsSchema

    rows = table()[["x", "n"]]
    native, save = _fitted(kind)
    model = Model(predictor_of(native, ["x", "n"], [False, True]), rows.head(20))
    facts = {"target": "flag", "task": "classification", "classes": [False, True], "columns": ["x", "n"]}
    save(
        native,
        folder / "model",
        signature=mlflow.models.infer_signature(rows, model.predict(rows)["prediction"]),
        metadata={METADATA: facts},
        extra_files=_extra_files(folder, model, InputsSchema.infer(rows), None),
        pip_requirements=["xgboost"],
    )
    return folder / "model"


def _fitted(kind: str) -> tuple[Any, Callable[..., object]]:
    """A small model, and the function of MLflow that stores it."""
    import mlflow
    import xgboost as xgb

    rows, truth = table()[["x", "n"]], table()["flag"]
    if kind == "model.cb":
        import catboost

        few = catboost.CatBoostClassifier(iterations=5, depth=3, allow_writing_files=False, verbose=False)
        return few.fit(rows, truth), mlflow.catboost.save_model
    if kind == "model.onnx":
        import numpy as np
        from skl2onnx import to_onnx
        from sklearn.ensemble import RandomForestClassifier

        matrix = rows.fillna(0).to_numpy(dtype=np.float32)
        forest = RandomForestClassifier(5, max_depth=3, random_state=0).fit(matrix, truth)
        return to_onnx(forest, matrix[:1], options={id(forest): {"zipmap": False}}), mlflow.onnx.save_model
    native = xgb.XGBClassifier(n_estimators=5, max_depth=2).fit(rows, truth)
    return native, mlflow.xgboost.save_model


def work(kind: str, first: int, last: int, folder: Path) -> None:
    """Work on the cases of some numbers; each prints a line, so that a crash is known by its missing line."""
    files = write_tables(folder) if kind in TABLES else {kind: [write_model(folder, kind) / kind]}
    act = _read if kind in TABLES else _load
    whole = {file: file.read_bytes() for file in files[kind]}
    for number in range(first, last):
        chance = random.Random(f"{kind} {number}")  # noqa: S311 - no secret
        file = chance.choice(files[kind])
        file.write_bytes(mutated(whole[file], chance))
        begun = time.process_time()
        code = _ended(lambda: act(file))  # noqa: B023 - called in this round
        line = json.dumps([number, code, round(time.process_time() - begun, 1)])
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _ended(act: Callable[[], object]) -> str:
    from mxt.errors import MxtError, memory_as_error

    try:
        with memory_as_error():
            act()
    except MxtError as error:
        return f"{error.exit_code}"
    except Exception as error:  # noqa: BLE001 - every one is what is looked for
        import traceback

        return "".join(traceback.format_exception(error)[-4:])[-900:]
    return "0"


def _read(file: Path) -> None:
    """Read a table as jobs and `mxt init` do."""
    from mxt.datasets.endings import reader_of_file
    from mxt.drafts.looks import look
    from mxt.drafts.sources import source_of
    from mxt.schemas import InputsSchema

    reader = reader_of_file(str(file))
    reader.names()
    rows = reader.read()
    for batch in reader.batches():
        batch.memory_usage(deep=True)
    InputsSchema.infer(rows).check(rows)
    reader.model_copy(update={"id_column": "id"}).read()
    look(source_of(str(file)))


def _load(file: Path) -> None:
    """Load a model, and all that stands beside it, and let it predict and explain."""
    from mxt.registries.loaders.mlflow import MlflowLoader

    loader, rows = MlflowLoader(), table()[["x", "n"]].head(5)
    uri = str(next(folder for folder in file.parents if folder.name == "model"))
    schema = loader.load_schema(uri)
    loader.load_target(uri)
    model = loader.load(uri)
    inputs = rows if schema is None else schema.check(rows)
    model.predict(inputs)
    model.explain(inputs)


def faults(kind: str, numbers: range, folder: Path) -> list[str]:
    """How the cases of some numbers end that end badly, in a process of their own."""
    folder.mkdir()
    ended = subprocess.run(
        [sys.executable, __file__, kind, str(numbers.start), str(numbers.stop), str(folder)],
        cwd=Path(__file__).parent,
        env=clean_environment({"PYTHONPATH": str(Path(__file__).parent), "PYTHONWARNINGS": "ignore"}),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    allowed = {"0", "3"} if kind in TABLES else {"0", "3", "4"}
    bad = [f"{kind} {number}: {code}" for number, code, _ in lines if code not in allowed]
    bad += [f"{kind} {number}: {seconds} s" for number, _, seconds in lines if seconds > MOST_SECONDS]
    if len(lines) < len(numbers):
        bad.append(f"{kind} {numbers.start + len(lines)}: the process ended with {ended.returncode}")
        bad.append(ended.stderr[-2000:])
    return bad


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
