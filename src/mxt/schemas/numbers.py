"""Numbers that a model refuses: those that are infinite where it counts in single precision."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mxt.errors import DataError, ModelError
from mxt.schemas.base import bounded, large

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

LARGEST_SINGLE = 3.4028235677973366e38
"""The least number that becomes infinite in single precision (IEEE 754): 2**128 - 2**103."""


class LargeNumbersError(DataError):
    """Rows hold numbers that a model cannot take."""


@contextmanager
def large_numbers_named(inputs: pd.DataFrame) -> Iterator[None]:
    """Say which rows hold too large numbers, if a model refuses inputs that have any.

    Raises:
        LargeNumbersError: The model refuses the inputs, and some of their numbers are infinite, or would be
            in single precision.
    """
    try:
        yield
    except LargeNumbersError:
        raise
    except (ModelError, DataError) as error:
        floats = [inputs[name] for name in inputs.columns if inputs[name].dtype.kind == "f"]
        faults = [large(column, LARGEST_SINGLE, "single") for column in floats]
        if not any(faults):
            raise
        msg = f"{bounded([*filter(None, faults)])}."
        raise LargeNumbersError(msg) from error
