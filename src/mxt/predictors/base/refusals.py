"""Predictions that a model refuses."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def refusals(model: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn an error of a library's prediction into a ModelError, without the cells that its text may quote.

    Args:
        model: The model, for the message.
        errors: The classes of errors by which the library refuses inputs.
    """
    try:
        yield
    except errors as error:
        msg = f"The {model} refuses the inputs ({type(error).__name__}); check their columns and types."
        raise ModelError(msg) from error
