"""What is wrong with a table, in words."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
import pytest

from mxt.errors import DataError
from mxt.schemas import OutputsSchema
from mxt.schemas.base import broken, checked


def test_at_most_five_ids_are_told() -> None:
    table = pd.DataFrame({"prediction": [1.0] * 9, "probability_a": [2.0] * 9})
    with pytest.raises(DataError, match=r"^OutputsSchema: 9 rows .* \(ids 0, 1, 2, 3, 4, \.\.\.\)"):
        OutputsSchema.check(table)


@pytest.mark.parametrize(
    ("column", "rule", "ids", "message"),
    [
        ("age", "not_nullable", ["x"], "1 row has no 'age', which may not be missing (id 'x')"),
        ("age", "finite", [1, 2], "2 rows have an infinite 'age' (ids 1, 2)"),
        ("plan", "isin", [1], "1 row has a 'plan' that is none of the values allowed (id 1)"),
        ("age", "in_range", [1, 2], "2 rows break the rule in_range of column 'age' (ids 1, 2)"),
        (None, "sums_to_one", [1], "1 row breaks the rule sums_to_one (id 1)"),
        ("a\nb", "finite", list(range(6)), "6 rows have an infinite 'a\\nb' (ids 0, 1, 2, 3, 4, ...)"),
    ],
)
def test_a_broken_rule_is_a_sentence(column: str | None, rule: str, ids: list[object], message: str) -> None:
    assert broken(column, rule, ids, len(ids)) == message


def test_texts_where_numbers_are_expected_are_described_by_their_shapes() -> None:
    schema = pa.DataFrameSchema({"LOAN": pa.Column("int64")})
    texts = pd.DataFrame({"LOAN": ["5", "7", "8,300"]})
    message = (
        "column 'LOAN' is of type str, expected int64: 1 of 3 values of LOAN is no number: "
        r"'9,999'-like; set `thousands: ','`"
    )
    with pytest.raises(DataError, match=message):
        checked(schema, texts, "inputs")
