"""Numbers that a predictor gives beside its predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np


class Scores(NamedTuple):
    """Raw outputs of a core model, which exact explanations add up to."""

    values: np.ndarray
    """Shape (rows, outputs); one output for regression and for two classes."""
    unit: str
    """``log-odds``, ``margin``, ``probability`` or ``target``."""


class Contributions(NamedTuple):
    """A library's own exact contributions of encoded columns to the core's raw outputs, path-dependent."""

    values: np.ndarray
    """Shape (rows, encoded columns, outputs)."""
    base: np.ndarray
    """Shape (outputs,)."""
    method: str
    """The function of the library that computed them."""
