"""A pickle becomes a file of data that predicts the same bits, or says why it cannot."""

from __future__ import annotations

import hashlib
import os
import pickle
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.errors import ConfigError, DataError, ModelError
from mxt.registries import conversions
from mxt.registries.conversions import _parsed, _write, convert
from mxt.registries.conversions.golden import ROWS, from_schema, from_table
from mxt.schemas import InputsSchema
from stored_models import pickled

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines processes")
FEW = {"n_estimators": 5, "max_depth": 3}
KEY = np.arange(400)
TABLE = pd.DataFrame({"a b": KEY * 7 % 50 / 7, "n": KEY % 9, "c": np.array(["x", "y", "z"])[KEY % 3]})
TABLE.loc[::11, "a b"] = np.nan
TARGET = np.where(TABLE["n"].to_numpy() > 4, "yes", "no")
NUMBERS = TABLE[["n"]].assign(d=KEY % 13 * 0.3)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with tables, which is the current one."""
    monkeypatch.chdir(tmp_path)
    TABLE.to_parquet("table.parquet")
    NUMBERS.to_csv("numbers.csv", index=False)
    return tmp_path


def models() -> dict[str, tuple[Any, str]]:
    """Fitted models of each library by their new files, and the tables that they take."""
    import catboost
    import lightgbm
    import xgboost
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    categories, codes = TABLE.astype({"c": "category"}), (TARGET == "yes").astype(int)
    encoded = make_column_transformer((OneHotEncoder(), ["c"]), (SimpleImputer(), ["a b", "n"]))
    quiet = {"verbose": 0, "allow_writing_files": False, "iterations": 5}
    return {
        "classes.ubj": (
            xgboost.XGBClassifier(**FEW, enable_categorical=True).fit(categories, codes),
            "table.parquet",
        ),
        "booster.ubj": (xgboost.XGBRegressor(**FEW).fit(NUMBERS, codes).get_booster(), "numbers.csv"),
        "array.ubj": (xgboost.XGBRegressor(**FEW).fit(NUMBERS.to_numpy(), codes), "numbers.csv"),
        "texts.txt": (lightgbm.LGBMClassifier(**FEW, verbose=-1).fit(categories, TARGET), "table.parquet"),
        "three.txt": (lightgbm.LGBMClassifier(**FEW, verbose=-1).fit(NUMBERS, KEY % 3), "numbers.csv"),
        "cats.cbm": (
            catboost.CatBoostClassifier(cat_features=["c"], **quiet).fit(TABLE, TARGET),
            "table.parquet",
        ),
        "forest.skops": (RandomForestClassifier(**FEW).fit(NUMBERS, TARGET), "numbers.csv"),
        "pipe.skops": (make_pipeline(encoded, LogisticRegression()).fit(TABLE, TARGET), "table.parquet"),
    }


@pytest.mark.slow
def test_each_library_is_converted_to_the_same_bits(here: Path) -> None:
    import joblib

    for number, (name, (native, table)) in enumerate(models().items()):
        file = here / f"{Path(name).stem}.pkl"
        joblib.dump(native, file, compress=3 if number % 2 else 0)
        found = convert(str(file), table)
        assert (found.file, found.kind, found.rows) == (here / name, type(native).__name__, ROWS)
        assert found.digest == hashlib.sha256((here / name).read_bytes()).hexdigest()
        assert found.original == hashlib.sha256(file.read_bytes()).hexdigest()
        assert found.classes == tuple(getattr(native, "classes_", np.array([])).tolist())
    with pytest.raises(DataError, match=r"pipe\.skops is there already, and nothing is overwritten"):
        convert("pipe.pkl", "table.parquet")


@pytest.mark.slow
def test_a_model_of_mlflow_is_converted_by_its_signature(here: Path) -> None:
    from mlflow.models import infer_signature
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=3).fit(NUMBERS, TARGET)
    signature = infer_signature(NUMBERS, TARGET).to_dict()
    pickled(here / "m", pickle.dumps(tree), signature=signature)
    found = convert("m")
    assert (found.file, found.columns, found.classes) == (here / "m.skops", ("n", "d"), ("no", "yes"))


class Evaluated:
    """An object whose pickle evaluates an expression of Python."""

    def __init__(self, expression: str, **values: object) -> None:
        self.expression, self.values = expression, values

    def __reduce__(self) -> tuple[Any, tuple[str, dict[str, object]]]:
        return eval, (self.expression, self.values)


def refused() -> dict[str, tuple[object, str]]:
    """What cannot be converted, and why."""
    import xgboost
    from sklearn.neighbors import KNeighborsClassifier

    codes = KEY % 2
    other = xgboost.XGBRegressor(**FEW, missing=-999).fit(NUMBERS, codes)
    liar = xgboost.XGBRegressor(**FEW).fit(NUMBERS, codes)
    lie = "import xgboost; xgboost.XGBRegressor.predict = lambda self, rows: rows['d'].to_numpy()"
    forged = """
import os
for number in range(3, 30):
    try:
        os.write(number, b'+{"library": "xgboost"}\\nabc')
    except OSError:
        pass
