"""What models' folders hold: nothing of a hostile one runs, and each is refused with what it would do."""

from __future__ import annotations

import importlib
import os
import pickle
import re
import resource
import sys
import threading
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import catboost
import lightgbm as lgb
import pytest
import skops.io
import xgboost as xgb
from mlflow import environment_variables
from pydantic import ValidationError
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from mxt.errors import ModelError, ServiceError
from mxt.registries import folders
from mxt.registries.allowances import allowance
from mxt.registries.contents import contents_of
from mxt.registries.loaders.mlflow import MlflowLoader
from mxt.registries.savers.base import BACKGROUND_FILE, FITTED_FILE, SCHEMA_FILE
from mxt.registries.savers.mlflow import MlflowSaver
from registries.hostile import MODELS, ROWS, Bomb, booster, sklearn
from reviews import review
from sweeps import trials

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("name", MODELS)
def test_nothing_of_a_hostile_model_runs(name: str, tmp_path: Path) -> None:
    canary, folder = tmp_path / "canary", tmp_path / "model"
    MODELS[name].make(folder, canary)
    with pytest.raises(ModelError) as refused:
        MlflowLoader.model_validate({}, context={"root": str(tmp_path)}).load(str(folder))
    assert re.search(MODELS[name].says, str(refused.value)), refused.value
    assert "\n" not in str(refused.value)
    assert not canary.exists()


def test_a_refusal_lists_what_a_pickle_names_if_that_is_soon_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sklearn(tmp_path / "model", pickle.dumps([[0] * 3000, Bomb(tmp_path / "canary")]), "pickle")
    loader = MlflowLoader.model_validate({}, context={"root": str(tmp_path)})
    with pytest.raises(ModelError, match=r"the pickle model\.bin, which names .*open"):
        loader.load(str(tmp_path / "model"))
    for bound in ("_MOST_STEPS", "_MOST_BYTES"):
        with monkeypatch.context() as bounded:
            bounded.setattr(f"mxt.registries.allowances.{bound}", 1000)
            with pytest.raises(ModelError, match=r"the pickle model\.bin\. If you trust"):
                loader.load(str(tmp_path / "model"))


