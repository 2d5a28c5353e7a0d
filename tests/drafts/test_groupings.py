"""Groups of rows: segments of few values, and groups of people that are large enough to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mxt.drafts.choices import Choices, choose
from mxt.drafts.groupings import protected, segments, words
from mxt.drafts.looks import look
from mxt.drafts.sources import source_of

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 1000


def of(folder: Path, **columns: Any) -> Choices:
    """The choices for a table of some columns."""
    table = pd.DataFrame({"y": [0, 1] * (ROWS // 2), "x": np.arange(ROWS) / 7, **columns})
    table.to_parquet(folder / "t.parquet", index=False)
    return choose(look(source_of(str(folder / "t.parquet"))), "y")


def test_rows_are_grouped_by_a_column_of_few_values_and_one_of_numbers(tmp_path: Path) -> None:
    choices = of(tmp_path, flag=[True, False] * 500, plan=["a", "b", "c", "c"] * 250)
    assert segments(choices, 2000) == [{"column": "plan"}, {"column": "x", "bins": 3}]
    assert segments(choices, 100)[0] == {"column": "plan", "minimum_rows": 30}


def test_people_are_grouped_if_each_group_has_rows_enough(tmp_path: Path) -> None:
    ages, sex = np.arange(ROWS) % 60 + 18, ["f", "m"] * 500
    race = ["a"] * 900 + ["b"] * 60 + ["c"] * 40
    choices = of(tmp_path, PersonAge=ages, sex=sex, race=race, package=["x", "y"] * 500)
    assert protected(choices, 0.2) == [{"column": "PersonAge", "bins": 3}, {"column": "sex"}]
    assert protected(of(tmp_path, race=race), 0.2) == []
    assert protected(of(tmp_path, race=["a"] * 985 + ["b"] * 15), 0.2) == [{"column": "race"}]
    assert protected(of(tmp_path, age=ages), 0.1) == []


def test_the_words_of_a_name_are_parted() -> None:
    assert words("SeniorCitizen") == ["senior", "citizen"]
    assert words("applicant_age_2") == ["applicant", "age"]
    assert words("AGE") == ["age"]
    assert words("Package") == ["package"]
