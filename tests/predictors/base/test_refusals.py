"""A library's refusal is a ModelError that quotes nothing; any other error is a bug, and stays one."""

from __future__ import annotations

import pytest

from mxt.errors import ModelError
from mxt.predictors.base.refusals import refusals


def test_a_refusal_names_the_model_and_the_error_and_quotes_no_cell() -> None:
    with pytest.raises(ModelError) as refusal, refusals("GammaRegressor", ValueError):
        float("secret")
    assert "secret" in str(refusal.value.__cause__)
    assert str(refusal.value) == (
        "The GammaRegressor refuses the inputs (ValueError); check their columns and types."
    )


def test_an_error_of_another_class_passes() -> None:
    with pytest.raises(ZeroDivisionError), refusals("GammaRegressor", ValueError):
        raise ZeroDivisionError