@pytest.mark.slow
@pytest.mark.parametrize("switch", ["true", "false"])
def test_no_switch_of_mlflow_lets_a_hostile_model_run(
    switch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [
        variable.name
        for variable in vars(environment_variables).values()
        if isinstance(variable, environment_variables._BooleanEnvironmentVariable)
    ]
    assert "MLFLOW_ALLOW_PICKLE_DESERIALIZATION" in names
    for name in names:
        monkeypatch.setenv(name, switch)
    for name, hostile in MODELS.items():
        canary, folder = tmp_path / name / "canary", tmp_path / name / "model"
        canary.parent.mkdir()
        hostile.make(folder, canary)
        with pytest.raises(ModelError, match=hostile.says):
            MlflowLoader.model_validate({}, context={"root": str(tmp_path)}).load(str(folder))
        assert not canary.exists()


def test_a_small_file_takes_little_memory(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_bytes(b"flavors: {}")
    tracemalloc.start()
    try:
        assert folders.content(tmp_path / "MLmodel") == b"flavors: {}"
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_model_gets_no_more_workers_than_there_are_processors(tmp_path: Path) -> None:
    fitted = LinearRegression(n_jobs=100_000).fit(ROWS, ROWS[:, 0])
    for place, native in enumerate((fitted, Pipeline([("only", fitted)]))):
        sklearn(tmp_path / str(place), skops.io.dumps(native), "skops")
        stored = contents_of(str(tmp_path / str(place))).stored.kept["native"]
        assert (stored["only"] if place else stored).n_jobs == os.cpu_count()


def test_what_was_swapped_after_the_check_is_neither_loaded_nor_allowed(tmp_path: Path) -> None:
    canary, folder = tmp_path / "canary", tmp_path / "model"
    contents = contents_of(str(booster(folder)))
    (folder / "model.ubj").write_bytes(b"other")
    assert contents.kind.restored(contents.stored).get_booster().num_boosted_rounds() == 2
    sklearn(folder, pickle.dumps(LinearRegression().fit(ROWS, ROWS[:, 0])), "pickle")
    review(str(folder), tmp_path)
    loader = MlflowLoader.model_validate({}, context={"root": str(tmp_path)})
    model = loader.load(str(folder))
    assert model.allowed == "the pickle model.bin: reviewed by Ada Lovelace at 2026-11-21T20:15:00Z"
    MODELS["a_pickle"].make(folder, canary)
    with pytest.raises(ModelError, match=r"would run code .* mxt trust "):
        loader.load(str(folder))
    assert not canary.exists()


@pytest.mark.slow
def test_a_file_that_is_swapped_all_the_time_is_loaded_whole_or_refused(tmp_path: Path) -> None:
    canary, folder, good = tmp_path / "canary", tmp_path / "model", tmp_path / "good.bin"
    sklearn(folder, skops.io.dumps(LinearRegression().fit(ROWS, ROWS[:, 0])), "skops")
    good.write_bytes((folder / "model.bin").read_bytes())
    bad = pickle.dumps(Bomb(canary))
    loader, over = MlflowLoader.model_validate({}, context={"root": str(tmp_path)}), threading.Event()

    def swap() -> None:
        while not over.is_set():
            for content in (bad, good.read_bytes()):
                (folder / "next").write_bytes(content)
                (folder / "next").replace(folder / "model.bin")

    swapping = threading.Thread(target=swap)
    swapping.start()
    ended = []
    for _ in range(trials(100, 1000)):
        try:
            ended.append(type(loader.load(str(folder)).predictor.native).__name__)
        except ModelError:
            ended.append("refused")
    over.set()
    swapping.join()
    assert {*ended} <= {"LinearRegression", "refused"}
    assert not canary.exists()


@pytest.mark.parametrize("types", [("builtins.eval",), ("os.system",), ("eval",), ("a b.C",)])
def test_what_can_run_anything_is_allowed_by_nobody(types: tuple[str, ...]) -> None:
    for kind in (MlflowLoader, MlflowSaver):
        with pytest.raises(ValidationError):
            kind(allow_types=types)


def test_types_of_an_installed_package_are_allowed_by_name_and_never_taken_from_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "installed").mkdir()
    code = "from sklearn.preprocessing import FunctionTransformer\nclass Log(FunctionTransformer): pass\n"
    (tmp_path / "installed" / "acme_features.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "installed")
    kind = importlib.import_module("acme_features").Log
    folder = sklearn(tmp_path / "model", skops.io.dumps(kind().fit(ROWS)), "skops", ["acme_features.Log"])
    (folder / "code").mkdir()
    (folder / "code" / "acme_features.py").write_text("1 / 0", encoding="utf-8")
    line = re.escape("loader: {KIND: MlflowLoader, allow_types: [acme_features.Log]}")
    with pytest.raises(ModelError, match=rf"objects of acme_features\.Log, .*{line}"):
        MlflowLoader().load(str(folder))
    contents = contents_of(str(folder), ["acme_features.Log"])
    assert type(contents.kind.restored(contents.stored)) is kind
    assert allowance("it", contents, str(tmp_path)) == "objects of acme_features.Log, allowed by the config"
    monkeypatch.undo()
    monkeypatch.delitem(sys.modules, "acme_features")
    with pytest.raises(ModelError, match="the package acme_features is not installed"):
        contents_of(str(folder), ["acme_features.Log"])


@pytest.mark.parametrize(
    "native",
    [
        xgb.XGBRegressor(n_estimators=3),
        lgb.LGBMRegressor(n_estimators=3, min_child_samples=2, verbose=-1),
        catboost.CatBoostRegressor(iterations=3, verbose=0, allow_writing_files=False),
    ],
    ids=["xgboost", "lightgbm", "catboost"],
)
def test_a_pipeline_with_a_booster_needs_no_leave(native: Any, tmp_path: Path) -> None:
    fitted = make_pipeline(StandardScaler(), native.fit(ROWS, ROWS[:, 0]))
    fitted[0].fit(ROWS)
    folder = sklearn(tmp_path / "model", skops.io.dumps(fitted), "skops")
    contents = contents_of(str(folder))
    assert not contents.runs
    assert (contents.kind.restored(contents.stored).predict(ROWS) == fitted.predict(ROWS)).all()


def test_a_model_is_loaded_from_a_private_copy_which_is_then_removed(tmp_path: Path) -> None:
    contents = contents_of(str(booster(tmp_path / "model")))
    copy = contents.folder
    assert (contents.flavor, contents.runs) == ("xgboost", ())
    assert copy.stat().st_mode & 0o777 == 0o700
    assert (copy / "model.ubj").read_bytes() == (tmp_path / "model" / "model.ubj").read_bytes()
    if not os.fork():  # of which the end leaves the copy alone
        del contents
        os._exit(0)
    os.wait()
    assert copy.exists()
    del contents
    assert not copy.exists()


def test_a_model_that_finds_no_room_for_its_copy_is_an_outage(tmp_path: Path) -> None:
    folder = booster(tmp_path / "model")
    bounds = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, bounds[1]))
    try:
        with pytest.raises(ServiceError, match=r"cannot be copied to .*; TMPDIR names another folder"):
            contents_of(str(folder))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, bounds)


@pytest.mark.parametrize(
    ("name", "load"),
    [
        (BACKGROUND_FILE, MlflowLoader.load),
        (BACKGROUND_FILE, MlflowLoader.load_background),
        (SCHEMA_FILE, MlflowLoader.load_schema),
        (FITTED_FILE, MlflowLoader.load_fitted),
    ],
)
def test_a_file_beside_the_model_that_is_gone_is_named(
    name: str, load: Callable[[MlflowLoader, str], object], tmp_path: Path
) -> None:
    folder = booster(tmp_path / "model", extra_files=[{"path": f"extra_files/{name}"}])
    with pytest.raises(ModelError, match=rf"extra_files/{re.escape(name)}"):
        load(MlflowLoader(), str(folder))
