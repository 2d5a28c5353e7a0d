"""Texts that look like ids, numbers or dates are described before the fit, and break no job after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from loguru import logger

from mxt.datasets.readers.csv import CsvReader
from mxt.datasets.readers.parquet import ParquetReader
from mxt.datasets.survey import survey
from mxt.jobs.base.doubts import warn_of_doubts
from runs import run

ROWS = 400
CHANCE = np.random.default_rng(0)
DAYS = pd.Timestamp("1960-01-01") + pd.to_timedelta(CHANCE.integers(0, 9000, ROWS), unit="D")
TABLE = pd.DataFrame(
    {
        "tail_number": [f"N{number}" for number in CHANCE.integers(0, 300, ROWS)],
        "price": [f"{number:,}" for number in CHANCE.integers(1000, 9000, ROWS)],
        "birth": DAYS.strftime("%d.%m.%Y"),
        "seen": DAYS.strftime("%Y-%m-%d"),
        "digits": [str(number) for number in CHANCE.integers(0, 9000, ROWS)],
        "stars": CHANCE.choice(["1", "2", "3"], ROWS),
        "nation": [f"nation {number}" for number in CHANCE.integers(0, 30, ROWS)],
        "comment": [f"{number} words" for number in range(ROWS)],
        "amount": CHANCE.normal(size=ROWS),
    }
)
LABELS = np.where(TABLE["amount"] + CHANCE.normal(size=ROWS) > 0, "Yes", "No")


def warnings(table: pd.DataFrame, learned: list[str], reader: Any) -> list[str]:
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}")
    warn_of_doubts(table, survey(table), learned, reader)
    logger.remove(sink)
    return lines


def test_one_warning_names_each_column_and_the_line_that_mends_it() -> None:
    (warning,) = warnings(TABLE, [*TABLE], CsvReader(path="t.csv"))
    head, *lines, last = warning.rstrip("\n").split("\n")
    assert head.split(": ", 1)[1].startswith(
        "5 columns of texts look more like something else than categories"
    )
    different = TABLE["tail_number"].nunique()
    fraction = "(or `decimal: ','`, if it starts a fraction)"
    learn = "and learn from them by `dates: parts` in the recipe"
    assert [line.strip() for line in lines] == [
        f"tail_number: {different} different texts in 400 rows, looks like ids; exclude it, or join texts",
        f"price: looks like numbers: '9,999'-like; set `thousands: ','` {fraction}",
        f'birth: looks like dates: set `time_formats: ["%d.%m.%Y"]` in `inputs`, {learn}',
        f"seen: looks like dates: set `types: {{seen: timestamp[us]}}` in the reader, {learn}",
        "digits: looks like numbers: set `types: {digits: inferred}`",
    ]
    assert "`exclude: [tail_number, price, birth, seen, digits]`" in last


def test_a_source_with_types_is_mended_itself() -> None:
    (warning,) = warnings(TABLE, ["price", "seen"], ParquetReader(path="t.parquet"))
    assert "  price: looks like numbers: write them plainly in the source\n" in warning
    assert "  seen: looks like dates: write them as 2026-01-31, or as times, in the source" in warning


def test_days_that_could_be_months_and_texts_that_are_no_days_are_described() -> None:
    days = pd.DataFrame({"day": [f"{day:02}/01/2025" for day in range(1, 13)] * 2})
    (warning,) = warnings(days, ["day"], CsvReader(path="t.csv", time_formats=("%d.%m.%Y",)))
    add = 'add to `time_formats` "%d/%m/%Y" if the day comes first, "%m/%d/%Y" if the month does, and learn'
    assert f"day: looks like dates: {add}" in warning
    odd = pd.DataFrame({"day": [f"{day:02}.01.2025" for day in range(1, 31)] + ["31.02.2025"]})
    (warning,) = warnings(odd, ["day"], CsvReader(path="t.csv", time_formats=("%d.%m.%Y",)))
    assert "day: looks like dates, but 1 text fits no format: mend them, or add what means missing" in warning


def test_categories_and_columns_that_are_not_learned_are_no_reason_to_warn() -> None:
    assert warnings(TABLE, ["stars", "nation", "comment", "amount"], CsvReader(path="t.csv")) == []


@pytest.mark.parametrize("kind", ["TrainingJob", "TuningJob"])
def test_values_that_only_held_out_rows_have_break_no_job(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    TABLE.drop(columns=["seen", "digits", "stars"]).assign(y=LABELS).to_csv(tmp_path / "t.csv", index=False)
    search = {"search": {"KIND": "GridSearch", "values": {"depth": [2]}, "folds": 2}, "workers": 1}
    made = run(
        tmp_path,
        kind,
        inputs={"KIND": "CsvReader", "path": str(tmp_path / "t.csv")},
        target="y",
        recipe={"KIND": "XgboostRecipe", "trees": 3},
        **(search if kind == "TuningJob" else {}),
    )
    unseen = TABLE.head(3).assign(tail_number="none", price="none")
    missing = unseen.assign(tail_number=None, price=None)
    pd.testing.assert_frame_equal(made["model"].predict(unseen), made["model"].predict(missing))
    assert capsys.readouterr().err.count("look more like something else") == 1
