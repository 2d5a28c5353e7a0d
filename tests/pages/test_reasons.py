"""The reasons of one prediction, as programs read them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from mxt.pages.reasons import Reasons
from mxt.schemas.captions import Captions
from pages.by_hand import CAPTIONS, reasons


def entries_of(known: Reasons) -> list[dict[str, object]]:
    entries = known.content()["contributions"]
    assert isinstance(entries, list)
    return entries


def test_columns_keep_their_names_beside_their_captions() -> None:
    entries = entries_of(replace(reasons([0.5, 2.0]), captions=Captions.from_yaml(CAPTIONS, "here")))
    assert [entry["column"] for entry in entries] == ["plan", "charges"]
    assert [entry.get("caption") for entry in entries] == [None, "Monthly charges (€)"]


def test_columns_beyond_the_top_are_one_sum() -> None:
    known = reasons([0.5, 2.0, -0.75, 0.0])
    assert known.content(top=1)["others"] == {"columns": 3, "contribution": -0.25}
    assert known.content()["others"] == {"columns": 0, "contribution": 0}


def test_cells_are_values_of_json() -> None:
    content = json.loads(json.dumps(reasons([0.5, 2.0, -0.75, 0.0]).content(), allow_nan=False))
    assert [entry["value"] for entry in content["contributions"]] == [1, "Zürich\n\x1b[31m", 29.85, None]
    assert content["id"] == "7590-VHVEG"


def test_of_several_classes_the_predicted_one_is_explained() -> None:
    known = reasons([0.5, 2.0], ("0", "1", "2"))
    assert (known.place, known.output, known.prediction) == (1, "1", 1)


def test_sampled_contributions_have_their_intervals() -> None:
    known = reasons([0.5, 2.0])
    sampled = replace(known.explanation, standard_error=np.array([[[0.1], [np.nan]]]))
    entries = entries_of(replace(known, explanation=sampled))
    assert entries[1]["interval_95"] == pytest.approx([0.304, 0.696], abs=1e-3)
    assert "interval_95" not in entries[0]
