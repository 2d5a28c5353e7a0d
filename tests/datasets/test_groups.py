"""Groups of rows: values, bins with closed upper ends, and missing values as a group of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from mxt.datasets.groups import Grouping, crossed
from mxt.errors import ConfigError

TABLE = pd.DataFrame(
    {
        "sex": ["f", "m", None, "f"],
        "age": [30.0, 30.5, np.nan, 61],
        "senior": [0, 1, 1, 0],
        "member": [True, False, True, True],
    }
)


def groups(**fields: Any) -> list[str]:
    found = Grouping(**fields).groups(TABLE)
    return [found.labels[place] for place in found.of_rows]


def test_each_value_is_a_group_and_missing_is_one() -> None:
    assert groups(column="sex") == ["f", "m", "missing", "f"]
    assert groups(column="senior") == ["0", "1", "1", "0"]
    assert groups(column="member") == ["True", "False", "True", "True"]


def test_an_edge_ends_the_group_below_it() -> None:
    assert groups(column="age", edges=(30.0, 60.0)) == [
        "up to 30",
        "above 30 to 60",
        "missing",
        "above 60",
    ]


def test_a_group_that_nobody_is_of_keeps_its_name() -> None:
    found = Grouping(column="age", edges=(10.0, 90.0)).groups(TABLE)
    assert found.labels == ["up to 10", "above 10 to 90", "above 90", "missing"]


def test_columns_cross_in_groups_that_occur() -> None:
    found = crossed([Grouping(column="sex").groups(TABLE), Grouping(column="senior").groups(TABLE)])
    assert [found.labels[place] for place in found.of_rows] == [
        "f and 0",
        "m and 1",
        "missing and 1",
        "f and 0",
    ]
    assert found.name == "sex and senior"
    assert len(found.labels) == 3


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"column": "religion"}, r"No column 'religion'.*'senior'"),
        ({"column": "sex", "edges": (1.0,)}, r"'sex' holds no numbers; leave out its `edges`"),
        ({"column": "number"}, r"'number' has 40 values.*give it `edges`"),
        ({"column": "text"}, r"'text' has 200 values.*choose another"),
    ],
)
def test_what_makes_no_groups_is_refused(fields: dict[str, Any], words: str) -> None:
    table = pd.DataFrame(
        {"number": np.arange(200) % 40, "text": [f"t{row}" for row in range(200)], "sex": "f", "senior": 0}
    )
    with pytest.raises(ConfigError, match=words):
        Grouping(**fields).groups(table)


def test_edges_that_do_not_increase_are_refused() -> None:
    with pytest.raises(ValidationError, match="edges must increase"):
        Grouping(column="age", edges=(60.0, 30.0))
