"""Rows are sifted one by one: which are taken, and why the others are not, depends on no other row."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.errors import DataError
from mxt.schemas import InputsSchema
from mxt.schemas.sifting import sift

TRAINING = pd.DataFrame(
    {
        "plan": ["a", "b", "c", "a"],
        "gap": ["x", None, "y", "x"],
        "real": [0.5, 1.0, 2.5, -1.0],
        "whole": [1, 2, 3, 4],
        "flag": [True, False, True, True],
    }
)
SCHEMA = InputsSchema.infer(TRAINING)
NEW: Any = ["new", None, "a", "b"]
KNOWN: Any = ["a", "b", "z", None]


def messy(seed: int, rows: int = 40) -> pd.DataFrame:
    """Rows of which most break some rule, as a CSV file would give them."""
    chance = np.random.default_rng(seed)
    cells: dict[str, list[Any]] = {
        "plan": ["a", "b", "new", None],
        "gap": ["x", "y", None, "x"],
        "real": ["1.5", "-2", "inf", "n/a", None, "7", "8"],
        "whole": ["3", "2.5", "4.0", "many", None, "5", "6", "7"],
        "flag": ["true", "False", "1", "2", "no", None, "true", "true"],
    }
    drawn = {
        name: [values[place] for place in chance.integers(0, len(values), rows)]
        for name, values in cells.items()
    }
    return pd.DataFrame(drawn, index=[f"r{row}" for row in range(rows)])


def alone(table: pd.DataFrame, place: int) -> bool:
    """Whether a row passes the check of a table that has nothing else."""
    row = table.iloc[[place]].copy()
    for name in ("real", "whole", "flag"):
        cell = row[name].iloc[0]
        words = {"true": True, "False": False}
        try:
            number = (
                words[cell] if name == "flag" and cell in words else np.nan if cell is None else float(cell)
            )
        except ValueError:
            return False
        row[name] = [number]
    try:
        SCHEMA.check(row)
    except DataError:
        return False
    return True


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_valid_that_would_pass_alone(seed: int) -> None:
    table = messy(seed)
    sifted = sift(SCHEMA, table, "table")
    assert sifted.valid.tolist() == [alone(table, place) for place in range(len(table))]
    assert 0 < sifted.valid.sum() < len(table)
    pd.testing.assert_frame_equal(sifted.taken, SCHEMA.check(sifted.taken))
    assert {name: str(dtype) for name, dtype in sifted.taken.dtypes.items()} == {
        name: str(dtype) for name, dtype in SCHEMA.check(TRAINING).dtypes.items()
    }


@pytest.mark.parametrize("size", [1, 7])
def test_reasons_do_not_depend_on_the_rows_beside(size: int) -> None:
    table = messy(3)
    parts = [sift(SCHEMA, table.iloc[start : start + size], "part") for start in range(0, len(table), size)]
    whole = sift(SCHEMA, table, "table")
    assert [reason for part in parts for reason in part.reasons] == whole.reasons
    counts = Counter[str]()
    for part in parts:
        counts.update(part.counts)
    assert counts == whole.counts


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"plan": "new"}, "plan: a category that training did not have"),
        ({"plan": None}, "plan: empty, but training never was"),
        ({"gap": None}, None),
        ({"real": np.inf}, "real: an infinite number"),
        ({"real": "n/a"}, "real: no number, but training had numbers"),
        ({"real": "true"}, "real: no number, but training had numbers"),
        ({"real": "nan"}, "real: no number, but training had numbers"),
        ({"whole": 1.5}, "whole: no whole number, but training had whole numbers"),
        ({"whole": "1.5"}, "whole: no whole number, but training had whole numbers"),
        ({"whole": "2.0"}, None),
        ({"flag": 2}, "flag: neither true nor false, but training had these"),
        ({"flag": "1"}, None),
        (
            {"plan": "new", "whole": None},
            "plan: a category that training did not have; whole: empty, but training never was",
        ),
    ],
)
def test_a_row_is_rejected_in_words(changes: dict[str, Any], reason: str | None) -> None:
    cells: dict[str, Any] = {name: [changes.get(name, TRAINING[name].iloc[0])] for name in TRAINING.columns}
    row = pd.DataFrame(cells).infer_objects()
    assert sift(SCHEMA, row, "row").reasons == ([] if reason is None else [reason])


def test_new_categories_are_missing_and_no_fault_where_they_may_be() -> None:
    table: pd.DataFrame = pd.concat([TRAINING, TRAINING.assign(plan=NEW)], ignore_index=True)
    sifted = sift(SCHEMA, table, "table", missing=["plan"])
    assert sifted.reasons == ["plan: empty, but training never was"], "what was empty before is still a fault"
    assert sifted.new == {"plan": 1}
    assert sifted.taken["plan"].isna().tolist() == [False] * 4 + [True, False, False]


def test_categories_that_the_model_knows_are_a_rule_too() -> None:
    schema = InputsSchema.from_types({"plan": "string", "real": "double"})
    table = TRAINING.assign(plan=KNOWN)[["plan", "real"]]
    known = {"plan": pd.Index(["a", "b"])}
    assert sift(schema, table, "table", known).reasons == ["plan: a category that training did not have"]
    both = sift(SCHEMA, TRAINING.assign(plan=["a", "b", "z", "b"]), "table", known)
    assert both.reasons == ["plan: a category that training did not have"], "said once"


def test_a_column_of_another_type_is_no_matter_of_rows() -> None:
    with pytest.raises(DataError, match="column 'plan' is of type int64"):
        sift(SCHEMA, TRAINING.assign(plan=1), "table")
    with pytest.raises(DataError, match="column 'real' is missing"):
        sift(SCHEMA, TRAINING.drop(columns="real"), "table")


def test_a_sentence_names_counts_and_five_ids_at_most() -> None:
    table = pd.concat([TRAINING.assign(plan="new")] * 2).set_axis([f"r{row}" for row in range(8)])
    assert sift(SCHEMA, table, "table").sentence == (
        "plan: a category that training did not have (8 rows, ids 'r0', 'r1', 'r2', 'r3', 'r4', ...)"
    )


def test_a_text_that_is_no_time_is_rejected_where_training_had_times() -> None:
    schema = InputsSchema.infer(pd.DataFrame({"day": pd.DatetimeIndex(["2024-01-01", "NaT"])}))
    table = pd.DataFrame({"day": ["2024-02-29", "2023-02-29", "05.06.2024", None]})
    sifted = sift(schema, table, "here")
    assert sifted.counts == {"day: no time, but training had times": 2}
    assert sifted.taken["day"].tolist() == [pd.Timestamp("2024-02-29"), pd.NaT]
    with pytest.raises(
        DataError, match=r"2 of 3 values are no times of ISO 8601: '99\.99\.9999', '9999-99-99'"
    ):
        schema.check(table)
