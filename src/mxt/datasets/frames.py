"""DataFrames as bytes and back, and joined into one, with the types of their columns and index."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    from pandas.api.extensions import ExtensionDtype

    Dtype = np.dtype | ExtensionDtype

_INDEX = b"index_name"


def to_bytes(frame: pd.DataFrame) -> bytes:
    """A frame as a stream of Arrow, with its types as pandas' own metadata.

    Raises:
        DataError: A column mixes types.
    """
    import pandas as pd
    import pyarrow as pa

    try:
        table = pa.Table.from_pandas(frame.rename_axis(None), preserve_index=True)
    except pa.ArrowException as error:
        msg = "A column mixes types, or is of one that files cannot hold; give each column one type."
        raise DataError(msg) from error
    texts = [place for place, dtype in enumerate(frame.dtypes) if pd.api.types.is_object_dtype(dtype)]
    index = json.dumps([frame.index.name, texts]).encode()
    table = table.replace_schema_metadata({**table.schema.metadata, _INDEX: index})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def digest(frame: pd.DataFrame) -> str:
    """SHA-256 of a frame: its cells, names and types, in their order.

    Raises:
        DataError: A column mixes types.
    """
    return hashlib.sha256(to_bytes(frame)).hexdigest()


def from_bytes(content: bytes) -> pd.DataFrame:
    """The frame that `to_bytes` wrote."""
    import pyarrow as pa

    with pa.ipc.open_stream(content) as reader:
        table = reader.read_all()
    name, texts = json.loads(table.schema.metadata[_INDEX])
    frame: pd.DataFrame = table.to_pandas()
    return frame.astype({frame.columns[place]: object for place in texts}).rename_axis(name)


def together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all frames, in their order; a column has the categories of all.

    A column of booleans in one frame and of numbers in another becomes one of doubles.

    Raises:
        DataError: Ordered categories differ.
    """
    import pandas as pd

    types = {name: _type([frame[name].dtype for frame in frames]) for name in frames[0].columns}
    wanted = {name: dtype for name, dtype in types.items() if dtype is not None}
    return pd.concat([_cast(frame, wanted) for frame in frames])


def _cast(frame: pd.DataFrame, wanted: Mapping[str, pd.CategoricalDtype | str]) -> pd.DataFrame:
    import pandas as pd

    for name, dtype in wanted.items():
        if isinstance(dtype, pd.CategoricalDtype):  # a cast would keep the order of equal categories
            frame = frame.copy(deep=False)
            frame[name] = frame[name].cat.set_categories(dtype.categories)
        else:
            frame = frame.astype({name: dtype})
    return frame


def _type(dtypes: list[Dtype]) -> pd.CategoricalDtype | str | None:
    """The type that cells must be cast to before they are put together; None if they can stay."""
    import pandas as pd

    categorical = [dtype for dtype in dtypes if isinstance(dtype, pd.CategoricalDtype)]
    if len(categorical) == len(dtypes):
        return _categories(categorical)
    flags = [pd.api.types.is_bool_dtype(dtype) for dtype in dtypes]
    numbers = [pd.api.types.is_numeric_dtype(dtype) for dtype in dtypes]
    return "float64" if any(flags) and not all(flags) and all(numbers) else None


def _categories(dtypes: list[pd.CategoricalDtype]) -> pd.CategoricalDtype | None:
    """The categories of all, in the order of their texts; None if all have the same already."""
    import pandas as pd

    if len({(dtype.ordered, *dtype.categories) for dtype in dtypes}) == 1:
        return None
    if any(dtype.ordered for dtype in dtypes):
        msg = "A column has ordered categories that are not the same in all parts; give all the same."
        raise DataError(msg)
    known = {category for dtype in dtypes for category in dtype.categories}
    return pd.CategoricalDtype(sorted(known, key=lambda category: (str(category), type(category).__name__)))
