"""Texts where times are expected: which of them are times of ISO 8601."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pandera.pandas as pa

ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?")
"""Times of ISO 8601 without a zone."""


def is_time(expected: pa.Column) -> bool:
    """Whether times without a zone are expected."""
    import numpy as np
    import pandas as pd

    dtype = None if expected.dtype is None else expected.dtype.type
    return isinstance(dtype, np.dtype) and pd.api.types.is_datetime64_dtype(dtype)


def times_of(column: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Texts as times in microseconds, missing where they are none, and which texts are none."""
    import numpy as np
    import pandas as pd

    codes, texts = pd.factorize(column)
    times = np.array([*map(_time, texts), np.datetime64("NaT")], dtype="datetime64[us]")
    cells = times[codes]
    return pd.Series(cells, index=column.index, name=column.name), np.isnat(cells) & (codes >= 0)


def _time(value: object) -> np.datetime64:
    import numpy as np

    text = value.strip() if isinstance(value, str) else ""
    try:
        return np.datetime64(text if ISO.fullmatch(text) else "NaT", "us")
    except ValueError:
        return np.datetime64("NaT", "us")


def hint(column: pd.Series) -> str:
    """How many texts are no times, and their shapes, and the next step; empty if all are times."""
    from mxt.schemas.shapes import shapes

    _, others = times_of(column)
    known, odd = int(column.notna().sum()), int(others.sum())
    like = ", ".join(map(repr, shapes(map(str, column[others]))))
    are = "is no time" if odd == 1 else "are no times"
    form = "; a CsvReader reads other forms by `time_formats`"
    return f"{odd:,} of {known:,} values {are} of ISO 8601: {like}-like{form}" if odd else ""
