"""The outputs of a model: one prediction a row, and a probability for each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.schemas.base import Schema

if TYPE_CHECKING:
    import pandera.pandas as pa

PREDICTION = "prediction"
PROBABILITY = "probability_"
"""Before the name of a class: the column of that class's probability."""


class OutputsSchema(Schema):
    """``prediction``, a class or a number, and ``probability_<class>`` in 0..1 for classifiers."""

    @classmethod
    def schema(cls) -> pa.DataFrameSchema:
        import pandera.pandas as pa

        probability = pa.Column(float, pa.Check.in_range(0, 1), regex=True, required=False)
        columns = {PREDICTION: pa.Column(nullable=False), f"^{PROBABILITY}.*$": probability}
        return pa.DataFrameSchema(columns, strict=True)
