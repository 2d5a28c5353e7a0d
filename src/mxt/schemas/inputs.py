"""The inputs of a model: inferred at training, kept with the version, checked by every later job."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mxt.errors import ConfigError, DataError
from mxt.schemas.base import checked, rule_broken

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

MAX_CATEGORIES = 100
"""Text columns with more distinct values than this are free text: any value may come."""


@dataclass(frozen=True)
class InputsSchema:
    """A pandera schema of a model's inputs.

    Types, missing values and categories are hard rules; the ranges seen at training are soft limits
    (pandera's ``raise_warning``): `check` lets them pass and `beyond_limits` tells of them.
    """

    schema: pa.DataFrameSchema

    @property
    def columns(self) -> list[str]:
        """Names of the inputs, in the model's order."""
        return list(self.schema.columns)

    @classmethod
    def infer(cls, inputs: pd.DataFrame) -> InputsSchema:
        """The schema that the training inputs obey."""
        import pandera.pandas as pa

        return cls(pa.DataFrameSchema({str(name): _inferred(inputs[name]) for name in inputs.columns}))

    @classmethod
    def from_types(cls, types: dict[str, str]) -> InputsSchema:
        """The schema that MLflow's type names tell, for a model that was logged without one."""
        import pandera.pandas as pa

        known = {
            "double": "float64",
            "float": "float64",
            "long": "int64",
            "integer": "int64",
            "string": "str",
            "boolean": "bool",
        }
        return cls(
            pa.DataFrameSchema(
                {name: pa.Column(known.get(kind), nullable=True) for name, kind in types.items()}
            )
        )

    @classmethod
    def from_yaml(cls, text: str, source: str) -> InputsSchema:
        """Read a schema in pandera's YAML form.

        Raises:
            ConfigError: The text is not one, or names no columns.
        """
        from pandera.io.pandas_io import from_yaml

        try:
            schema = from_yaml(text)
        except Exception as error:
            msg = f"{source}: not a pandera schema in YAML ({type(error).__name__})."
            raise ConfigError(msg) from error
        if not schema.columns:
            msg = f"{source}: the schema names no columns; they stand under `columns`."
            raise ConfigError(msg)
        return cls(schema)

    def to_yaml(self) -> str:
        """The schema in pandera's YAML form."""
        return str(self.schema.to_yaml())

    def categorised(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """The inputs with each known set of categories as the column's type, for recipes that learn them."""
        import pandas as pd

        known = {
            name: pd.CategoricalDtype(check.statistics["allowed_values"])
            for name in self.columns
            for check in self._checks(name, soft=False)
            if check.name == "isin"
        }
        return inputs.astype(known)

    def check(self, table: pd.DataFrame, source: str = "inputs") -> pd.DataFrame:
        """The inputs among the columns of `table`, in the schema's order.

        Numbers are cast where nothing is lost: integers to doubles, whole doubles to integers.

        Raises:
            DataError: A column is missing, has another type, or breaks a hard rule in some rows.
        """
        return checked(self._hard, self.check_types(table, source), source)

    def check_types(self, table: pd.DataFrame, source: str = "inputs") -> pd.DataFrame:
        """As `check`, but missing values and categories may be new: what a drift job is there to see."""
        import pandas as pd

        present = [name for name in self.columns if name in table.columns]
        inputs = table[present].assign(
            **{name: _cast(table[name], self.schema.columns[name]) for name in present}
        )
        doubles = {
            name: {"dtype": "float64"}
            for name in present
            if _is_integer(self.schema.columns[name]) and _misses_whole_numbers(inputs[name])
        }
        types = self._types.update_columns(doubles) if doubles else self._types
        inputs = checked(types, inputs, source)
        for name in (name for name in inputs.columns if pd.api.types.is_float_dtype(inputs[name])):
            infinite = inputs[name].abs() == float("inf")
            if infinite.any():
                broken = rule_broken(str(name), "finite", list(inputs.index[infinite]), int(infinite.sum()))
                msg = f"{source}: {broken}."
                raise DataError(msg)
        return pd.DataFrame(inputs)

    @cached_property
    def _types(self) -> pa.DataFrameSchema:
        """The types alone; kept, since changing a schema copies it whole, longer than most checks take."""
        return self.schema.update_columns({name: {"checks": [], "nullable": True} for name in self.columns})

    @cached_property
    def _hard(self) -> pa.DataFrameSchema:
        """The hard rules, but for the types."""
        rules = {name: {"dtype": None, "checks": self._checks(name, soft=False)} for name in self.columns}
        return self.schema.update_columns(rules)

    def valid_rows(self, inputs: pd.DataFrame) -> pd.Series[bool]:
        """Whether each row of inputs of the right types obeys the hard rules too."""
        import pandas as pd

        valid = pd.Series(True, index=inputs.index)  # noqa: FBT003 - the filling value
        for name, column in self.schema.columns.items():
            if not column.nullable:
                valid &= inputs[name].notna()
            for check in self._checks(name, soft=False):
                valid &= (
                    pd.Series(check(inputs[name]).check_output, index=inputs.index)
                    .fillna(value=True)
                    .astype(bool)
                )
        return valid

    def beyond_limits(self, inputs: pd.DataFrame) -> dict[str, int]:
        """How many rows exceed a soft limit, for each column of which some do."""
        told = {}
        for name in self.columns:
            for check in self._checks(name, soft=True):
                beyond = int((~check(inputs[name].dropna()).check_output).sum())
                if beyond:
                    told[name] = beyond
        return told

    def _checks(self, name: str, *, soft: bool) -> list[Any]:
        return [check for check in self.schema.columns[name].checks if bool(check.raise_warning) is soft]


def _inferred(column: pd.Series[Any]) -> pa.Column:
    import pandas as pd
    import pandera.pandas as pa

    nullable = bool(column.isna().any())
    if pd.api.types.is_bool_dtype(column):
        return pa.Column("bool", nullable=nullable)
    if pd.api.types.is_numeric_dtype(column):
        return pa.Column(str(column.dtype), _range(column), nullable=nullable)
    if pd.api.types.is_datetime64_any_dtype(column):
        return pa.Column(str(column.dtype), nullable=nullable)
    known = sorted(column.dropna().astype(str).unique())
    checks = [pa.Check.isin(known)] if len(known) <= MAX_CATEGORIES else []
    return pa.Column("str", checks, nullable=nullable)


def _range(column: pd.Series[Any]) -> list[pa.Check]:
    import pandera.pandas as pa

    seen = column.dropna()
    return [pa.Check.in_range(seen.min().item(), seen.max().item(), raise_warning=True)] if len(seen) else []


def _is_integer(expected: pa.Column) -> bool:
    import pandas as pd

    return expected.dtype is not None and pd.api.types.is_integer_dtype(expected.dtype.type)


def _misses_whole_numbers(column: pd.Series[Any]) -> bool:
    """Whether a column is doubles only because some of its whole numbers are missing."""
    import pandas as pd

    known = column.dropna()
    return pd.api.types.is_float_dtype(column) and len(known) < len(column) and bool((known % 1 == 0).all())


def _cast(column: pd.Series[Any], expected: pa.Column) -> pd.Series[Any]:
    """The column in its expected type where nothing is lost, and unchanged where something would be.

    Doubles may become single precision, which a model trained on those expects.
    """
    import pandas as pd

    if expected.dtype is None:
        return column
    types, dtype = pd.api.types, expected.dtype.type
    if column.isna().all():
        return column.astype("float64" if types.is_numeric_dtype(dtype) else dtype)
    if types.is_string_dtype(dtype):
        textual = types.is_string_dtype(column) or isinstance(column.dtype, pd.CategoricalDtype)
        return column.astype(dtype) if textual else column
    if not (types.is_numeric_dtype(column) and types.is_numeric_dtype(dtype)) or types.is_bool_dtype(dtype):
        return column
    if types.is_float_dtype(dtype) and types.is_float_dtype(column):
        return column.astype(dtype)
    return _cast_whole(column, dtype)


def _cast_whole(column: pd.Series[Any], dtype: Any) -> pd.Series[Any]:  # noqa: ANN401 - a numpy type
    """The column as `dtype`, if it comes back unchanged; as doubles, if it misses values."""
    import numpy as np
    import pandas as pd

    if column.isna().any():
        return column if pd.api.types.is_float_dtype(column) else column.astype("float64")
    with np.errstate(invalid="ignore"):
        cast = column.astype(dtype)
        return cast if (cast.astype(column.dtype) == column).all() else column
