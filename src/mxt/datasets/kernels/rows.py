"""The digests of a batch's rows, by the compiled code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


def available() -> bool:
    """Whether the code was compiled when MXT was installed."""
    from importlib.util import find_spec

    return find_spec("mxt.datasets.kernels._rows") is not None


def absence() -> str:
    """Why MXT has no compiled code, as its installation noted; empty where it has."""
    if available():
        return ""
    try:
        from mxt.datasets.kernels._uncompiled import REASON
    except ImportError:
        return "they were not compiled when MXT was installed"
    return str(REASON)


def digests(batch: pa.RecordBatch, unit: str = "") -> np.ndarray:
    """SHA-256 of the canonical bytes of each row, shape (rows, 32).

    Args:
        batch: Plain columns of types that have canonical bytes, in the order of their names.
        unit: Which instructions of the processor to use, one of `_rows.units()`; the best if left out.
    """
    import numpy as np

    from mxt.datasets.kernels._rows import digests as compiled

    computed = np.empty((batch.num_rows, 32), np.uint8)
    compiled(*batch.__arrow_c_array__(), computed, unit)
    return computed
