"""Hostile models: folders that would run code, hang or eat memory if their MLmodel files were believed."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import catboost
import cloudpickle
import joblib
import lightgbm as lgb
import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
import skops.io
import xgboost as xgb
import yaml
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeRegressor

from mxt.registries.savers.base import BACKGROUND_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROWS = np.linspace(0, 1, 60).reshape(30, 2)


class Bomb:
    """Writes the file `canary` as it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = str(canary)

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, (self.canary, "w")


class Nested:
    """Unpickles a pickle that lies in its bytes."""

    def __init__(self, canary: Path) -> None:
        self.inner = pickle.dumps(Bomb(canary))

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        return pickle.loads, (self.inner,)


def manifest(folder: Path, flavors: object, **others: object) -> Path:
    """A model's folder with an MLmodel file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": flavors, **others}), encoding="utf-8")
    return folder


def booster(folder: Path, **entry: object) -> Path:
    """A sound model of xgboost, whose entry in the MLmodel file is changed."""
    folder.mkdir(parents=True, exist_ok=True)
    xgb.XGBRegressor(n_estimators=2).fit(ROWS, ROWS[:, 0]).save_model(folder / "model.ubj")
    model = {"data": "model.ubj", "model_class": "xgboost.sklearn.XGBRegressor", **entry}
    return manifest(folder, {"xgboost": model})


def sklearn(folder: Path, content: bytes, form: str, types: list[str] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.bin").write_bytes(content)
    entry = {"pickled_model": "model.bin", "serialization_format": form, "skops_trusted_types": types}
    return manifest(folder, {"sklearn": entry})


def script(folder: Path, canary: Path) -> str:
    """A module in the model's own code, which writes the file `canary` as it is imported."""
    (folder / "code").mkdir(parents=True, exist_ok=True)
    code = f"open({str(canary)!r}, 'w')\nclass Model: pass\ndef _load_pyfunc(path): pass\n"
    (folder / "code" / "theirs.py").write_text(code, encoding="utf-8")
    return "theirs"


def a_pickle(folder: Path, canary: Path) -> None:
    sklearn(folder, pickle.dumps(Bomb(canary)), "pickle")


def a_pickle_outside_the_folder(folder: Path, canary: Path) -> None:
    sklearn(folder, pickle.dumps(Bomb(canary)), "pickle")
    (folder / "model.bin").rename(folder.parent / "outside.bin")
    entry = {"pickled_model": "../outside.bin", "serialization_format": "pickle"}
    manifest(folder, {"sklearn": entry})


def a_nested_pickle(folder: Path, canary: Path) -> None:
    sklearn(folder, pickle.dumps(Nested(canary)), "cloudpickle")


def a_file_of_joblib(folder: Path, canary: Path) -> None:
    content = io.BytesIO()
    joblib.dump([ROWS, Bomb(canary)], content, compress=3)
    sklearn(folder, content.getvalue(), "cloudpickle")


def a_pickle_in_another_format(folder: Path, canary: Path) -> None:
    sklearn(folder, pickle.dumps(Bomb(canary)), "skops")


def a_module_that_loads(folder: Path, canary: Path) -> None:
    entry = {"loader_module": script(folder, canary), "code": "code"}
    manifest(folder, {"python_function": entry})


def a_class_of_its_own(folder: Path, canary: Path) -> None:
    booster(folder, model_class=f"{script(folder, canary)}.Model", code="code")


def a_list_of_types_of_its_own(folder: Path, canary: Path) -> None:
    fitted = FunctionTransformer(os.system).fit(ROWS)
    sklearn(folder, skops.io.dumps(fitted), "skops", ["posix.system", "nt.system"])
    del canary


