"""How long the arms' versions take to predict, measured now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.endpoints.base import Endpoint
from mxt.endpoints.base.contrasts import Scale
from mxt.errors import ConfigError
from mxt.stats.arms import quantile

if TYPE_CHECKING:
    import pandas as pd

    from mxt.endpoints.base.arms import Arm
    from mxt.models import Model
    from mxt.stats.arms import ArmEstimate

MILLISECONDS = 1000.0


class LatencyEndpoint(Endpoint):
    """Quantile of the milliseconds that a version takes to predict one row of its arm.

    The two versions predict in turn, so that whatever slows the machine slows both. The unit is the call,
    and calls are taken to be independent. Compare latencies that were observed in service by a
    `QuantileEndpoint` of their column.

    Example:
        {KIND: LatencyEndpoint, margin: 0.25}
    """

    KIND: Literal["LatencyEndpoint"] = "LatencyEndpoint"

    scale: Scale = "ratio"
    """Compare treatment less control, or treatment over control."""

    share: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """The share of calls that do not take longer."""

    calls: Annotated[int, Field(ge=30)] = 400
    """How many calls of each version are timed."""

    warm_up: Annotated[int, Field(ge=0)] = 20
    """How many calls of each version come before the timed ones."""

    @property
    def label(self) -> str:
        return f"latency_ms_p{100 * self.share:g}"

    @property
    def better_if_higher(self) -> bool:
        return False

    @property
    def needs_models(self) -> bool:
        return True

    def estimates(self, control: Arm, treatment: Arm) -> tuple[ArmEstimate, ArmEstimate]:
        import numpy as np

        times = np.empty((self.warm_up + self.calls, 2))
        pairs = [_served(arm) for arm in (control, treatment)]
        for call in range(len(times)):
            # The first call of a turn has cold caches, so the versions take turns at that too.
            for place in (0, 1) if call % 2 else (1, 0):
                model, inputs = pairs[place]
                row = inputs.iloc[[call % len(inputs)]]
                begun = time.perf_counter()
                model.predict(row)
                times[call, place] = time.perf_counter() - begun
        units = np.arange(self.calls)
        first, second = (
            quantile(MILLISECONDS * times[self.warm_up :, place], units, self.share) for place in (0, 1)
        )
        return first, second


def _served(arm: Arm) -> tuple[Model, pd.DataFrame]:
    """The model of an arm, and its inputs."""
    if arm.model is None or arm.inputs is None:
        msg = (
            "LatencyEndpoint needs the versions of both arms; give the job `versions`, or "
            "compare a column of observed milliseconds by a QuantileEndpoint."
        )
        raise ConfigError(msg)
    return arm.model, arm.inputs
