"""Files of a table: the columns that one must have, and why one cannot be read."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds


def needed_by(schema: pa.Schema, fragment: ds.FileFragment, names: list[str]) -> pa.Schema:
    """The columns among `names` that a file must have, since no folder around it states their value."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    stated = ds.get_partition_keys(fragment.partition_expression)
    return pa.schema([field for field in schema if field.name in names and field.name not in stated])


def reason(error: Exception) -> str:
    """Where in a file an error is, and its kind, without the cells that it quotes."""
    place = ", ".join(re.findall(r"(?:[Cc]olumn|[Rr]ow) #\d+", str(error)))
    known = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
    return f"{f' at {place}' if place else ''} ({known})"
