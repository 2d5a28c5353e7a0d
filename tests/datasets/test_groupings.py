"""Several groupings of one table."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from mxt.datasets.groupings import Groupings

GROUPINGS = TypeAdapter(Groupings)


def test_groupings_by_different_columns_are_taken() -> None:
    content = '[{"column": "plan"}, {"column": "age", "bins": 4}]'
    assert [grouping.column for grouping in GROUPINGS.validate_json(content)] == ["plan", "age"]


def test_a_column_named_twice_is_refused_by_name() -> None:
    content = '[{"column": "age", "bins": 4}, {"column": "plan"}, {"column": "age", "edges": [18]}]'
    with pytest.raises(ValidationError, match="rows are grouped twice by 'age'; name each column once"):
        GROUPINGS.validate_json(content)
