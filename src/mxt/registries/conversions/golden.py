"""Golden rows: inputs for which a model must predict the same bits before and after it is converted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.datasets.endings import reader_of_file
from mxt.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pandera.pandas as pa

    from mxt.schemas import InputsSchema

ROWS = 256
_MISSING_SHARE = 0.1
_BEYOND = 0.1
"""How far rows go beyond the range of a column, as a share of it: leaves at the edges count as well."""
_TEXTS = ("", "a", "another text")
"""Values of a column in which any text may come."""
_FIRST_DAY, _DAYS = "2020-01-01", 2000


def from_schema(schema: InputsSchema) -> pd.DataFrame:
    """Rows drawn evenly from what a schema allows: the same for the same schema."""
    import numpy as np
    import pandas as pd

    chance = np.random.default_rng(0)
    known = schema.categories
    columns = {
        name: _drawn(column, known.get(name), chance, missing=column.nullable and schema.declares_categories)
        for name, column in schema.schema.columns.items()
    }
    return pd.DataFrame(columns)


def from_table(path: str) -> pd.DataFrame:
    """Rows drawn from a table; all of them if it has no more.

    Raises:
        DataError: There is no such table, or it is empty.
    """
    import numpy as np

    table = reader_of_file(path).read()
    if table.empty:
        msg = f"{path} has no rows."
        raise DataError(msg)
    places = np.random.default_rng(0).permutation(len(table))[:ROWS]
    return table.iloc[np.sort(places)].reset_index(drop=True)


def _drawn(
    column: pa.Column, known: list[str] | None, chance: np.random.Generator, *, missing: bool
) -> pd.Series:
    """Values of one column."""
    import numpy as np
    import pandas as pd

    kind = str(column.dtype)
    values: pd.Series
    if known:
        values = pd.Series(chance.choice(np.array(known, dtype=object), ROWS))
    elif kind.startswith("bool"):
        return pd.Series(chance.integers(0, 2, ROWS).astype(bool))
    elif "datetime" in kind:
        days = pd.to_timedelta(chance.integers(0, _DAYS, ROWS), unit="D")
        values = pd.Series(pd.Timestamp(_FIRST_DAY) + days)
    elif kind.startswith(("int", "uint")):
        low, high = _range(column)
        bounds = np.iinfo(kind)
        whole = chance.uniform(low, high, ROWS).round().clip(bounds.min, bounds.max)
        return pd.Series(whole.astype(kind))
    elif kind.startswith("float"):
        values = pd.Series(chance.uniform(*_range(column), ROWS).astype(kind))
    else:
        values = pd.Series(chance.choice(np.array(_TEXTS, dtype=object), ROWS))
    return values.mask(chance.random(ROWS) < _MISSING_SHARE) if missing else values


def _range(column: pa.Column) -> tuple[float, float]:
    """The range that a training saw, and a little more; a wide one if none was recorded."""
    for check in column.checks:
        if check.name == "in_range":
            low, high = (float(check.statistics[name]) for name in ("min_value", "max_value"))
            more = _BEYOND * (high - low)
            return low - more, high + more
    return -1000.0, 1000.0
