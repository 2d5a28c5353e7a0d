"""Which rows of a table are read: the rows that meet conditions, or a random choice of them."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.errors import DataError
from mxt.kinds import Strict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from mxt.datasets.marks import Mark

Scalar = str | int | float | bool
Condition = tuple[
    str,
    Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"],
    Scalar | tuple[Scalar, ...],
]
"""A column, an operator and a value or list of values: ``[tenure, ">=", 12]``. A missing value meets none."""

SIGNS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Sample(Strict):
    """A random choice of rows; the same seed chooses the same rows of a table."""

    rows: Annotated[int, Field(ge=1)]
    """How many rows to keep; a smaller table is kept whole."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the choice."""

    def places(self, rows: int) -> np.ndarray:
        """Which of some rows are chosen, in ascending order."""
        import numpy as np

        chooser = np.random.default_rng(self.seed)
        return np.sort(chooser.choice(rows, min(self.rows, rows), replace=False))


def expression(
    filters: Sequence[Condition],
    mark: Mark | None = None,
    casts: Mapping[str, pa.DataType] | None = None,
    times: Collection[str] = (),
) -> pc.Expression | None:
    """All conditions together, and lying beyond a mark, as one Arrow expression; None without any.

    Args:
        filters: The conditions.
        mark: The mark.
        casts: Types that columns of texts are cast to before they are compared with values that are no texts.
        times: Columns of times, which are compared with texts as times.
    """
    conditions = [
        _moments(*condition) if condition[0] in times else _expression(*condition, casts or {})
        for condition in filters
    ]
    conditions += [mark.beyond()] if mark else []
    return functools.reduce(operator.and_, conditions) if conditions else None


def _moments(name: str, sign: str, value: Scalar | tuple[Scalar, ...]) -> pc.Expression:
    """A condition on times, whose values are written as ISO 8601; a DataError if they are not."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        values = pa.array(value if isinstance(value, tuple) else (value,), pa.string()).cast(
            pa.timestamp("us")
        )
    except pa.ArrowException as error:
        msg = f'The filter on {name!r} compares times with what is no time; write times as "2026-01-31".'
        raise DataError(msg) from error
    column = pc.field(name).cast(pa.timestamp("us"))
    if sign in SIGNS:
        return SIGNS[sign](column, values[0])
    listed = column.isin(values)
    return listed if sign == "in" else ~listed & column.is_valid()


def _expression(
    name: str, sign: str, value: Scalar | tuple[Scalar, ...], casts: Mapping[str, pa.DataType]
) -> pc.Expression:
    import pyarrow.compute as pc

    column = pc.field(name)
    values = value if isinstance(value, tuple) else (value,)
    if name in casts and not any(isinstance(value, str) for value in values):
        column = column.cast(casts[name])
    if sign in SIGNS:
        return SIGNS[sign](column, value)
    listed = column.isin(list(value) if isinstance(value, tuple) else [value])
    return listed if sign == "in" else ~listed & column.is_valid()
