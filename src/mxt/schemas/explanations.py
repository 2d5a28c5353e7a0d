"""The two tables of explanations: of samples, and of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.schemas.base import Schema

if TYPE_CHECKING:
    import pandera.pandas as pa


class SHAPValuesSchema(Schema):
    """One row for each explained row and class, one column for each source column of the model.

    Sampled values are followed by a column of standard errors each, a surrogate's by `fidelity` (1 at
    most) and `stability` (between 0 and 1).
    """

    FACTS = ("class", "prediction", "probability", "base_value", "unit", "residual")
    """The columns beside the contributions."""

    STANDARD_ERROR = "standard_error_"
    """What the name of a column of standard errors starts with; its source column's name follows."""

    @classmethod
    def schema(cls) -> pa.DataFrameSchema:
        import pandera.pandas as pa

        facts = {
            "class": pa.Column(str, nullable=True),
            "prediction": pa.Column(float),
            "probability": pa.Column(float, pa.Check.in_range(0, 1), nullable=True),
            "base_value": pa.Column(float),
            "unit": pa.Column(
                str, pa.Check.isin(["log-odds", "margin", "probability", "target", "path length"])
            ),
            "residual": pa.Column(float),
        }
        contributions = f"^(?!(?:{'|'.join(cls.FACTS)})$).*$"
        return pa.DataFrameSchema({**facts, contributions: pa.Column(float, regex=True)})


class FeatureImportancesSchema(Schema):
    """One row for each method and source column: how much the column matters to the model."""

    @classmethod
    def schema(cls) -> pa.DataFrameSchema:
        import pandera.pandas as pa

        columns = {
            "feature": pa.Column(str),
            "importance": pa.Column(float, pa.Check.ge(0)),
            "share": pa.Column(float, pa.Check.in_range(0, 1 + 1e-9)),
            "rank": pa.Column(int, pa.Check.ge(1)),
            "method": pa.Column(str),
            "unit": pa.Column(str),
            "class": pa.Column(str, nullable=True),
            "direction": pa.Column(str, pa.Check.isin(["raises", "lowers", "varies", "unknown"])),
        }
        return pa.DataFrameSchema(columns, unique=["method", "class", "feature"], strict=True)
