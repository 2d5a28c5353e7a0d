"""The rules of a schema of inputs: each must say of one row, without the others, whether it is valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import ConfigError

if TYPE_CHECKING:
    import pandera.pandas as pa


def refuse_rules_between_rows(schema: pa.DataFrameSchema, source: str) -> None:
    """Raise a ConfigError if a rule compares rows, since a table is checked part by part."""
    rules = [
        *([f"unique of columns {schema.unique}"] if schema.unique else []),
        *(["index"] if schema.index is not None else []),
        *(f"unique of column {name!r}" for name, column in schema.columns.items() if column.unique),
        *(
            f"unique_values_eq of column {name!r}"
            for name, column in schema.columns.items()
            if any(check.name == "unique_values_eq" for check in column.checks)
        ),
    ]
    if rules:
        msg = (
            f"{source}: tables are checked part by part, so no rule can compare rows with each other; leave "
            f"out {', '.join(rules)}. Repeated ids are refused without a rule."
        )
        raise ConfigError(msg)
