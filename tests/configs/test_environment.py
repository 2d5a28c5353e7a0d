"""Variables as a layer of a config: what they name, in which order, and how deep."""

from __future__ import annotations

import pytest

from mxt.configs import read_environment
from mxt.errors import ConfigError


def test_variables_name_fields_in_any_case_and_are_read_as_yaml() -> None:
    variables = {"MXT_JOB__INPUTS__LIMIT": "5", "mxt_job__inputs__kind": "CsvReader", "MXT_JOBS__X": "1"}
    assert read_environment(variables) == {"job": {"inputs": {"limit": 5, "KIND": "CsvReader"}}}
    assert read_environment({"HOME": "/root", "MXT_ROOT": "/"}) == {}


def test_a_field_is_over_its_block_whatever_the_order_of_the_variables() -> None:
    block, field = ("MXT_JOB__INPUTS", "{limit: 1, path: a}"), ("MXT_JOB__INPUTS__LIMIT", "2")
    for variables in ([block, field], [field, block]):
        assert read_environment(dict(variables)) == {"job": {"inputs": {"limit": 2, "path": "a"}}}


def test_a_field_stays_whose_block_gets_another_kind_at_the_same_level() -> None:
    variables = {
        "MXT_JOB__INPUTS": "{KIND: CsvReader, path: a}",
        "MXT_JOB__INPUTS__BATCH": "5",
        "MXT_JOB__INPUTS__KIND": "SqlReader",
    }
    assert read_environment(variables) == {"job": {"inputs": {"KIND": "SqlReader", "batch": 5}}}


@pytest.mark.parametrize("levels", [32, 400, 30_000])
def test_a_variable_names_no_deeper_field_than_a_file(levels: int) -> None:
    name = "MXT_JOB" + "__A" * levels
    with pytest.raises(ConfigError, match=r"^environment: MXT_JOB__A__A.*nested more than 32 levels deep$"):
        read_environment({name: "1"})


def test_the_name_of_a_variable_has_no_invisible_character() -> None:
    with pytest.raises(ConfigError, match=r"holds a control or invisible character$"):
        read_environment({"MXT_JOB__LIM\u200bIT": "1"})
