"""Whether a classifier treats groups of people alike."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.criteria.base import Assessment, Candidate, Criterion
from mxt.datasets.groupings import Groupings
from mxt.datasets.groups import Groups, crossed
from mxt.errors import ConfigError, named
from mxt.metrics.base.answers import ClassName
from mxt.schemas.outputs import PREDICTION, PROBABILITY
from mxt.schemas.targets import class_places
from mxt.stats.fairness import Counts, Disparity, disparity, rates
from mxt.stats.intervals import of_numbers

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Measure: TypeAlias = Literal[
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equal_opportunity_ratio",
    "false_positive_rate_difference",
    "false_positive_rate_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
    "calibration_difference",
]


class FairnessCriterion(Criterion):
    """Rates of groups differ no more than their limits allow; the model need not see the grouping columns.

    A rate of a group is known if at least `minimum_rows` rows of the group count for it. One difference
    between known rates that breaks its limit fails the version; otherwise one unknown rate of a group makes
    the outcome INSUFFICIENT. The rates of all groups are kept as `fairness.csv`. A limit is a choice of law
    and policy, so there is no default.

    Example:
        KIND: FairnessCriterion
        columns: [{column: gender}, {column: age, edges: [30, 60]}]
        positive: "Yes"
        limits: {demographic_parity_ratio: 0.8, equalized_odds_difference: 0.1}
    """

    KIND: Literal["FairnessCriterion"] = "FairnessCriterion"

    columns: Groupings = Field(min_length=1)
    """The protected columns, each once; numbers of many values need `edges` or `bins`."""

    positive: ClassName | None = None
    """The class at stake: rows that are predicted to be of it count as selected. If left out, it is the
    positive class of the job or of the version, one of which must name it."""

    limits: Annotated[dict[Measure, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]
    """The least ratio (0.8 is the four-fifths rule) or the largest difference between groups, by measure."""

    whole_interval: bool = False
    """Whether all of the 95 % interval must keep the limit, or the value alone."""

    minimum_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Groups of a smaller share of the rows are not judged, and the note counts them. 0.02 is the share that
    29 CFR 1607.15 A (2) of the United States and 6 RCNY 5-301 of New York City name."""

    intersections: bool = False
    """Also judge the groups that all columns make together."""

    @model_validator(mode="after")
    def _groups_enough(self) -> Self:
        if self.minimum_share > 0.5:  # noqa: PLR2004 - of two groups, one has no more than half of the rows
            kind, msg = "contradiction", "at most one group has a share above 0.5 of the rows"
            raise PydanticCustomError(kind, msg)
        return self

    def names(self, candidate: Candidate, /) -> list[str]:
        return [_name(groups, measure) for groups in self._groupings(candidate) for measure in self.limits]

    def check(self, candidate: Candidate) -> None:
        self._positive(candidate)
        self._groupings(candidate)

    def assess(self, candidate: Candidate) -> list[Assessment]:
        decisions = _Decisions.of(candidate, self._positive(candidate))
        assessments = [
            self._assessment(groups, decisions.counts(groups), measure, limit)
            for groups in self._groupings(candidate)
            for measure, limit in self.limits.items()
        ]
        end = f"; positive class {self._positive(candidate)!r}"
        return [replace(part, note=part.note + end) for part in assessments]

    def evidence(self, candidate: Candidate, /) -> dict[str, pd.DataFrame]:
        import pandas as pd

        decisions = _Decisions.of(candidate, self._positive(candidate))
        tables = [
            _rates_table(groups, decisions.counts(groups), self.minimum_rows)
            for groups in self._groupings(candidate)
        ]
        rates = pd.concat(tables, ignore_index=True).set_index("column")
        rates.insert(0, "positive", self._positive(candidate))
        return {"fairness": rates.assign(minimum_rows=self.minimum_rows)}

    def _groupings(self, candidate: Candidate) -> list[Groups]:
        """The groups that each column makes, and then those that all columns make together if wanted."""
        groupings = [column.groups(candidate.table) for column in self.columns]
        for groups in groupings:
            groups.refuse_many()  # rows of several values together would hide differences between them
        both = self.intersections and len(groupings) > 1
        return [*groupings, crossed(groupings)] if both else groupings

    def _positive(self, candidate: Candidate) -> str:
        """The class at stake.

        Raises:
            ConfigError: No class is named, or the model does not know it.
        """
        classes = [str(name) for name in candidate.model.predictor.classes]
        positive = candidate.positive if self.positive is None else str(self.positive)
        known = f"its classes are {', '.join(map(named, classes))}" if classes else "it predicts numbers"
        if positive is None:
            msg = f"FairnessCriterion: no `positive` class is named for the model; {known}."
            raise ConfigError(msg)
        if positive not in classes:
            msg = f"FairnessCriterion: the model knows no class {positive!r}; {known}."
            raise ConfigError(msg)
        return positive

    def _assessment(self, groups: Groups, counts: Counts, measure: Measure, limit: float) -> Assessment:
        import numpy as np

        ratio = measure.endswith("_ratio")
        judged_part = "interval " if self.whole_interval else ""
        target = f"{judged_part}at {'least' if ratio else 'most'} {limit:g}"
        large = counts.rows >= self.minimum_share * counts.rows.sum()
        gap = disparity(counts.at(large), measure, self.minimum_rows)
        rows = counts.rows[large][np.any([part.known for part in gap.gaps.values()], axis=0)]
        # An interval holds its estimate, so a value beyond the limit fails where its end is unknown.
        judged = [(part.value, part.low if ratio else part.high) for part in gap.gaps.values()]
        ends = [end for both in judged for end in both[: 1 + self.whole_interval]]
        unknown = [] if gap.judged.all() else [np.nan]
        return Assessment.of(
            _name(groups, measure),
            target,
            of_numbers(gap.value, gap.low, gap.high),
            int(rows.sum()),
            missed_by=[*((limit - end if ratio else end - limit) for end in ends), *unknown],
            note=self._note(gap, large),
        )

    def _note(self, gap: Disparity, large: np.ndarray) -> str:
        """How many groups have rows enough, and which rates of the other groups are unknown."""
        notes = [
            f"{int(gap.judged.sum())} of {len(large)} groups with {self.minimum_rows} rows for each rate"
        ]
        lacking = {rate: int((~part.known).sum()) for rate, part in gap.gaps.items()}
        notes += [f"{count} with fewer for the {rate}" for rate, count in lacking.items() if count]
        notes += [
            f"the {rate} is 0 in each group, so it has no ratio"
            for rate, part in gap.gaps.items()
            if part.known.sum() > 1 and math.isnan(part.value)
        ]
        if not large.all():
            notes.append(f"{int((~large).sum())} left out, with less than {self.minimum_share:g} of all rows")
        return "; ".join(notes)


