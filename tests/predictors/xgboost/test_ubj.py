"""Universal Binary JSON holds what the JSON of the same model holds."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from mxt.predictors.xgboost.trees import document_of
from mxt.predictors.xgboost.ubj import read_ubj
from predictors.xgboost.boosters import MODELS, boosted


@pytest.mark.parametrize("name", ["squared", "dropout", "three classes", "two targets"])
def test_the_binary_form_holds_what_the_json_form_holds(name: str) -> None:
    booster = boosted(MODELS[name]).core
    document = json.loads(booster.save_raw("json"))

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, (list, np.ndarray)):
            return [plain(inner) for inner in value]
        return float(np.float32(value)) if isinstance(value, (float, np.floating)) else value

    def numbers(value: Any) -> Any:
        return json.loads(json.dumps(plain(value), default=int), parse_int=float)

    assert numbers(document_of(booster)) == numbers(document)


def test_every_sort_of_binary_json_is_read() -> None:
    raw = b"{i\x01a[i\xffU\xffI\xff\xfeTFZ]i\x01b[#i\x02d\x3f\x80\x00\x00D\x3f\xf0\x00\x00\x00\x00\x00\x00}"
    assert read_ubj(raw) == {"a": [-1, 255, -2, True, False, None], "b": [1.0, 1.0]}
    np.testing.assert_array_equal(read_ubj(b"[$l#i\x02\x00\x00\x00\x01\xff\xff\xff\xff"), [1, -1])
