"""The inputs of a model: inferred, kept as YAML, checked by hard rules, told of by soft limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from contracts.stores import CANARY
from mxt.datasets.tables import to_frame
from mxt.errors import ConfigError, DataError
from mxt.schemas import InputsSchema
from mxt.schemas.inputs import MAX_CATEGORIES

ROWS = 12


def training() -> pd.DataFrame:
    """A table of every type that a model may take."""
    row = np.arange(ROWS)
    return pd.DataFrame(
        {
            "whole": row,
            "real": np.where(row % 4 == 3, np.nan, row / 2),
            "single": row.astype("float32"),
            "plan": pd.Series(np.where(row % 2, "yes", "1"), dtype="str").where(row % 3 > 0).to_numpy(),
            "class": pd.Categorical(np.where(row % 2, "u", "v")),
            "flag": row % 2 == 0,
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(row, "D"),
        },
        index=pd.Index([f"id-{at:02}" for at in row], name="id"),
    ).astype({"when": "datetime64[us]"})


SCHEMA = InputsSchema.infer(training())
FIVE = "(ids 'id-00', 'id-01', 'id-02', 'id-03', 'id-04', ...)"


def told(schema: InputsSchema, table: pd.DataFrame) -> str:
    """What a schema says of a table that breaks it; never a cell."""
    with pytest.raises(DataError) as caught:
        schema.check(table, "the table")
    message = str(caught.value)
    assert message.startswith("the table: ")
    assert CANARY not in message
    return message.removeprefix("the table: ").removesuffix(".")


def test_training_inputs_obey_the_schema_inferred_from_them() -> None:
    checked = SCHEMA.check(training())
    pd.testing.assert_frame_equal(checked, training().astype({"class": "str"}))
    assert SCHEMA.columns == list(training().columns)
    assert SCHEMA.beyond_limits(checked) == {}
    assert SCHEMA.valid_rows(checked).all()


def test_a_schema_survives_its_yaml() -> None:
    read = InputsSchema.from_yaml(SCHEMA.to_yaml(), "schema.yaml")
    assert read.to_yaml() == SCHEMA.to_yaml()
    pd.testing.assert_frame_equal(read.check(training()), SCHEMA.check(training()))
    worse = training().assign(whole=range(5, 5 + ROWS))
    assert read.beyond_limits(worse) == SCHEMA.beyond_limits(worse) != {}
    new = training().assign(plan="no")
    assert told(read, new) == told(SCHEMA, new)


def test_other_columns_are_dropped_and_the_order_is_the_schemas() -> None:
    shuffled = training()[training().columns[::-1]].assign(extra=CANARY)
    assert list(SCHEMA.check(shuffled).columns) == SCHEMA.columns


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"whole": CANARY}, "column 'whole' is of type str, expected int64"),
        ({"flag": CANARY}, "column 'flag' is of type str, expected bool"),
        ({"plan": 7}, "column 'plan' is of type int64, expected string[pyarrow]"),
        ({"when": 7}, "column 'when' is of type int64, expected datetime64[ns]"),
        ({"flag": 2}, "column 'flag' is of type int64, expected bool"),
        ({"flag": [None, *[1] * 11]}, "1 row: 'flag' is empty, but training never was (id 'id-00')"),
        ({"whole": [1.5, *range(1, ROWS)]}, "column 'whole' is of type float64, expected int64"),
        ({"whole": [1.5, np.nan, *range(2, ROWS)]}, "column 'whole' is of type float64, expected int64"),
        (
            {"whole": [np.nan, *range(1, ROWS)]},
            "1 row: 'whole' is empty, but training never was (id 'id-00')",
        ),
        ({"class": [None, *"uvuvuvuvuvu"]}, "1 row: 'class' is empty, but training never was (id 'id-00')"),
        (
            {"class": [CANARY, *"uvuvuvuvuvu"]},
            "1 row: 'class' holds a category that training did not have (id 'id-00')",
        ),
        ({"real": [np.inf, *range(1, ROWS)]}, "1 row has an infinite 'real' (id 'id-00')"),
        ({"single": -np.inf}, f"12 rows have an infinite 'single' {FIVE}"),
        ({"plan": CANARY}, f"12 rows: 'plan' holds a category that training did not have {FIVE}"),
    ],
)
def test_each_failure_names_column_rule_count_and_ids(changes: dict[str, Any], message: str) -> None:
    assert told(SCHEMA, training().assign(**changes)) == message


def test_missing_columns_are_told_together() -> None:
    message = told(SCHEMA, training().drop(columns=["real", "plan"]))
    assert message == "column 'plan' is missing; column 'real' is missing"


def test_rules_are_told_together() -> None:
    message = told(SCHEMA, training().assign(plan=CANARY, **{"class": CANARY}))
    assert message.count("holds a category that training did not have (ids") == 2


def test_a_table_of_mixed_cells_is_told_without_them() -> None:
    mixed = pd.Series([1, CANARY, *range(2, ROWS)], index=training().index, dtype=object)
    assert told(SCHEMA, training().assign(whole=mixed)) == "column 'whole' is of type object, expected int64"
    assert "column 'plan' is of type object" in told(SCHEMA, training().assign(plan=mixed))


def schema_of(dtype: str) -> InputsSchema:
    """The schema of one column x of a type, with and without missing values where the type has them."""
    cells: Any = {"str": ["a", None], "bool": [True, False]}.get(dtype, [0, 1])
    return InputsSchema.infer(pd.DataFrame({"x": pd.Series(cells).astype(dtype)}))  # type: ignore[call-overload] # a type by name


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (pd.Series([1, 2]), "float64"),
        (pd.Series([True, False]), "float64"),
        (pd.Series([2**53, -(2**53)]), "float64"),
        (pd.Series([1, 0]), "bool"),
        (pd.Series([1.0, 0.0]), "bool"),
        (pd.Series([1, None], dtype="Int64"), "float64"),
        (pd.Series([None, None], dtype="str"), "float64"),
        (pd.Series([1, 2]), "float32"),
        (pd.Series([1.0, -2.0]), "int64"),
        (pd.Series([1, 2], dtype="int8"), "int64"),
        (pd.Series([2**31 - 1, -(2**31)]), "int32"),
        (pd.Series([255.0, 0.0]), "uint8"),
        (pd.Series([np.nan, np.nan]), "str"),
        (pd.Series(["a", None], dtype="category"), "str"),
    ],
)
def test_types_are_cast_where_nothing_is_lost(cells: pd.Series[Any], dtype: str) -> None:
    checked = schema_of(dtype).check_types(pd.DataFrame({"x": cells}))["x"]
    assert checked.dtype == dtype
    assert checked.isna().tolist() == cells.isna().tolist()
    assert checked.dropna().tolist() == cells.dropna().tolist()


def test_doubles_become_single_precision_for_a_model_trained_on_it() -> None:
    checked = schema_of("float32").check_types(pd.DataFrame({"x": [0.1, np.nan]}))["x"]
    assert checked.dtype == "float32"
    assert checked.iloc[0] == np.float32(0.1)


@pytest.mark.parametrize(
    ("expected", "cells"),
    [
        ("int64", [1.5, 2.0]),
        ("int64", [1e300, 2.0]),
        ("int64", [2.0**63, 2.0]),
        ("int8", [300, 2]),
        ("int8", [300.0, 2.0]),
        ("uint8", [-1, 2]),
        ("uint64", [-1, 2]),
        ("int64", np.array([2**63 + 5, 2], dtype="uint64")),
        ("int64", ["1", "2"]),
        ("float64", ["1.5", "2"]),
        ("bool", [0, 2]),
        ("bool", [0.5, None]),
        ("int8", [300, None]),
        ("str", [1, 2]),
        ("str", [True, False]),
    ],
)
def test_no_cast_changes_a_number(expected: str, cells: list[Any]) -> None:
    with pytest.raises(DataError, match=f"column 'x' is of type .*, expected {expected[:3]}"):
        schema_of(expected).check(pd.DataFrame({"x": cells}))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_whole_numbers_that_doubles_cannot_hold_are_rounded_with_and_without_gaps(dtype: str) -> None:
    large = [2**53 + 1, 2**24 + 1, 2**60 + 2**36 + 1, -(2**53) - 1]
    whole = schema_of(dtype).check_types(pd.DataFrame({"x": large}))["x"]
    beside = schema_of(dtype).check_types(
        to_frame(
            [pa.RecordBatch.from_pydict({"x": pa.array([*large, None], pa.int64())})],
            None,
        )
    )["x"]
    assert whole.dtype == beside.dtype == dtype
    assert (
        whole.tolist() == beside.iloc[:-1].tolist() == [float(np.dtype(dtype).type(float(n))) for n in large]
    )


BOOLEANS = {
    "flag": pa.array([True, False, None, True]),
    "gone": pa.array([None] * 4, pa.bool_()),
    "self": pa.array([1, None, 0, 1], pa.int8()),
}


def test_booleans_may_be_missing_where_drift_is_to_be_seen() -> None:
    schema = InputsSchema.infer(pd.DataFrame({name: [True, False] for name in BOOLEANS}))
    table = to_frame([pa.RecordBatch.from_pydict(BOOLEANS)], None)
    inputs = schema.check_types(table)
    assert inputs["flag"].isna().tolist() == [False, False, True, False]
    assert inputs["gone"].isna().all()
    assert "1 row: 'flag' is empty, but training never was (id 2)" in told(schema, table)
    with pytest.raises(DataError, match="column 'flag' is of type float64, expected bool"):
        schema.check_types(table.assign(flag=[0.5, np.nan, 1, 0]))


def test_valid_rows_have_the_types_that_they_would_have_alone() -> None:
    table = training().astype({"flag": "float64", "whole": "float64"})
    table.loc["id-00", ["flag", "whole"]] = np.nan
    inputs = SCHEMA.check_types(table)
    assert {str(inputs[name].dtype) for name in ("flag", "whole")} == {"float64"}
    pd.testing.assert_frame_equal(SCHEMA.valid(inputs), SCHEMA.check(training().iloc[1:]))


def test_a_closed_set_is_told_by_the_type() -> None:
    came = training().assign(plan=["new", *training()["plan"].iloc[1:]])
    closed = SCHEMA.closed(SCHEMA.check_types(came))
    assert closed["plan"].cat.categories.tolist() == ["1", "yes", "new"]
    assert closed["flag"].dtype == "boolean"
    assert closed["whole"].dtype == "int64"
    assert closed["when"].dtype == training()["when"].dtype


def test_texts_of_a_schema_of_types_are_categories_if_they_are_few() -> None:
    schema = InputsSchema.from_types({"few": "string", "many": "string", "flag": "boolean"})
    rows = MAX_CATEGORIES + 1
    table = pd.DataFrame(
        {"few": ["a", "b", *["a"] * (rows - 2)], "many": list(map(str, range(rows))), "flag": True}
    ).assign(flag=[np.nan, *[1.0] * (rows - 1)])
    closed = schema.closed(schema.check_types(table))
    assert closed["few"].cat.categories.tolist() == ["a", "b"]
    assert closed["many"].dtype == "str"
    assert closed["flag"].dtype == "boolean"


@pytest.mark.parametrize("name", ["self", "inputs", "class", "a b", "0"])
def test_a_column_may_have_any_name(name: str) -> None:
    table = pd.DataFrame({name: [1.0, 2.0]})
    schema = InputsSchema.infer(table)
    pd.testing.assert_frame_equal(schema.check(table), table)
    pd.testing.assert_frame_equal(schema.valid(schema.check_types(table)), table)


def test_beyond_limits_tells_counts() -> None:
    inputs = SCHEMA.check(training().assign(whole=range(-2, ROWS - 2), real=[99.0, np.nan] * 6))
    assert SCHEMA.beyond_limits(inputs) == {"whole": 2, "real": 6}


def test_drift_may_see_what_the_model_may_not() -> None:
    drifted = training().assign(whole=[np.nan] * 3 + list(range(3, ROWS)), plan="new")
    inputs = SCHEMA.check_types(drifted)
    assert SCHEMA.valid_rows(inputs).sum() == 0
    some = SCHEMA.check_types(training().assign(whole=drifted["whole"]))
    assert SCHEMA.valid_rows(some).tolist() == [False] * 3 + [True] * 9
    with pytest.raises(DataError, match="column 'real' is of type str"):
        SCHEMA.check_types(training().assign(real=CANARY))


@pytest.mark.parametrize("seed", range(5))
def test_valid_rows_are_those_that_pass_alone(seed: int) -> None:
    chance = np.random.default_rng(seed)
    table = training().assign(
        plan=chance.choice(["yes", "1", "new"], size=ROWS),
        **{"class": chance.choice(["u", "w"], size=ROWS)},
        whole=pd.Series(chance.integers(0, 9, size=ROWS), index=training().index).where(
            chance.random(ROWS) > 0.3
        ),
    )
    inputs = SCHEMA.check_types(table)
    alone = []
    for place in range(ROWS):
        try:
            SCHEMA.check(table.iloc[[place]])
        except DataError:
            alone.append(False)
        else:
            alone.append(True)
    assert SCHEMA.valid_rows(inputs).tolist() == alone


def test_texts_of_many_values_are_free() -> None:
    many = pd.DataFrame({"x": [f"text {row}" for row in range(MAX_CATEGORIES + 1)]})
    few = many.head(MAX_CATEGORIES)
    new = pd.DataFrame({"x": ["another"]})
    assert len(InputsSchema.infer(many).check(new)) == 1
    with pytest.raises(DataError, match="a category that training did not have"):
        InputsSchema.infer(few).check(new)


def test_known_categories_become_the_type_of_a_column() -> None:
    inputs = SCHEMA.categorised(SCHEMA.check(training()))
    assert list(inputs["plan"].cat.categories) == ["1", "yes"]
    assert list(inputs["class"].cat.categories) == ["u", "v"]
    assert inputs["real"].dtype == "float64"


def test_mlflows_types_make_a_schema() -> None:
    types = {"whole": "long", "real": "double", "plan": "string", "flag": "boolean", "when": "datetime"}
    schema = InputsSchema.from_types(types)
    assert list(schema.check(training()).columns) == list(types)
    assert told(schema, training().assign(real=CANARY)) == "column 'real' is of type str, expected float64"


BY_HAND = """
schema_type: dataframe
columns:
  age:
    dtype: int64
    nullable: false
    checks:
      in_range: {min_value: 18, max_value: 120}
  email:
    dtype: str
    nullable: true
    checks:
      str_matches: '^[^@]+@[^@]+$'
  plan:
    dtype: str
    nullable: false
    checks:
      isin: [basic, premium]
  score:
    dtype: float64
    nullable: true
    checks:
      greater_than: 0
