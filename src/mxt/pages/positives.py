"""Which class scores are about, as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def positive_fact(positives: Mapping[str, str]) -> dict[str, str]:
    """The class that all scores are about, or each class with its scores; nothing if no score is about one.

    Args:
        positives: The class that a score is about, by its label.
    """
    labels: dict[str, list[str]] = {}
    for label, name in positives.items():
        labels.setdefault(name, []).append(label)
    each = [f"{name} ({', '.join(those)})" for name, those in labels.items()]
    return {"positive": ", ".join(each if len(labels) > 1 else labels)} if labels else {}
