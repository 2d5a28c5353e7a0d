"""The configs of a table: the text of each by the name of its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.drafts import fitting, judging, serving

if TYPE_CHECKING:
    from mxt.drafts.choices import Choices
    from mxt.drafts.places import Place

MAKERS = {
    "training": fitting.training,
    "tuning": fitting.tuning,
    "evaluations": judging.evaluations,
    "explanations": serving.explanations,
    "drift": serving.drift,
    "certification": judging.certification,
    "promotion": judging.promotion,
    "inference": serving.inference,
}
"""What writes each file, in the order in which the files are run first."""


def files(choices: Choices, place: Place) -> dict[str, str]:
    """The text of each config, by the name of its file."""
    return {f"{name}.yaml": make(choices, place) for name, make in MAKERS.items()}
