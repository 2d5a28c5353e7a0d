"""Labels of classes, as a model's metadata and its messages hold them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Label = bool | int | float | str

BINARY = 2
"""Classes of a binary classifier, which is explained by its score for the second."""


def plain(labels: Iterable[Any]) -> list[Label]:
    """Labels as Python's own values, where they are NumPy's."""
    return [label.item() if hasattr(label, "item") else label for label in labels]
