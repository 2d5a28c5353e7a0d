"""Names to exclude that a table does not have are a warning, unless it has none of them."""

from __future__ import annotations

import pytest

from mxt.errors import ConfigError
from mxt.jobs.base.excluded import refuse_absent

NAMES = ["tenure", "Contract", "Churn", "id"]


def test_an_absent_name_is_a_warning_with_its_near_miss(warned: list[str]) -> None:
    refuse_absent(["contract", "variant", "tenure"], NAMES, "churn.csv")
    assert "churn.csv has no column 'contract' (did you mean 'Contract'?), 'variant'; nothing" in warned[0]


@pytest.mark.parametrize("exclude", [[], ["tenure"], ["id"], ["Churn", "id", "Contract"]])
def test_columns_the_target_and_the_ids_are_there(exclude: list[str], warned: list[str]) -> None:
    refuse_absent(exclude, NAMES, "churn.csv")
    assert warned == []


@pytest.mark.parametrize("exclude", [["tenuer"], ["variant", "tenuer"]])
def test_names_none_of_which_is_there_are_refused(exclude: list[str]) -> None:
    with pytest.raises(
        ConfigError, match=r"no column .*'tenuer' \(did you mean 'tenure'\?\); it has \['tenure'"
    ):
        refuse_absent(exclude, NAMES, "churn.csv")
