"""What recipes do to source columns: parts of times, columns left out, names spelt otherwise."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.errors import DataError
from mxt.predictors.base.preparation import Preparation, Step, free_name, from_ascii, time_step

CELLS: list[Any] = ["2024-02-29 18:30:00.000001", None, "1999-12-31 06:00:00.0"]
LEAP = pd.Series(pd.to_datetime(CELLS), name="since")
TABLE = pd.DataFrame({"since": LEAP, "a[b]": [1, 2, 3], "empty": [np.nan] * 3, "kind": ["u", "v", "u"]})


def prepared(table: pd.DataFrame) -> Preparation:
    steps = {"since": time_step(LEAP, {*table.columns}), "a[b]": Step(("a_b_",)), "empty": Step(())}
    return Preparation(steps)


def test_times_become_their_parts_by_the_calendar() -> None:
    made = prepared(TABLE).apply(TABLE)
    assert [*made.columns] == [
        *("since year", "since month", "since weekday", "since hour", "since elapsed", "a_b_", "kind"),
    ]
    numbers = made.filter(like="since").to_numpy()
    np.testing.assert_array_equal(numbers[0, :4], [2024, 2, 3, 18])
    assert numbers[0, 4] == pytest.approx(8825 + (18.5 * 3600 + 1e-6) / 86400, abs=1e-11)
    assert np.isnan(numbers[1]).all()
    np.testing.assert_array_equal(numbers[2], [1999, 12, 4, 6, -0.75])


def test_the_hour_is_left_out_where_all_times_are_days() -> None:
    days = pd.Series(pd.to_datetime(["2026-01-01", "NaT"]), name="day")
    assert time_step(days, {"day"}).parts == ("year", "month", "weekday", "elapsed")


def test_hours_are_those_of_the_zone_and_elapsed_days_are_not() -> None:
    zoned = pd.Series(pd.to_datetime(["2026-07-01 23:30:00"]), name="at").dt.tz_localize("UTC")
    berlin = zoned.dt.tz_convert("Europe/Berlin")
    step = time_step(berlin, {"at"})
    assert step.zone == "Europe/Berlin"
    made, utc = step.columns(zoned), time_step(zoned, {"at"}).columns(zoned)
    assert [made[f"at {part}"].item() for part in ("month", "weekday", "hour")] == [7, 3, 1]
    assert made["at elapsed"].item() == utc["at elapsed"].item()


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["2026-01-01"], "takes times in the column 'since'; it is of type str"),
        (
            pd.to_datetime(["2026-01-01"]).tz_localize("UTC"),
            "takes times without a time zone",
        ),
    ],
)
def test_a_column_of_another_type_is_refused(cells: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        prepared(TABLE).apply(pd.DataFrame({"since": cells}))


def test_a_part_of_a_table_without_any_time_has_its_parts_missing() -> None:
    gap = pd.DataFrame({"since": [None, None]})
    assert prepared(TABLE).apply(gap).isna().all(axis=None)


def test_each_column_made_has_its_source() -> None:
    preparation, sources = prepared(TABLE), [*TABLE.columns]
    assert preparation.places(sources) == [0, 0, 0, 0, 0, 1, 3]
    assert preparation.names(sources) == [*preparation.apply(TABLE).columns]


def test_the_facts_bring_the_preparation_back() -> None:
    preparation = prepared(TABLE)
    again = Preparation.from_facts(json.loads(json.dumps(preparation.facts)))
    assert again == preparation
    assert not Preparation.from_facts([])


def test_a_name_that_is_taken_gets_an_underscore_behind_it() -> None:
    taken = {"a_", "a__"}
    assert [free_name("a_", taken), free_name("a_", taken)] == ["a___", "a____"]


def test_texts_that_are_spelt_in_ascii_stay_different_and_come_back() -> None:
    texts = ["männlich", "mannlich", "m\\xe4nnlich", "a\nb", "契約", "plain"]
    step = Step(("sex",), spelt=True)
    spelt = step.columns(pd.Series([*texts, None], name="sex"))["sex"]
    assert all(text.isascii() for text in spelt[:-1])
    assert (spelt.nunique(), spelt.isna().sum(), spelt.iloc[-2]) == (6, 1, "plain")
    assert [*from_ascii(pd.Index(spelt[:-1]))] == texts
    categories = step.columns(pd.Series(pd.Categorical(texts)))["sex"]
    assert [*from_ascii(pd.Index(categories))] == texts
    assert Preparation.from_facts(Preparation({"sex": step}).facts).steps == {"sex": step}
