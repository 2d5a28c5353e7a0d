"""One message names all columns of a table that are wrong: types first, then rules, a few of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.errors import DataError
from mxt.schemas import InputsSchema

TRAINING = pd.DataFrame({"plan": ["a", "b", "a"], "real": [0.5, 1.0, 2.5], "whole": [1, 2, 3]})
SCHEMA = InputsSchema.infer(TRAINING)
NEW = "plan: a category that training did not have (1 row, id 1)"
EMPTY = "plan: empty, but training never was (1 row, id 2)"


def message(schema: InputsSchema, table: pd.DataFrame) -> str:
    with pytest.raises(DataError) as caught:
        schema.check(table, "table")
    return str(caught.value)


@pytest.mark.parametrize(
    ("plan", "others", "rules"),
    [
        (["a", "canary", "b"], {"whole": ["1", "x", "3"]}, [NEW]),
        (["a", "canary", "b"], {"whole": ["y", "x", "z"]}, [NEW]),
        (["a", "b", None], {"whole": ["1", "x", None]}, [EMPTY]),
        (["a", "canary", None], {"real": ["1", "x", "2"], "whole": ["1", "x", "3"]}, [EMPTY, NEW]),
        (["a", "canary", "b"], {"whole": [1.5, 2.0, np.nan]}, [NEW]),
    ],
)
def test_rules_follow_the_types(plan: list[Any], others: dict[str, list[Any]], rules: list[str]) -> None:
    said = message(SCHEMA, TRAINING.assign(plan=plan, **others))
    places = [
        *(said.index(f"column {name!r} is of type") for name in others),
        *(said.index(rule) for rule in rules),
    ]
    assert places == sorted(places)
    assert said.count(" is of type ") + said.count(" row, id ") == len(places)
    assert "canary" not in said


def test_a_column_that_is_missing_hides_no_rule() -> None:
    said = message(SCHEMA, TRAINING.assign(plan=["a", "canary", "b"]).drop(columns="real"))
    assert said == f"table: column 'real' is missing; {NEW}."


def test_an_infinite_number_is_named_once() -> None:
    said = message(SCHEMA, TRAINING.assign(plan=["a", "canary", "b"], real=[np.inf, 1, 2]))
    assert said == f"table: 1 row has an infinite 'real' (id 0); {NEW}."


def test_five_faults_are_named_at_most() -> None:
    wide = pd.DataFrame({f"c{place}": [1.0, 2.0] for place in range(8)})
    schema = InputsSchema.infer(wide)
    said = message(schema, wide.assign(**{name: ["x", "y"] for name in wide.columns[:7]}))
    assert said.count("is of type") == 5
    assert said.endswith("; and 2 more.")
    gaps = wide.replace({2.0: np.nan})
    said = message(schema, gaps.assign(**{name: ["x", "y"] for name in wide.columns[:3]}))
    assert (said.count("is of type"), said.count("empty, but")) == (3, 2)
    assert said.endswith("; and 3 more.")
