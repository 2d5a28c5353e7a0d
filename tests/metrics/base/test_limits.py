"""Limits of a score: those that no score can keep are no config."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mxt.metrics.base.limits import refuse_no_room
from mxt.metrics.brier import BrierMetric


def test_a_minimum_above_the_maximum_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"no score is at least 0\.9 and at most 0\.5"):
        BrierMetric(minimum=0.9, maximum=0.5)


@pytest.mark.parametrize(("minimum", "maximum"), [(None, None), (0.9, None), (None, 0.5), (0.5, 0.5)])
def test_limits_that_a_score_can_keep_are_taken(minimum: float | None, maximum: float | None) -> None:
    refuse_no_room(minimum, maximum)
    assert BrierMetric(minimum=minimum, maximum=maximum).passes(0.5) is (minimum != 0.9)
