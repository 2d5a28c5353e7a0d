"""Latency of predictions, and its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mxt.kinds import Strict
from mxt.models.base.latency import measure_latency

if TYPE_CHECKING:
    import pandas as pd

    from mxt.models import Model


class LatencyTest(Strict):
    """Times predictions, after a warm-up. The numbers differ from run to run, and from machine to machine."""

    rows: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)] = (1,)
    """Numbers of rows that a call predicts; each number is timed by itself."""

    calls: Annotated[int, Field(ge=20)] = 200
    """Number of calls that are timed."""

    warm_up: Annotated[int, Field(ge=0)] = 20
    """Number of calls that are made before the timed ones."""

    maximum_p95_ms: Annotated[float, Field(gt=0)] | None = None
    """The evaluation fails if the 95 % quantile of the calls' times, for any number of rows, is greater."""

    def measure(self, model: Model, inputs: pd.DataFrame) -> pd.DataFrame:
        """The quantiles of the time of a call, in milliseconds, for each number of rows.

        Raises:
            DataError: There are fewer inputs than a call takes.
        """
        import pandas as pd

        rows = []
        for size in self.rows:
            latency = measure_latency(model.predict, inputs, size, self.calls, self.warm_up)
            rows += [
                {
                    "rows": size,
                    "quantile": name,
                    "milliseconds": float(quantile.estimate),
                    "low": float(quantile.low),
                    "high": float(quantile.high),
                    "calls": self.calls,
                    "passed": name != "p95" or self.passes(float(quantile.estimate)),
                }
                for name, quantile in (("p50", latency.p50), ("p95", latency.p95), ("p99", latency.p99))
            ]
        return pd.DataFrame(rows).set_index("rows")

    def passes(self, p95: float) -> bool:
        """Whether a 95 % quantile keeps the limit."""
        return self.maximum_p95_ms is None or p95 <= self.maximum_p95_ms
