"""CatBoost's binary models: whole ones are read, and those whose numbers lead nowhere are refused."""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING, Any

import catboost
import numpy as np
import pandas as pd
import pytest

from mxt.errors import ModelError
from mxt.predictors.base.stored import Stored
from mxt.predictors.catboost import CatboostPredictor
from mxt.predictors.catboost.files import require_whole
from mxt.predictors.catboost.flat import Table

if TYPE_CHECKING:
    from pathlib import Path

KINDS: dict[str, dict[str, Any]] = {
    "numbers": {},
    "categories": {"cat_features": ["t"], "one_hot_max_size": 2, "simple_ctr": ["Borders", "Counter"]},
    "one-hot": {"cat_features": ["t"], "one_hot_max_size": 9},
    "lossguide": {"grow_policy": "Lossguide"},
    "classes": {"loss_function": "MultiClass"},
    "many borders": {"border_count": 400},
}


@cache
def fitted(kind: str) -> catboost.CatBoost:
    chance = np.random.default_rng(0)
    rows = pd.DataFrame({"x": chance.normal(size=600), "n": chance.integers(0, 9, 600)})
    options = dict(KINDS[kind])
    categories = options.pop("cat_features", [])
    if categories:
        rows["t"] = chance.choice(list("abcde"), 600)
    truth = (rows["t"] > "b" if categories else rows["x"] > 0).astype(int)
    truth += (rows["n"] > 4) * (kind == "classes")
    fixed = {"loss_function": "Logloss", "iterations": 4, "depth": 3, "thread_count": 1, "verbose": 0}
    model = catboost.CatBoost({**fixed, "allow_writing_files": False, **options})
    return model.fit(rows, truth, cat_features=categories)


def stored(kind: str, folder: Path) -> Path:
    file = folder / "model.cb"
    fitted(kind).save_model(str(file))
    return file


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_model_is_read_and_one_that_was_cut_is_not(kind: str, tmp_path: Path) -> None:
    file = stored(kind, tmp_path)
    require_whole(file.read_bytes())
    whole = file.read_bytes()
    for size in (0, 3, 7, 100, len(whole) - 1):
        file.write_bytes(whole[:size])
        with pytest.raises(ModelError, match="damaged"):
            require_whole(file.read_bytes())


def test_what_only_catboost_can_check_runs_by_leave_alone(tmp_path: Path) -> None:
    rows = pd.DataFrame({"words": ["a b", "b c", "c a"] * 20, "x": range(60)})
    model = catboost.CatBoost({"iterations": 2, "verbose": 0, "allow_writing_files": False})
    model.fit(rows, rows["x"], text_features=["words"])
    for form, says in (("cbm", "its text_process_v"), ("json", "a CatBoost in the format json")):
        model.save_model(str(tmp_path / form), format="cbm")
        stored = Stored(tmp_path, {"data": form, "save_format": form})
        (hazard,) = CatboostPredictor.hazards(stored)
        assert hazard.what.startswith(says)
        assert hazard.what.endswith("which MXT cannot check")


@pytest.mark.parametrize(
    ("kind", "field", "number"),
    [
        ("numbers", 1, 1000),
        ("numbers", 1, -1),
        ("numbers", 2, 4),
        ("numbers", 2, 2**30),
        ("numbers", 3, 5),
        ("numbers", 17, 60_000),
        ("lossguide", 10, 60_000),
        ("lossguide", 2, 1),
        ("one-hot", 1, 200),
        ("many borders", 17, 3),
    ],
)
def test_a_number_that_leads_beyond_its_array_is_refused(
    kind: str, field: int, number: int, tmp_path: Path
) -> None:
    file = stored(kind, tmp_path)
    raw = bytearray(file.read_bytes())
    trees = Table.root(bytes(raw[8:])).table(1)
    place = trees._place(field)
    start = 8 + place + struct.unpack_from("<I", trees.raw, place)[0] + 4
    struct.pack_into("<i", raw, start, number)
    file.write_bytes(raw)
    with pytest.raises(ModelError, match="do not fit together"):
        require_whole(file.read_bytes())


def test_statistics_of_categories_lead_to_counts_that_are_there(tmp_path: Path) -> None:
    file = stored("categories", tmp_path)
    raw = bytearray(file.read_bytes())
    place = 8 + struct.unpack_from("<I", raw, 4)[0] + 8
    table = Table.root(bytes(raw[place:]))
    field = table._place(1)
    start = place + field + struct.unpack_from("<I", table.raw, field)[0] + 4
    buckets = np.frombuffer(bytes(raw[start : start + 12 * 8]), [("hash", "<u8"), ("index", "<u4")])
    taken = int(np.flatnonzero(buckets["hash"] != 2**64 - 1)[0])
    struct.pack_into("<I", raw, start + 12 * taken + 8, 10_000)
    file.write_bytes(raw)
    with pytest.raises(ModelError, match="damaged"):
        require_whole(file.read_bytes())
