"""The inputs of a model: inferred at training, kept with the version, checked by every later job."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mxt.errors import ConfigError, DataError
from mxt.schemas.base import broken, checked
from mxt.schemas.beside import with_rules
from mxt.schemas.captions import NO_CAPTIONS, Captions
from mxt.schemas.casts import cast, is_boolean, misses_values, plain, plain_dtype, texts_and_others
from mxt.schemas.rules import WORDS, faults_of, hard_checks, refuse_rules_between_rows

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

MAX_CATEGORIES = 100
"""A text column with more distinct values than this is free text: any value may come."""


@dataclass(frozen=True)
class InputsSchema:
    """A pandera schema of a model's inputs.

    Types, missing values and categories are hard rules. The ranges seen at training are soft limits
    (pandera's ``raise_warning``): rows beyond them pass `check`, and are counted by `beyond_limits`.
    """

    schema: pa.DataFrameSchema
    declares_categories: bool = True
    """Whether the schema declares which texts may come; a schema of types alone does not."""
    of_training: bool = True
    """Whether the schema states what a training had; if not, it states what a config allows."""
    captions: Captions = NO_CAPTIONS
    """How people call the columns and their values."""

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
        """The schema of a model that was logged without one, by MLflow's names of its types."""
        import pandera.pandas as pa

        known = {
            "double": "float64",
            "float": "float64",
            "long": "int64",
            "integer": "int64",
            "string": "str",
            "boolean": "bool",
        }
        columns = {name: pa.Column(known.get(kind), nullable=True) for name, kind in types.items()}
        return cls(pa.DataFrameSchema(columns), declares_categories=False)

    @classmethod
    def from_yaml(cls, text: str, source: str) -> InputsSchema:
        """Read a schema in pandera's YAML form.

        Raises:
            ConfigError: The text is no such schema, names no columns, or has rules that compare rows, which a
                part of a table cannot be checked by.
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
        refuse_rules_between_rows(schema, source)
        return cls(schema, captions=Captions.from_yaml(text, source))

    def to_yaml(self) -> str:
        """The schema in pandera's YAML form, with its captions."""
        return str(self.schema.to_yaml()) + self.captions.to_yaml()

    def categorised(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """The inputs with each known set of categories as the column's type, for recipes that learn them."""
        import pandas as pd

        return inputs.astype({name: pd.CategoricalDtype(known) for name, known in self.categories.items()})

    def closed(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """Inputs of `check_types`; the type of a column says so if only certain values may come in it.

        Booleans become pandas' nullable booleans. Texts become categories: the values that the schema allows,
        and the others among the inputs. If the schema declares no categories, columns of few distinct texts
        have these as categories, as at training.
        """
        import pandas as pd

        types: dict[str, str | pd.CategoricalDtype] = {
            name: "boolean" for name, column in self.schema.columns.items() if is_boolean(column)
        }
        source = self if self.declares_categories else InputsSchema.infer(inputs)
        for name, known in source.categories.items():
            if not pd.api.types.is_numeric_dtype(inputs[name]):
                came = inputs[name].dropna().unique()
                types[name] = pd.CategoricalDtype(list(dict.fromkeys([*known, *came])))
        return inputs.astype(types)

    @property
    def categories(self) -> dict[str, list[str]]:
        """The values allowed in each column whose rules list them."""
        return {
            name: check.statistics["allowed_values"]
            for name, column in self.schema.columns.items()
            for check in hard_checks(column)
            if check.name == "isin"
        }

    @property
    def open_columns(self) -> list[str]:
        """The columns of texts in which any text may come; none if the schema declares no categories."""
        if not self.declares_categories:
            return []
        texts, _ = texts_and_others(self.schema)
        return [name for name in self.columns if name in texts and name not in self.categories]

    def check(self, table: pd.DataFrame, source: str = "inputs") -> pd.DataFrame:
        """The inputs among the columns of `table`, in the schema's order.

        A column is cast to the expected type if this type can hold all of its values.

        Raises:
            DataError: A column is missing, has another type, or breaks a hard rule in some rows.
        """
        try:
            inputs = self.check_types(table, source)
        except DataError as error:
            raise with_rules(error, self, table, source) from error
        return checked(self._hard, inputs, source, WORDS if self.of_training else None)

    def check_types(self, table: pd.DataFrame, source: str = "inputs") -> pd.DataFrame:
        """As `check`, but missing values and new categories may come: a drift job is there to see them."""
        import pandas as pd

        inputs = self.typed(table, source)
        for name in (name for name in inputs.columns if pd.api.types.is_float_dtype(inputs[name])):
            infinite = inputs[name].abs() == float("inf")
            if infinite.any():
                ids = list(inputs.index[infinite])
                msg = f"{source}: {broken(str(name), 'finite', ids, len(ids))}."
                raise DataError(msg)
        return inputs

    def typed(self, table: pd.DataFrame, source: str = "inputs") -> pd.DataFrame:
        """As `check_types`, but infinite numbers may come too."""
        import pandas as pd

        inputs = self.cast(table[[name for name in self.columns if name in table.columns]])
        doubles = {
            name: {"dtype": "float64"}
            for name in inputs.columns
            if misses_values(inputs[name], self.schema.columns[name])
        }
        types = self._types.update_columns(doubles) if doubles else self._types
        return pd.DataFrame(checked(types, inputs, source))

    def cast(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """The inputs, each in its expected type where that holds its values."""
        inputs = inputs.copy(deep=False)
        for name, column in inputs.items():
            new = cast(column, self.schema.columns[name])
            if new is not column:
                inputs[name] = new
        return inputs

    @cached_property
    def _types(self) -> pa.DataFrameSchema:
        """The schema of types alone; kept, since changing a schema takes longer than most checks."""
        return self.schema.update_columns({name: {"checks": [], "nullable": True} for name in self.columns})

    @cached_property
    def _hard(self) -> pa.DataFrameSchema:
        """The schema of the hard rules without the types."""
        rules = {
            name: {"dtype": None, "checks": hard_checks(column)}
            for name, column in self.schema.columns.items()
        }
        return self.schema.update_columns(rules)

    def valid_rows(self, inputs: pd.DataFrame) -> pd.Series[bool]:
        """Whether each row obeys the hard rules, of inputs that have the right types."""
        import numpy as np
        import pandas as pd

        valid = np.ones(len(inputs), dtype=bool)
        for fault in faults_of(self.schema, inputs):
            valid &= ~fault.rows
        return pd.Series(valid, index=inputs.index, dtype=bool)

    def valid(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """The `valid_rows`, in the types that they have without the other rows beside them."""
        return self.cast(inputs[self.valid_rows(inputs)])

    def beyond_limits(self, inputs: pd.DataFrame) -> dict[str, int]:
        """How many rows are beyond the soft limits of each column; columns without such rows are left out."""
        rows: dict[str, int] = {}
        for name in self.columns:
            for check in filter(_is_soft, self.schema.columns[name].checks):
                known = inputs[name].dropna()
                beyond = int((~check(known).check_output).sum()) if len(known) else 0
                if beyond:
                    rows[name] = beyond
        return rows


def _is_soft(check: pa.Check) -> bool:
    return bool(check.raise_warning)


def _inferred(column: pd.Series) -> pa.Column:
    import pandas as pd
    import pandera.pandas as pa

    nullable = bool(column.isna().any())
    if pd.api.types.is_bool_dtype(column):
        return pa.Column("bool", nullable=nullable)
    if pd.api.types.is_numeric_dtype(column):
        own = plain_dtype(column.dtype) if isinstance(column.dtype, pd.ArrowDtype) else column.dtype
        return pa.Column(str(own), _range(column), nullable=nullable)
    if pd.api.types.is_datetime64_any_dtype(column):
        return pa.Column(str(column.dtype), nullable=nullable)
    known = sorted(column.dropna().astype(str).unique())
    checks = [pa.Check.isin(known)] if len(known) <= MAX_CATEGORIES else []
    return pa.Column("str", checks, nullable=nullable)


def _range(column: pd.Series) -> list[pa.Check]:
    import pandera.pandas as pa

    seen = plain(column).dropna()
    return [pa.Check.in_range(seen.min().item(), seen.max().item(), raise_warning=True)] if len(seen) else []
