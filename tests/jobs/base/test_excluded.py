"""Names to exclude that a table does not have are a warning, unless it has none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loguru import logger

from mxt.errors import ConfigError
from mxt.jobs.base.excluded import refuse_absent

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ["tenure", "Contract", "Churn", "id"]


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """The warnings of a test."""
    messages: list[str] = []
    handler = logger.add(messages.append, level="WARNING")
    yield messages
    logger.remove(handler)


def test_an_absent_name_is_a_warning_with_its_near_miss(warnings: list[str]) -> None:
    refuse_absent(["contract", "variant", "tenure"], NAMES, "churn.csv")
    assert "churn.csv has no column 'contract' (did you mean 'Contract'?), 'variant'; nothing" in warnings[0]


@pytest.mark.parametrize("exclude", [[], ["tenure"], ["id"], ["Churn", "id", "Contract"]])
def test_columns_the_target_and_the_ids_are_there(exclude: list[str], warnings: list[str]) -> None:
    refuse_absent(exclude, NAMES, "churn.csv")
    assert warnings == []


@pytest.mark.parametrize("exclude", [["tenuer"], ["variant", "tenuer"]])
def test_names_none_of_which_is_there_are_refused(exclude: list[str]) -> None:
    with pytest.raises(
        ConfigError, match=r"no column .*'tenuer' \(did you mean 'tenure'\?\); it has \['tenure'"
    ):
        refuse_absent(exclude, NAMES, "churn.csv")