def a_call_of_its_own(folder: Path, canary: Path) -> None:
    """A skops file that opens `canary` by a constructor."""
    arguments = [
        {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": json.dumps(text)}
        for text in (str(canary), "w")
    ]
    tree = {
        "__class__": "open",
        "__module__": "builtins",
        "__loader__": "ConstructorFromReduceNode",
        "content": {
            "__class__": "tuple",
            "__module__": "builtins",
            "__loader__": "TupleNode",
            "content": arguments,
        },
    }
    sklearn(folder, archive(tree), "skops", ["builtins.open"])


def a_python_model(folder: Path, canary: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "python_model.pkl").write_bytes(cloudpickle.dumps(Bomb(canary)))
    entry = {"loader_module": "mlflow.pyfunc.model", "python_model": "python_model.pkl"}
    manifest(folder, {"python_function": entry})


def a_model_from_code(folder: Path, canary: Path) -> None:
    script(folder, canary)
    entry = {"loader_module": "mlflow.pyfunc.model", "model_code_path": "code/theirs.py"}
    manifest(folder, {"python_function": entry})


def a_wrapper_of_lightgbm(folder: Path, canary: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.pkl").write_bytes(pickle.dumps(Bomb(canary)))
    manifest(folder, {"lightgbm": {"data": "model.pkl", "model_class": "lightgbm.sklearn.LGBMClassifier"}})


def graph(folder: Path, location: str) -> None:
    model = to_onnx(LinearRegression().fit(ROWS, ROWS[:, 0]), ROWS[:1].astype(np.float32))
    tensor = onnx.helper.make_tensor("outside", onnx.TensorProto.FLOAT, [2], [0.0, 1.0])
    tensor.ClearField("float_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    model.graph.initializer.append(tensor)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    manifest(folder, {"onnx": {"data": "model.onnx"}})


def tensors_outside(folder: Path, canary: Path) -> None:
    (folder.parent / "secret.bin").write_bytes(b"secret42")
    graph(folder, "../secret.bin")
    del canary


def a_custom_operator(folder: Path, canary: Path) -> None:
    node = onnx.helper.make_node("PyOp", ["x"], ["y"], domain="acme")
    tensors = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, 2]) for name in "xy"]
    whole = onnx.helper.make_graph([node], "own", tensors[:1], tensors[1:])
    folder.mkdir(parents=True, exist_ok=True)
    model = onnx.helper.make_model(whole, opset_imports=[onnx.helper.make_opsetid("acme", 1)])
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    manifest(folder, {"onnx": {"data": "model.onnx"}})
    del canary


