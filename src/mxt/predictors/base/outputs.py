"""The outputs of a model: labels of classes, raw scores, and contributions to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

Label = bool | int | float | str

BINARY = 2
"""Classes of a binary classifier, which is explained by its score for the second."""


def plain(labels: Iterable[Any]) -> list[Label]:
    """Labels as Python's own values, where they are NumPy's."""
    return [label.item() if hasattr(label, "item") else label for label in labels]


def by_row(raw: np.ndarray, rows: int, outputs: int) -> np.ndarray:
    """Raw outputs with one line for each row, shape (rows, outputs), also where a table has no rows."""
    return raw.reshape(rows, -1 if rows else outputs)


def of_no_rows(classes: list[Label], *, chances: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Labels or numbers for a table without rows, and probabilities if `chances` says that there are any."""
    import numpy as np

    labels = np.asarray(classes)[:0] if classes else np.empty(0)
    return labels, np.empty((0, len(classes))) if chances else None


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