def _name(groups: Groups, measure: Measure) -> str:
    return f"{measure}_{re.sub(r'[^0-9A-Za-z_]', '_', groups.name)}"


@dataclass(frozen=True)
class _Decisions:
    """Which rows the model selects, and which are truly of the class at stake; arrays of shape (rows,)."""

    selected: np.ndarray
    positive: np.ndarray
    chances: np.ndarray | None
    """Predicted probability of the class at stake; None if the model predicts none."""

    @classmethod
    def of(cls, candidate: Candidate, positive: str) -> _Decisions:
        """The decisions of a candidate on the rows held out, by the class at stake."""
        classes = [*map(str, candidate.model.predictor.classes)]
        predictions = candidate.predictions
        name = f"{PROBABILITY}{positive}"
        return cls(
            (predictions[PREDICTION].astype(str) == positive).to_numpy(),
            class_places(candidate.truth, classes) == classes.index(positive),
            predictions[name].to_numpy() if name in predictions else None,
        )

    def counts(self, groups: Groups) -> Counts:
        """The counts of each group that rates are made of."""
        return Counts.of(groups.of_rows, len(groups.labels), self.selected, self.positive, self.chances)


def _rates_table(groups: Groups, counts: Counts, minimum: int) -> pd.DataFrame:
    """A row for each group and rate, with the rate's interval and whether enough rows count for it."""
    import pandas as pd

    rows = [
        {
            "column": groups.name,
            "group": label,
            "rate": name,
            "value": rate.estimate[place],
            "ci_low": rate.low[place],
            "ci_high": rate.high[place],
            "n": int(rate.n[place]),
            "sufficient": bool(rate.n[place] >= minimum),
        }
        for name, rate in rates(counts).items()
        for place, label in enumerate(groups.labels)
    ]
    return pd.DataFrame(rows)