def archive(tree: Mapping[str, object], **entries: bytes) -> bytes:
    """A skops file of a tree."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("schema.json", json.dumps({**tree, "protocol": 2, "_skops_version": "0.16"}))
        for name, value in entries.items():
            file.writestr(name, value)
    return content.getvalue()


def a_zip_bomb(folder: Path, canary: Path) -> None:
    tree = {"__class__": "bytes", "__module__": "builtins", "__loader__": "BytesNode", "file": "zeros"}
    sklearn(folder, archive(tree, zeros=bytes(65 << 20)), "skops")
    del canary


def a_tree_that_unfolds(folder: Path, canary: Path) -> None:
    """Sixty lists, each of which holds the one before twice: two to the sixty objects as skops reads it."""
    tree: dict[str, object] = {
        "__class__": "list",
        "__module__": "builtins",
        "__loader__": "ListNode",
        "content": [],
    }
    for place in range(1, 60):
        named = {**tree, "__id__": place}
        tree = {**tree, "content": [named, {"__id__": place, "__loader__": "ListNode"}]}
    sklearn(folder, archive(tree), "skops")
    del canary


def a_tree_in_a_circle(folder: Path, canary: Path) -> None:
    """A decision tree whose root is its own child."""
    fitted = DecisionTreeRegressor(max_depth=2).fit(ROWS, ROWS[:, 0])
    state = fitted.tree_.__getstate__()
    state["nodes"]["left_child"][0] = state["nodes"]["right_child"][0] = 0
    fitted.tree_.__setstate__(state)
    sklearn(folder, skops.io.dumps(fitted), "skops")
    del canary


def inside_skops(folder: Path, native: Any, change: Callable[[bytes], bytes], ending: str) -> None:
    """A pipeline of a fitted booster, of whose archive the entries with an ending are changed."""
    content = io.BytesIO()
    fitted = skops.io.dumps(make_pipeline(native.fit(ROWS, ROWS[:, 0])))
    with zipfile.ZipFile(io.BytesIO(fitted)) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name.endswith(ending) else old.read(name))
    sklearn(folder, content.getvalue(), "skops")


def a_booster_inside_skops_that_was_cut(folder: Path, canary: Path) -> None:
    inside_skops(folder, xgb.XGBRegressor(n_estimators=2), lambda content: content[:-900], ".bin")
    del canary


def a_booster_inside_skops_in_a_circle(folder: Path, canary: Path) -> None:
    """A booster whose first root is its own left child."""

    def change(content: bytes) -> bytes:
        begin = content.find(b"left_children[$l#L") + len(b"left_children[$l#L") + 8
        return content[:begin] + bytes(4) + content[begin + 4 :]

    inside_skops(folder, xgb.XGBRegressor(n_estimators=2), change, ".bin")
    del canary


def a_billion_leaves_inside_skops(folder: Path, canary: Path) -> None:
    native = lgb.LGBMRegressor(n_estimators=2, num_leaves=3, min_child_samples=2, verbose=-1)
    inside_skops(
        folder, native, lambda content: content.replace(b"num_leaves=3", b"num_leaves=1000000000"), ".json"
    )
    del canary


def a_million_threads_inside_skops(folder: Path, canary: Path) -> None:
    native = lgb.LGBMRegressor(n_estimators=2, n_jobs=987, verbose=-1)
    inside_skops(folder, native, lambda content: content.replace(b'"987"', b'"1000000"'), ".json")
    del canary


def a_model_of_catboost_inside_skops_that_was_cut(folder: Path, canary: Path) -> None:
    native = catboost.CatBoostRegressor(iterations=2, verbose=0, allow_writing_files=False)
    inside_skops(folder, native, lambda content: content[:-99], ".bin")
    del canary


def a_booster_that_is_made_as_rows_come(folder: Path, canary: Path) -> None:
    """A step that would read any text as a booster, when it gets its first rows."""
    step = FunctionTransformer(lgb.Booster, kw_args={"model_str": "tree"})
    sklearn(folder, skops.io.dumps(step), "skops")
    del canary


def a_tree_in_the_flavour_of_lightgbm(folder: Path, canary: Path) -> None:
    a_tree_in_a_circle(folder, canary)
    entry = {"model_class": "lightgbm.sklearn.LGBMClassifier", "serialization_format": "skops"}
    manifest(folder, {"lightgbm": {"data": "model.bin", **entry}})


def a_booster_that_writes_beside_its_scores(folder: Path, canary: Path) -> None:
    """Trees for fifty outputs of one: scikit-learn adds each to what lies behind the scores."""
    fitted = GradientBoostingRegressor(n_estimators=1).fit(ROWS, ROWS[:, 0])
    fitted.estimators_ = np.repeat(fitted.estimators_, 50, axis=1)
    sklearn(folder, skops.io.dumps(fitted), "skops")
    del canary


def a_text_for_a_tree(folder: Path, canary: Path) -> None:
    fitted = DecisionTreeRegressor(max_depth=2).fit(ROWS, ROWS[:, 0])
    fitted.tree_ = "x"
    sklearn(folder, skops.io.dumps(fitted), "skops")
    del canary


def a_text_for_a_number_of_columns(folder: Path, canary: Path) -> None:
    fitted = DecisionTreeRegressor(max_depth=2).fit(ROWS, ROWS[:, 0])
    fitted.n_features_in_ = "x"
    sklearn(folder, skops.io.dumps(fitted), "skops")
    del canary


def pipelines_in_pipelines(folder: Path, canary: Path) -> None:
    """Thirty pipelines, each of which asks the one in it thrice what it is."""
    whole = LinearRegression().fit(ROWS, ROWS[:, 0])
    for _ in range(30):
        whole = Pipeline([("only", whole)])
    sklearn(folder, skops.io.dumps(whole), "skops")
    del canary


def a_type_of_two_lines(folder: Path, canary: Path) -> None:
    tree = {"__class__": "x\nmore\x1b[2J", "__module__": "acme", "__loader__": "TypeNode"}
    sklearn(folder, archive(tree), "skops")
    del canary


def a_hundred_flavours(folder: Path, canary: Path) -> None:
    manifest(folder, {f"flavour{number}": {} for number in range(101)})
    del canary


def a_name_of_thousands_of_letters(folder: Path, canary: Path) -> None:
    booster(folder, data="x" * 5000)
    del canary


def no_manifest(folder: Path, canary: Path) -> None:
    (booster(folder) / "MLmodel").rename(folder / "mlmodel")
    del canary


def a_file_of_many_gigabytes(folder: Path, canary: Path) -> None:
    booster(folder)
    (folder / "weights").touch()
    os.truncate(folder / "weights", 9 << 30)
    del canary


def a_background_that_unfolds(folder: Path, canary: Path) -> None:
    """A hundred million rows in some kilobytes of Parquet."""
    booster(folder, extra_files=[{"path": f"extra_files/{BACKGROUND_FILE}"}])
    (folder / "extra_files").mkdir()
    pq.write_table(pa.table({"a": pa.nulls(100_000_000)}), folder / "extra_files" / BACKGROUND_FILE)
    del canary


def a_link_to_the_outside(folder: Path, canary: Path) -> None:
    booster(folder)
    (folder / "model.ubj").rename(folder.parent / "outside.ubj")
    (folder / "model.ubj").symlink_to(folder.parent / "outside.ubj")
    del canary


def a_pipe(folder: Path, canary: Path) -> None:
    booster(folder)
    os.mkfifo(folder / "notes.txt")
    del canary


def an_absolute_path(folder: Path, canary: Path) -> None:
    booster(folder, data="/etc/passwd")
    del canary


def a_path_out_of_the_folder(folder: Path, canary: Path) -> None:
    booster(folder, data="../outside.ubj")
    del canary


def a_billion_leaves(folder: Path, canary: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = lgb.train(
        {"verbose": -1, "min_data_in_leaf": 2}, lgb.Dataset(ROWS, ROWS[:, 0]), 2
    ).model_to_string()
    count = text.partition("num_leaves=")[2].partition("\n")[0]
    (folder / "model.lgb").write_text(text.replace(f"num_leaves={count}", "num_leaves=1000000000"))
    manifest(folder, {"lightgbm": {"data": "model.lgb", "model_class": "lightgbm.basic.Booster"}})
    del canary


def a_length_that_lies(folder: Path, canary: Path) -> None:
    """An array of UBJSON that claims a billion numbers: xgboost takes their memory."""
    content = (booster(folder) / "model.ubj").read_bytes()
    begin = content.find(b"[$d#L") + len(b"[$d#L")
    lying = content[:begin] + (10**9).to_bytes(8, "big") + content[begin + 8 :]
    (folder / "model.ubj").write_bytes(lying)
    del canary


def a_booster_in_a_circle(folder: Path, canary: Path) -> None:
    """A tree of xgboost whose root is its own child: a prediction would never end."""
    native = xgb.XGBRegressor(n_estimators=2).fit(ROWS, ROWS[:, 0]).get_booster()
    saved = json.loads(native.save_raw("json"))
    tree = saved["learner"]["gradient_booster"]["model"]["trees"][0]
    tree["left_children"][0] = tree["right_children"][0] = 0
    booster(folder, data="model.json")
    (folder / "model.json").write_text(json.dumps(saved))
    del canary


def a_tag_of_yaml(folder: Path, canary: Path) -> None:
    booster(folder)
    tag = f"flavors: !!python/object/apply:builtins.open [{str(canary)!r}, w]\n"
    (folder / "MLmodel").write_text(tag, encoding="utf-8")


def flavours_in_a_list(folder: Path, canary: Path) -> None:
    manifest(folder, [1, 2])
    del canary


def data_beside_the_certificates(folder: Path, canary: Path) -> None:
    """The model lies under the name of a certificate, which no digest counts."""
    booster(folder, data=f"certificates/{'0a' * 16}.json")
    (folder / "certificates").mkdir()
    (folder / "model.ubj").rename(folder / "certificates" / f"{'0a' * 16}.json")
    del canary


class Hostile(NamedTuple):
    """How a hostile model is made, and what its refusal says."""

    make: Callable[[Path, Path], None]
    says: str


MODELS = {
    maker.__name__: Hostile(maker, says)
    for maker, says in (
        (a_pickle, r"the pickle model\.bin, which names (io\.open|builtins\.open|_io\.open).*: mxt trust "),
        (
            a_pickle_outside_the_folder,
            r"names '\.\./outside\.bin' as pickled_model, which is no file in the model's folder",
        ),
        (a_nested_pickle, r"the pickle model\.bin, which names .*open.*: mxt trust "),
        (a_file_of_joblib, r"the pickle model\.bin, which names .*open.*: mxt trust "),
        (a_pickle_in_another_format, r"its files may be broken"),
        (a_module_that_loads, r"the module theirs and the Python files of 'code'.*: mxt trust "),
        (a_class_of_its_own, r"the class theirs\.Model.*: mxt trust "),
        (a_list_of_types_of_its_own, r"objects of (posix|nt)\.system.*: mxt trust "),
        (a_call_of_its_own, r"objects of builtins\.open.*: mxt trust "),
        (a_python_model, r"the pickle python_model\.pkl, which names .*open.*: mxt trust "),
        (a_model_from_code, r"the Python file 'code/theirs\.py'.*: mxt trust "),
        (a_wrapper_of_lightgbm, r"the pickle model\.pkl, which names .*open.*: mxt trust "),
        (tensors_outside, r"reads the file '\.\./secret\.bin', which is not in the model's folder"),
        (a_custom_operator, r"the custom operator acme\.PyOp.*: mxt trust "),
        (a_zip_bomb, r"claim to hold 2 entries of 68,15\d,\d{3} bytes"),
        (a_tree_that_unfolds, r"two different objects in it have one number"),
        (a_tree_in_a_circle, r"the nodes of its trees do not fit together"),
        (
            a_booster_inside_skops_that_was_cut,
            r"its file was cut or is damaged; it cannot be read to its end",
        ),
        (a_booster_inside_skops_in_a_circle, r"the nodes of its trees do not fit together"),
        (
            a_billion_leaves_inside_skops,
            r"The LightGBM model is damaged: its .* does not hold what it claims",
        ),
        (a_million_threads_inside_skops, r"its n_jobs is no number of threads up to 1,024"),
        (a_model_of_catboost_inside_skops_that_was_cut, r"(cut or is damaged|do not fit together)"),
        (
            a_booster_that_is_made_as_rows_come,
            r"it names lightgbm\.basic\.Booster for something else than a fitted object",
        ),
        (a_tree_in_the_flavour_of_lightgbm, r"holds a DecisionTreeRegressor, which is none of LightGBM's"),
        (a_booster_that_writes_beside_its_scores, r"the nodes of its trees do not fit together"),
        (a_text_for_a_tree, r"the nodes of its trees do not fit together"),
        (a_text_for_a_number_of_columns, r"its attributes are not what scikit-learn writes"),
        (pipelines_in_pipelines, r"estimators more than 10 levels deep"),
        (a_type_of_two_lines, r"would run code .*: objects of acme\.x\?more\?\[2J.*: mxt trust "),
        (a_hundred_flavours, r"it names 101 flavours"),
        (a_name_of_thousands_of_letters, r"its file 'x+' is missing"),
        (no_manifest, r"has no readable MLmodel file: (there is none|.*/MLmodel cannot be fetched)"),
        (a_file_of_many_gigabytes, r"more than 20,000 files or 8 GiB"),
        (a_background_that_unfolds, r"has a broken file background\.parquet"),
        (a_link_to_the_outside, r"'model\.ubj', but it is a link"),
        (a_pipe, r"'notes\.txt', but it is no regular file"),
        (an_absolute_path, r"names '/etc/passwd' as data, which is no file in the model's folder"),
        (
            a_path_out_of_the_folder,
            r"names '\.\./outside\.ubj' as data, which is no file in the model's folder",
        ),
        (a_billion_leaves, r"The LightGBM model is damaged: its .* does not hold what it claims"),
        (a_length_that_lies, r"its file was cut or is damaged; it cannot be read to its end"),
        (a_booster_in_a_circle, r"the nodes of its trees do not fit together"),
        (a_tag_of_yaml, r"no readable MLmodel file: could not determine a constructor for the tag"),
        (flavours_in_a_list, r"its flavors must be a mapping by name, not a list"),
        (data_beside_the_certificates, r"its file 'certificates/0a.*\.json' is missing"),
    )
}
