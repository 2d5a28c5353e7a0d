"""Choices: target, ids and what is left out, of tables that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from mxt.drafts.choices import Choices, candidates, choose
from mxt.drafts.files import files
from mxt.drafts.looks import look
from mxt.drafts.places import Place
from mxt.drafts.sources import source_of
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 200


def chosen(folder: Path, target: str, **columns: Any) -> Choices:
    """The choices for a Parquet file of some columns beside a number."""
    pd.DataFrame({"x": np.arange(ROWS) % 7 + 0.5, **columns}).to_parquet(folder / "t.parquet", index=False)
    return choose(look(source_of(str(folder / "t.parquet"))), target)


@pytest.mark.parametrize(
    ("values", "task", "classes", "positive"),
    [
        (["yes", "no", "no", "no"], "classification", {"no": 150, "yes": 50}, "yes"),
        (["no", "yes", "yes", "yes"], "classification", {"yes": 150, "no": 50}, "yes"),
        (["a", "b", "b", "b"], "classification", {"b": 150, "a": 50}, "a"),
        ([0, 1, 1, 1], "classification", {1: 150, 0: 50}, 1),
        ([1.0, 0.0, None, 0.0], "classification", {0: 100, 1: 50}, 1),
        ([True, False, False, False], "classification", {False: 150, True: 50}, True),
        ([True, False, False, None], "classification", {False: 100, True: 50}, True),
        (["a", "b", "c", "c"], "classification", {"c": 100, "a": 50, "b": 50}, None),
        ([1.5, 2.0, 3.0, 4.0], "regression", {}, None),
        ([*range(50)], "regression", {}, None),
    ],
)
def test_the_target_decides_the_task(
    tmp_path: Path, values: list[Any], task: str, classes: dict[Any, int], positive: Any
) -> None:
    target = chosen(tmp_path, "y", y=values * (ROWS // len(values))).target
    assert (target.task, dict(target.classes), target.positive) == (task, classes, positive)
    assert [type(label) for label in target.classes] == [type(label) for label in classes]
    assert target.missing == 50 * values.count(None)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["a"] * ROWS, "is the same in all 200 rows"),
        ([None] * ROWS, "has no value"),
        (
            [f"t{row % 60}" for row in range(ROWS)],
            "holds 60 different texts in 200 rows, too many for classes",
        ),
        (pd.date_range("2026-01-01", periods=ROWS), "holds times"),
    ],
)
def test_a_column_that_nothing_can_be_learned_of_is_refused(tmp_path: Path, values: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        chosen(tmp_path, "y", y=values)


def test_an_id_is_found_by_its_name_and_confirmed_by_all_rows(tmp_path: Path) -> None:
    ids = [f"{row:05}" for row in range(ROWS)]
    both = chosen(tmp_path, "y", y=[0, 1] * 100, code=[f"c{row}" for row in range(ROWS)], customer_id=ids)
    assert both.id_column == "customer_id"
    assert both.excluded == {"code": "another value in each row, as customer_id"}
    repeated = chosen(tmp_path, "y", y=[0, 1] * 100, customer_id=[*ids[:-1], "00000"])
    assert repeated.id_column is None
    assert repeated.excluded == {"customer_id": "an id that repeats in 1 row, so it is no id_column"}


def test_an_id_that_repeats_beyond_the_rows_looked_at_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mxt.drafts.looks.SURVEYED_CELLS", 100)
    table = pd.DataFrame({"id": [*range(ROWS - 1), 0], "x": np.arange(ROWS) % 7, "y": [0, 1] * 100})
    table.to_parquet(tmp_path / "t.parquet", index=False, row_group_size=50)
    choices = choose(look(source_of(str(tmp_path / "t.parquet"))), "y")
    assert choices.look["id"].rows < ROWS
    assert choices.id_column is None
    assert choices.target.rows == ROWS


def test_columns_that_a_model_cannot_learn_from_are_left_out_with_the_reason(tmp_path: Path) -> None:
    choices = chosen(
        tmp_path,
        "y",
        y=[0, 1] * 100,
        empty=[None] * ROWS,
        street=[f"s{row % 150}" for row in range(ROWS)],
        day=[f"{row % 28 + 1:02}.12.2025" for row in range(ROWS)],
        town=["a", "b"] * 100,
        since=pd.date_range("2026-01-01", periods=ROWS),
    )
    assert choices.excluded == {
        "empty": "no value",
        "street": "texts of 150 values, too few rows of each to learn from",
        "day": "dates that are not written as 2026-12-31, which are read as texts",
    }
    assert [column.name for column in choices.learned] == ["x", "town", "since"]
    assert choices.times == ["since"]


def test_without_a_column_to_learn_from_there_is_no_config(tmp_path: Path) -> None:
    pd.DataFrame({"id": range(ROWS), "y": [0, 1] * 100}).to_parquet(tmp_path / "t.parquet", index=False)
    with pytest.raises(DataError, match="beside 'y' there is no column that a model can learn from"):
        choose(look(source_of(str(tmp_path / "t.parquet"))), "y")


def test_likely_targets_come_first_and_ids_not_at_all(tmp_path: Path) -> None:
    choices = chosen(
        tmp_path,
        "flag",
        id=range(ROWS),
        flag=[0, 1] * 100,
        Churned=["a", "b"] * 100,
        kind=["u", "v", "w", "w"] * 50,
    )
    assert [column.name for column in candidates(choices.look)] == ["Churned", "flag", "kind", "x"]


def test_dates_are_times_if_the_table_shows_their_format_and_else_the_lines_are_named(tmp_path: Path) -> None:
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS), unit="D")
    early = [f"{row % 12 + 1:02}-{row % 11 + 1:02}-2024" for row in range(ROWS)]
    table = pd.DataFrame(
        {
            "y": ["ja", "nein"] * 100,
            "german": days.strftime("%d.%m.%Y").where(np.arange(ROWS) % 9 > 0, "?"),
            "other": days.strftime("%d.%m.%Y"),
            "month_first": days.strftime("%m.%d.%Y"),
            "unclear": early,
            "odd": [*days.strftime("%d.%m.%Y")[:-1], "31.02.2024"],
            "iso": days.strftime("%Y-%m-%d"),
        }
    )
    table.to_csv(tmp_path / "t.csv", index=False, sep=";")
    choices = choose(look(source_of(str(tmp_path / "t.csv"))), "y")
    assert choices.look.source.fields["time_formats"] == ("%d.%m.%Y",)
    assert choices.times == ["german", "other", "iso"]
    mend = "mend them or add them to `missing`"
    assert choices.excluded == {
        "month_first": 'dates that need `time_formats: ["%m.%d.%Y"]`, '
        "which contradicts the dates of other columns",
        "unclear": "dates whose day and month no cell distinguishes; add to `time_formats` "
        '"%d-%m-%Y" if the day comes first, "%m-%d-%Y" if the month does',
        "odd": f'dates as `time_formats: ["%d.%m.%Y"]` reads them, and 1 other text: {mend}',
    }
    config = files(choices, Place("confs", "t.csv", "t"))["training.yaml"]
    assert '    time_formats: ["%d.%m.%Y"]' in config
