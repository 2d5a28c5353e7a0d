"""Whether a model predicts in time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mxt.criteria.base import Assessment, Candidate, Criterion, fewer
from mxt.models.base.latency import measure_latency


class LatencyCriterion(Criterion):
    """The time within which 95 % of calls predict, on the machine that certifies.

    Example:
        {KIND: LatencyCriterion, maximum_milliseconds: 2000}
    """

    KIND: Literal["LatencyCriterion"] = "LatencyCriterion"

    minimum_rows: Annotated[int, Field(ge=2)] = 2
    """With fewer rows the outcome is INSUFFICIENT."""

    maximum_milliseconds: Annotated[float, Field(gt=0)] = 2000.0
    """The largest 95th percentile allowed."""

    rows: Annotated[int, Field(ge=1)] = 1
    """Number of rows that a call predicts."""

    calls: Annotated[int, Field(ge=72)] = 200
    """Number of calls that are timed, after 20 that are not; an interval of the 95th percentile needs 72."""

    def names(self, _candidate: Candidate, /) -> list[str]:
        several = "" if self.rows == 1 else f"_of_{self.rows}_rows"
        return [f"latency_p95_milliseconds{several}"]

    def assess(self, candidate: Candidate) -> list[Assessment]:
        (name,), limit = self.names(candidate), f"at most {self.maximum_milliseconds:g}"
        if why := fewer(len(candidate.inputs), max(self.minimum_rows, self.rows)):
            return [Assessment.unknown(name, limit, 0, why)]
        latency = measure_latency(candidate.model.predict, candidate.inputs, self.rows, self.calls)
        at_once = "one row" if self.rows == 1 else f"{self.rows} rows"
        note = f"{at_once} a call; P50 {float(latency.p50[0]):.3g}, P99 {float(latency.p99[0]):.3g}"
        late = [float(latency.p95.estimate) - self.maximum_milliseconds]
        return [Assessment.of(name, limit, latency.p95, self.calls, missed_by=late, note=note)]
