"""Captions of columns and values: read from a schema's YAML, kept with it, and used in the place of names."""

from __future__ import annotations

import pandas as pd
import pytest

from mxt.errors import ConfigError
from mxt.schemas import InputsSchema
from mxt.schemas.captions import NO_CAPTIONS, Captions, only_captions

TEXT = """
columns:
  MonthlyCharges: {caption: Monthly charges, unit: "€"}
  SeniorCitizen: {values: {0: "no", 1: "yes"}}
captions:
  Churn: {caption: Customer, values: {Yes: leaves, No: stays}}
  tenure: Months with us
"""


def captions(text: str = TEXT) -> Captions:
    return Captions.from_yaml(text, "here")


def test_a_column_is_called_by_its_caption_and_unit_and_else_by_its_name() -> None:
    names = ["MonthlyCharges", "SeniorCitizen", "Churn", "tenure", "gender"]
    assert [captions().column(name) for name in names] == [
        "Monthly charges (€)",
        "SeniorCitizen",
        "Customer",
        "Months with us",
        "gender",
    ]
    assert NO_CAPTIONS.column("gender") == "gender"


@pytest.mark.parametrize("cell", [0, 0.0, False, "0", "0.0", "false"])
def test_a_number_has_its_caption_however_it_is_written(cell: object) -> None:
    assert captions().value("SeniorCitizen", cell) == "no"


def test_texts_of_yaml_keep_their_spelling() -> None:
    assert captions().value("Churn", "Yes") == "leaves"
    assert captions().value("Churn", "True") == "True"  # YAML 1.1 would take Yes for a boolean
    assert captions().value("gender", "Male") == "Male"
    digits = captions("captions: {plan: {values: {'01': first, 1: second, 1e3: many}}}")
    assert [digits.value("plan", cell) for cell in ("01", "1", 1, 1000)] == [
        "first",
        "second",
        "second",
        "many",
    ]


def test_two_columns_of_one_caption_are_told_apart() -> None:
    both = captions("captions: {a: {caption: Charges, unit: €}, b: Charges}")
    assert [both.column(name) for name in "ab"] == ["Charges [a] (€)", "Charges [b]"]


def test_captions_stay_with_the_schema() -> None:
    inferred = InputsSchema.infer(pd.DataFrame({"MonthlyCharges": [1.5], "SeniorCitizen": [0]}))
    schema = InputsSchema(inferred.schema, captions=captions())
    again = InputsSchema.from_yaml(schema.to_yaml(), "again")
    assert again.captions == captions()
    assert again.to_yaml() == schema.to_yaml()
    assert again.schema == schema.schema
    assert schema.to_yaml().startswith(inferred.to_yaml())
    assert inferred.to_yaml() == str(inferred.schema.to_yaml())


@pytest.mark.parametrize(
    ("text", "only"),
    [
        (TEXT, True),
        ("captions: {a: A}", True),
        ("columns: {a: {unit: m}}", True),
        ("columns: {a: {dtype: int64, caption: A}}", False),
        ("columns: {a: {caption: A}, b: {dtype: str}}", False),
        ("columns: {a: {}}\ncaptions: {a: A}", False),
        ("columns: {a: {caption: A}}\nstrict: true", False),
        ("columns: {}", False),
        ("columns: 3", False),
        ("- a", False),
        ("no: [yaml", False),
    ],
)
def test_a_file_without_rules_holds_captions_only(text: str, only: bool) -> None:  # noqa: FBT001 - a case
    assert only_captions(text) is only


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("captions: {a: {captoin: A}}", "here: a: a caption has no captoin; it has caption, unit, values"),
        ("captions: {a: {caption: [A]}}", "here: a: the caption of caption must be a text"),
        ("captions: {a: {values: [A]}}", "here: a: values: expected a mapping"),
        ("captions: {a: {values: {1: {b: c}}}}", "here: a: the caption of 1 must be a text"),
        ("captions: [a]", "here: captions: expected a mapping"),
        ("columns: {a: {caption: {b: c}}}", "here: a: the caption of caption must be a text"),
    ],
)
def test_other_forms_are_refused(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        captions(text)


def test_captions_of_a_column_that_is_not_there_are_refused_with_the_nearest_name() -> None:
    captions().require_known(["MonthlyCharges", "SeniorCitizen", "Churn", "tenure"], "here")
    with pytest.raises(
        ConfigError, match=r"'MonthlyCharges', which is no column.*did you mean 'MonthlyCharge'"
    ):
        captions().require_known(["MonthlyCharge", "SeniorCitizen", "Churn", "tenure"], "here")
    with pytest.raises(ConfigError, match="the caption of 'a', 'b', is the name of another column"):
        captions("captions: {a: b}").require_known(["a", "b"], "here")


def test_tables_get_captions_in_the_place_of_names() -> None:
    names, cells = (
        pd.Series(["SeniorCitizen", "gender", "Churn"]),
        pd.Series(["0", "Male", None], dtype="str"),
    )
    assert captions().values_of(names, cells).fillna("missing").tolist() == ["no", "Male", "missing"]
    index = pd.MultiIndex.from_tuples([("SeniorCitizen", "1"), ("tenure", "1 to below 5")], names=["a", "b"])
    assert captions().cells_of(index).tolist() == [
        ("SeniorCitizen", "yes"),
        ("Months with us", "1 to below 5"),
    ]
