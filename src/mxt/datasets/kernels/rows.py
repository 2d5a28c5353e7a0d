"""The digests of a batch's rows, by the compiled code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


def available() -> bool:
    """Whether the code was compiled when MXT was installed."""
    try:
        import mxt.datasets.kernels._rows  # noqa: F401 - whether it is there is the answer
    except ImportError:
        return False
    return True


def digests(batch: pa.RecordBatch, unit: str = "") -> np.ndarray:
    """SHA-256 of the canonical bytes of each row, shape (rows, 32).

    Args:
        batch: Plain columns of types that have canonical bytes, in the order of their names.
        unit: Of the processor, one of `_rows.units()`; the best if left out.
    """
    import numpy as np

    from mxt.datasets.kernels import _rows

    found = np.empty((batch.num_rows, 32), np.uint8)
    _rows.digests(*batch.__arrow_c_array__(), found, unit)
    return found
