"""Whether a classifier treats groups of people alike."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field

from mxt.criteria.base import Assessment, Candidate, Criterion
from mxt.datasets.groupings import Groupings
from mxt.datasets.groups import Groups, crossed
from mxt.errors import ConfigError
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
    """Rates of groups, by columns that the model need not see, differ no more than their limits allow.

    A rate of a group is known if it rests on `minimum_rows` of its rows. One difference between known rates
    that breaks its limit fails the version; else one unknown rate of a group leaves open whether it passes.
    The rates of all groups are kept as `fairness.csv`. A limit is a choice of law and policy, so there is no
    default.

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
    """The class that is at stake: who is predicted to be of it is selected. That of the job or of the version
    if left out; one of them must name it."""

    limits: Annotated[dict[Measure, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]
    """The least ratio (0.8 is the four-fifths rule) or the largest difference of two groups, by measure."""

    whole_interval: bool = False
    """Whether all of the 95 % interval must keep the limit, or the value alone."""

    minimum_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Groups of a smaller share of the rows are not judged, and the note counts them. 0.02 is the share that
    29 CFR 1607.15 A (2) of the United States and 6 RCNY 5-301 of New York City name."""

    intersections: bool = False
    """Also judge the groups that all columns make together."""

    def assess(self, subject: Candidate) -> list[Assessment]:
        chosen, parts = self._judged(subject)
        found = [
            self._assessment(groups, chosen(groups), measure, limit)
            for groups in parts
            for measure, limit in self.limits.items()
        ]
        positive = self._positive(subject)
        return [replace(told, note=f"{told.note}; positive class {positive!r}") for told in found]

    def evidence(self, subject: Candidate) -> dict[str, pd.DataFrame]:
        import pandas as pd

        chosen, parts = self._judged(subject)
        tables = [_rates_table(groups, chosen(groups), self.minimum_rows) for groups in parts]
        rates = pd.concat(tables, ignore_index=True).set_index("column")
        rates.insert(0, "positive", self._positive(subject))
        return {"fairness": rates.assign(minimum_rows=self.minimum_rows)}

    def _judged(self, subject: Candidate) -> tuple[_Chosen, list[Groups]]:
        parts = [column.groups(subject.table) for column in self.columns]
        if self.intersections and len(parts) > 1:
            parts.append(crossed(parts))
        return _Chosen(subject, self._positive(subject)), parts

    def _positive(self, subject: Candidate) -> str:
        """The class that is at stake.

        Raises:
            ConfigError: Nobody names it, or the model does not know it.
        """
        classes = [str(name) for name in subject.model.predictor.classes]
        positive = subject.positive if self.positive is None else str(self.positive)
        known = f"its classes are {', '.join(classes)}" if classes else "it predicts numbers"
        if positive is None:
            msg = f"FairnessCriterion: nobody names the `positive` class of the model; {known}."
            raise ConfigError(msg)
        if positive not in classes:
            msg = f"FairnessCriterion: the model knows no class {positive!r}; {known}."
            raise ConfigError(msg)
        return positive

    def _assessment(self, groups: Groups, counts: Counts, measure: Measure, limit: float) -> Assessment:
        import numpy as np

        name = f"{measure}_{re.sub(r'[^0-9A-Za-z_]', '_', groups.name)}"
        ratio = measure.endswith("_ratio")
        words = "interval " if self.whole_interval else ""
        target = f"{words}at {'least' if ratio else 'most'} {limit:g}"
        large = counts.rows >= self.minimum_share * counts.rows.sum()
        found = disparity(counts.at(large), measure, self.minimum_rows)
        rows = counts.rows[large][np.any([gap.known for gap in found.gaps.values()], axis=0)]
        # An interval holds its estimate, so a value beyond the limit fails where its end is unknown.
        judged = [(gap.value, gap.low if ratio else gap.high) for gap in found.gaps.values()]
        ends = [end for both in judged for end in both[: 1 + self.whole_interval]]
        unknown = [] if found.judged.all() else [np.nan]
        return Assessment.of(
            name,
            target,
            of_numbers(found.value, found.low, found.high),
            int(rows.sum()),
            missed_by=[*((limit - end if ratio else end - limit) for end in ends), *unknown],
            note=self._note(found, large),
        )

    def _note(self, found: Disparity, large: np.ndarray) -> str:
        """How many groups have rows enough, and what is unknown of the others."""
        enough = (
            f"{int(found.judged.sum())} of {len(large)} groups with {self.minimum_rows} rows for each rate"
        )
        lacking = {rate: int((~gap.known).sum()) for rate, gap in found.gaps.items()}
        silent = [rate for rate, gap in found.gaps.items() if gap.known.sum() > 1 and math.isnan(gap.value)]
        told = [f"{count} with fewer for the {rate}" for rate, count in lacking.items() if count]
        told += [f"the {rate} is 0 in each group, so it has no ratio" for rate in silent]
        if not large.all():
            told.append(f"{int((~large).sum())} left out, with less than {self.minimum_share:g} of all rows")
        return "; ".join([enough, *told])


class _Chosen:
    """Who is selected and who should be; counts the rows of groups."""

    def __init__(self, subject: Candidate, positive: str) -> None:
        classes = [*map(str, subject.model.predictor.classes)]
        predictions = subject.model.predict(subject.inputs)
        name = f"{PROBABILITY}{positive}"
        self.selected: np.ndarray = (predictions[PREDICTION].astype(str) == positive).to_numpy()
        self.positive: np.ndarray = class_places(subject.truth, classes) == classes.index(positive)
        self.chances = predictions[name].to_numpy() if name in predictions else None

    def __call__(self, groups: Groups) -> Counts:
        return Counts.of(groups.of_rows, len(groups.labels), self.selected, self.positive, self.chances)


def _rates_table(groups: Groups, counts: Counts, minimum: int) -> pd.DataFrame:
    """A row for each group and rate."""
    import pandas as pd

    rows = [
        {
            "column": groups.name,
            "group": label,
            "rate": name,
            "value": found.estimate[place],
            "ci_low": found.low[place],
            "ci_high": found.high[place],
            "n": int(found.n[place]),
            "sufficient": bool(found.n[place] >= minimum),
        }
        for name, found in rates(counts).items()
        for place, label in enumerate(groups.labels)
    ]
    return pd.DataFrame(rows)
