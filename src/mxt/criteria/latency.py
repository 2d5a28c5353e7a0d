"""Whether a model answers in time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mxt.criteria.base import Assessment, Candidate, Criterion
from mxt.models.base.latency import measure_latency


class LatencyCriterion(Criterion):
    """The time within which 95 of 100 predictions are made, on the machine that certifies.

    Example:
        {KIND: LatencyCriterion, maximum_milliseconds: 2000}
    """

    KIND: Literal["LatencyCriterion"] = "LatencyCriterion"

    minimum_rows: Annotated[int, Field(ge=2)] = 2
    """Fewer rows than this are too few to tell."""

    maximum_milliseconds: Annotated[float, Field(gt=0)] = 2000.0
    """The 95th percentile must not be greater."""

    rows: Annotated[int, Field(ge=1)] = 1
    """How many rows are predicted at once."""

    calls: Annotated[int, Field(ge=72)] = 200
    """How many predictions are timed, after 20 that are not; 72 are the least for an interval of P95."""

    def assess(self, subject: Candidate) -> list[Assessment]:
        several = "" if self.rows == 1 else f"_of_{self.rows}_rows"
        name, limit = f"latency_p95_milliseconds{several}", f"at most {self.maximum_milliseconds:g}"
        least = max(self.minimum_rows, self.rows)
        if len(subject.inputs) < least:
            why = f"{len(subject.inputs)} rows; at least {least} are needed"
            return [Assessment.unknown(name, limit, 0, why)]
        found = measure_latency(subject.model.predict, subject.inputs, self.rows, self.calls)
        at_once = "one row" if self.rows == 1 else f"{self.rows} rows"
        note = f"{at_once} a call; P50 {float(found.p50[0]):.3g}, P99 {float(found.p99[0]):.3g}"
        late = [float(found.p95.estimate) - self.maximum_milliseconds]
        return [Assessment.of(name, limit, found.p95, self.calls, missed_by=late, note=note)]
