"""The tables of explanations: of samples, of the model, and of its curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.schemas.base import Schema

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa


class SHAPValuesSchema(Schema):
    """One row for each explained row and class, one column for each source column of the model.

    Sampled values are followed by `degrees_of_freedom` and a column of standard errors each (NaN where they
    are unknown), a surrogate's by `fidelity` (1 at most) and `stability` (between 0 and 1).
    """

    FACTS = ("class", "prediction", "probability", "base_value", "unit", "residual")
    """The columns beside the contributions."""

    STANDARD_ERROR = "standard_error_"
    """What the name of a column of standard errors starts with; its source column's name follows."""

    FREEDOM = "degrees_of_freedom"
    """Column of the degrees of freedom of the standard errors. The 95 % interval of a contribution reaches
    Student's 97.5 % quantile times its standard error to both sides."""

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
        contributions = f"^(?!(?:{'|'.join(cls.FACTS)})$|{cls.STANDARD_ERROR}).*$"
        errors = f"^{cls.STANDARD_ERROR}.*$"
        return pa.DataFrameSchema(
            {
                **facts,
                contributions: pa.Column(float, regex=True, required=False),
                errors: pa.Column(float, nullable=True, regex=True, required=False),
            }
        )


class FeatureImportancesSchema(Schema):
    """One row for each method, class and source column: how much the column matters to the model."""

    @classmethod
    def schema(cls) -> pa.DataFrameSchema:
        import numpy as np
        import pandera.pandas as pa

        columns = {
            "feature": pa.Column(str),
            "method": pa.Column(str),
            "class": pa.Column(str, nullable=True),
            "importance": pa.Column(float, pa.Check(np.isfinite, name="finite")),
            "ci_low": pa.Column(float, nullable=True),
            "ci_high": pa.Column(float, nullable=True),
            "share": pa.Column(float, pa.Check.in_range(0, 1 + 1e-9)),
            "rank": pa.Column(int, pa.Check.ge(1)),
            "direction": pa.Column(str, pa.Check.isin(["raises", "lowers", "varies", "unknown"])),
            "unit": pa.Column(str),
            "n": pa.Column("Int64", pa.Check.ge(1), nullable=True),
            "fidelity": pa.Column(float, pa.Check.le(1), nullable=True),
        }
        rules = [
            pa.Check(_not_negative, name="at_least_zero_unless_permuted"),
            pa.Check(lambda table: _within(table, "importance"), name="importance_within_its_interval"),
        ]
        return pa.DataFrameSchema(columns, rules, unique=["method", "class", "feature"], strict=True)


class EffectsSchema(Schema):
    """One row for each method, class, source column and value: the effect that the value has.

    `value` is the value as text, missing for the missing value, and `number` the same as a number. `place`
    is its place in the curve. `n` is the number of rows that the effect was estimated from.
    """

    @classmethod
    def schema(cls) -> pa.DataFrameSchema:
        import numpy as np
        import pandera.pandas as pa

        columns = {
            "feature": pa.Column(str),
            "method": pa.Column(str),
            "class": pa.Column(str, nullable=True),
            "place": pa.Column(int, pa.Check.ge(1)),
            "value": pa.Column(str, nullable=True),
            "number": pa.Column(float, nullable=True),
            "effect": pa.Column(float, pa.Check(np.isfinite, name="finite")),
            "ci_low": pa.Column(float, nullable=True),
            "ci_high": pa.Column(float, nullable=True),
            "unit": pa.Column(str),
            "n": pa.Column("Int64", pa.Check.ge(0)),
        }
        rules = [pa.Check(lambda table: _within(table, "effect"), name="effect_within_its_interval")]
        unique = ["method", "class", "feature", "place"]
        return pa.DataFrameSchema(columns, rules, unique=unique, strict=True)


def _not_negative(table: pd.DataFrame) -> pd.Series[bool]:
    """A shuffled column may happen to predict better; every other importance is a size."""
    return (table["importance"] >= 0) | table["method"].str.startswith("permutation")


def _within(table: pd.DataFrame, estimate: str) -> pd.Series[bool]:
    """Whether each estimate lies in its interval, if it has one."""
    inside = (table["ci_low"] <= table[estimate]) & (table[estimate] <= table["ci_high"])
    return inside | table["ci_low"].isna() | table["ci_high"].isna()
