"""The positive class of scores, as a fact that people read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import named

if TYPE_CHECKING:
    from collections.abc import Mapping


def positive_fact(positives: Mapping[str, str]) -> dict[str, str]:
    """The fact `positive`: the class of all scores, or each class with its scores; empty without scores.

    Args:
        positives: The class that each score is about, by the label of the score.
    """
    labels: dict[str, list[str]] = {}
    for label, name in positives.items():
        labels.setdefault(name, []).append(label)
    each = [f"{named(name)} ({', '.join(scores)})" for name, scores in labels.items()]
    return {"positive": ", ".join(each if len(labels) > 1 else labels)} if labels else {}