os._exit(0)
"""
    return {
        "dict": ({"model": 1}, "an object of builtins.dict; fitted models of xgboost"),
        "neighbours": (KNeighborsClassifier().fit(NUMBERS, codes), "KDTree, which MXT has not reviewed"),
        "minus": (other, "the number -999 for a missing value, which UBJSON does not hold"),
        "lie": (Evaluated("(exec(code), model)[1]", code=lie, model=liar), "predicts other bits for the 256"),
        "forged": (Evaluated("exec(code)", code=forged), "what the sandbox gave is no model"),
        "absent": (
            b"\x80\x04cno_such_module\nx\n.",
            "needs the module no_such_module, which is not installed",
        ),
        "table": (b"customer,age\nA 17,42\nB 18,43\n", "it is no pickle"),
        "lost": (b"\x80\x04cos\nno_such_name\n.", "that a module does not have here"),
        "broken": (b"\x80\x04N", "opening it fails"),
        "columns": (xgboost.XGBRegressor(**FEW).fit(TABLE[["a b"]], codes), "lack 1 of its columns: a b"),
        "hang": (Evaluated("__import__('time').sleep(600)"), "did not end by its deadline, and was killed"),
    }


@pytest.mark.slow
def test_what_cannot_be_converted_says_why(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (content, message) in refused().items():
        file = here / f"{name}.pkl"
        file.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content))
        if name == "hang":
            monkeypatch.setattr(conversions, "SECONDS", 3.0)
        with pytest.raises(ModelError, match=rf"{name}\.pkl cannot be converted: .*{message}"):
            convert(str(file), "numbers.csv")
    assert {path.suffix for path in here.iterdir()} == {".pkl", ".csv", ".parquet"}


@pytest.mark.slow
def test_a_hostile_pickle_gets_out_of_no_conversion(here: Path) -> None:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    server.settimeout(0)
    port = server.getsockname()[1]
    attacks = (
        f"open({str(here / 'new')!r}, 'w')",
        f"__import__('socket').create_connection(('127.0.0.1', {port}), 1)",
        f"__import__('os').system('touch {here}/new')",
        f"open('/proc/{os.getpid()}/environ').read()",
        f"__import__('os').kill({os.getpid()}, 15)",
    )
    for attack in attacks:
        (here / "evil.pkl").write_bytes(pickle.dumps(Evaluated(attack)))
        with pytest.raises(ModelError, match=r"cannot be converted"):
            convert("evil.pkl", "numbers.csv")
    with pytest.raises(BlockingIOError):
        server.accept()
    server.close()
    assert not (here / "new").exists()


@pytest.mark.parametrize("source", ["missing", "empty.pkl", "fifo"])
def test_what_is_no_file_is_refused(source: str, here: Path) -> None:
    (here / "empty.pkl").touch()
    os.mkfifo(here / "fifo")
    with pytest.raises(ModelError):
        convert(source, "numbers.csv")


def test_rows_come_from_a_table_that_is_there(here: Path) -> None:
    (here / "m.pkl").write_bytes(b"N.")
    with pytest.raises(ConfigError, match="has no schema to draw golden rows from; name a table"):
        convert("m.pkl")
    with pytest.raises(DataError, match=r"no\.csv: no such file"):
        convert("m.pkl", "no.csv")
    assert len(from_table("numbers.csv")) == ROWS
    NUMBERS.head(3).to_csv("few.csv", index=False)
    assert len(from_table("few.csv")) == 3


def test_golden_rows_are_what_a_schema_allows_and_the_same_each_time() -> None:
    table = TABLE.assign(flag=KEY % 2 == 0, day=pd.Timestamp("2024-01-01"), small=KEY.astype("int8") % 7)
    schema = InputsSchema.infer(table)
    rows = from_schema(schema)
    assert len(rows) == ROWS
    assert rows.equals(from_schema(schema))
    schema.check(rows)
    assert rows["a b"].isna().any()
    assert not rows["n"].isna().any()
    assert rows["n"].nunique() > 5
    assert {*rows["c"]} == {"x", "y", "z"}
    bare = from_schema(InputsSchema.from_types({"n": "long", "d": "double", "t": "string", "b": "boolean"}))
    assert not bare.isna().any().any()


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"{}\nx",
        b'{"library": "os", "kind": "x", "predicted": 1, "columns": [], "classes": []}\nab',
        b'{"library": "xgboost", "kind": "os.system", "predicted": 1, "columns": [], "classes": []}\na{L',
        b'{"library": "xgboost", "kind": "Booster", "predicted": -3, "columns": [], "classes": []}\na{L',
        b'{"library": "xgboost", "kind": "Booster", "predicted": 1, "columns": [3], "classes": []}\na{L',
        b'{"library": "xgboost", "kind": "Booster", "predicted": 1, "columns": [], "classes": [[]]}\na{L',
        b'{"library": "xgboost", "kind": "Booster", "predicted": 1, "columns": [], "classes": []}\naN.',
        b'{"library": ["xgboost"], "kind": 1, "predicted": true, "columns": {}, "classes": 3}\na{L',
        b"[" * 100_000 + b"\n",
    ],
)
def test_an_answer_of_another_form_is_no_model(given: bytes) -> None:
    with pytest.raises(ModelError, match="what the sandbox gave is no model"):
        _parsed(given)


def test_a_link_in_the_place_of_the_new_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "new.ubj").symlink_to(tmp_path / "target")
    with pytest.raises(DataError, match="there already"):
        _write(tmp_path / "new.ubj", b"x")
    assert {path.name for path in tmp_path.iterdir()} == {"new.ubj"}
    _write(tmp_path / "other.ubj", b"x")
    assert (tmp_path / "other.ubj").read_bytes() == b"x"