"""
CUSTOMERS = pd.DataFrame(
    {
        "age": [20, 30, 40],
        "email": ["a@b", "c@d", None],
        "plan": ["basic", "premium", "basic"],
        "score": [1.0, 2, None],
    },
    index=pd.Index([11, 12, 13], name="id"),
)


def test_a_schema_written_by_hand_is_obeyed() -> None:
    schema = InputsSchema.from_yaml(BY_HAND, "schema.yaml")
    pd.testing.assert_frame_equal(schema.check(CUSTOMERS), CUSTOMERS)
    assert schema.columns == ["age", "email", "plan", "score"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"age": [17, 130, 20]}, "2 rows break the rule in_range of column 'age' (ids 11, 12)"),
        ({"email": [CANARY, "a@b", None]}, "1 row breaks the rule str_matches of column 'email' (id 11)"),
        (
            {"plan": [CANARY, "basic", "basic"]},
            "1 row: 'plan' holds a category that training did not have (id 11)",
        ),
        ({"plan": [None, "basic", "basic"]}, "1 row: 'plan' is empty, but training never was (id 11)"),
        ({"score": [-1, 0, 1]}, "2 rows break the rule greater_than of column 'score' (ids 11, 12)"),
        (
            {"age": [17, 20, 20], "plan": ["basic", CANARY, "basic"]},
            (
                "1 row breaks the rule in_range of column 'age' (id 11); "
                "1 row: 'plan' holds a category that training did not have (id 12)"
            ),
        ),
    ],
)
def test_rules_written_by_hand_are_told_without_cells(changes: dict[str, Any], message: str) -> None:
    assert told(InputsSchema.from_yaml(BY_HAND, "schema.yaml"), CUSTOMERS.assign(**changes)) == message


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (BY_HAND + "unique: [plan, age]\n", "unique of columns ['plan', 'age']"),
        (BY_HAND + "unique: age\n", "unique of columns ['age']"),
        (
            BY_HAND.replace("dtype: str\n", "dtype: str\n    unique: true\n"),
            "unique of column 'email', unique of column 'plan'",
        ),
        (
            BY_HAND.replace("isin: [basic, premium]", "unique_values_eq: [basic, premium]"),
            "unique_values_eq of column 'plan'",
        ),
        (
            BY_HAND + "index: [{dtype: int64, nullable: false, unique: true, name: id, coerce: false}]\n",
            "index",
        ),
    ],
)
def test_rules_that_compare_rows_with_each_other_are_refused(text: str, rule: str) -> None:
    with pytest.raises(ConfigError, match=r"^schema\.yaml: tables are checked part by part") as caught:
        InputsSchema.from_yaml(text, "schema.yaml")
    assert f"leave out {rule}. Repeated ids" in str(caught.value)


def test_a_cast_that_a_schema_asks_for_and_fails_is_told_without_cells() -> None:
    schema = InputsSchema.from_yaml(BY_HAND + "coerce: true\n", "schema.yaml")
    assert "1 row breaks the rule coerce_dtype('int64') of column 'age' (id 11)" in told(
        schema, CUSTOMERS.assign(age=[CANARY, "20", "30"])
    )


@pytest.mark.parametrize(
    "text", ["columns: [", "columns: {x: {dtype: no such type}}", "", "a: 1", "- 1", "columns: {}"]
)
def test_what_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^schema\.yaml: "):
        InputsSchema.from_yaml(text, "schema.yaml")


@pytest.mark.parametrize("values", [[3, 7, None], [True, False, True], [1.5, 2.0, None]])
def test_categories_that_are_numbers_or_booleans_are_these_where_they_are_expected(values: list[Any]) -> None:
    plain = pd.DataFrame({"x": pd.Series(values)})
    found = InputsSchema.infer(plain).check(plain.astype("category"))
    pd.testing.assert_frame_equal(found, plain)


def test_a_table_of_arrows_types_has_the_schema_of_the_plain_one() -> None:
    plain = pd.DataFrame({"x": [0.5, None, 2.0], "n": [1, 2, 3], "flag": [True, False, True]})
    arrow = plain.convert_dtypes(dtype_backend="pyarrow").astype({"x": "double[pyarrow]"})
    schema = InputsSchema.infer(arrow)
    assert schema.to_yaml() == InputsSchema.infer(plain).to_yaml()
    pd.testing.assert_frame_equal(schema.check(arrow), plain)
