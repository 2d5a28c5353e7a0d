"""Steps that only stretch and shift."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, QuantileTransformer, StandardScaler

from mxt.predictors.sklearn.composition.parts import is_affine


@pytest.mark.parametrize(
    ("step", "affine"),
    [
        (None, True),
        ("passthrough", True),
        (StandardScaler(), True),
        (MinMaxScaler(), True),
        (MinMaxScaler(clip=True), False),
        (PowerTransformer(), False),
        (QuantileTransformer(), False),
    ],
    ids=str,
)
def test_a_scaler_is_affine_unless_it_clips(step: Any, affine: bool) -> None:  # noqa: FBT001 - the expected answer
    assert is_affine(step) == affine
