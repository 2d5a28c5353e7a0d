"""Whether a classifier treats groups of people alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field

from mxt.criteria.base import Assessment, Criterion, Subject
from mxt.datasets.groupings import Groupings
from mxt.datasets.groups import Groups, crossed
from mxt.errors import ConfigError
from mxt.schemas.outputs import PREDICTION, PROBABILITY
from mxt.schemas.targets import class_places
from mxt.stats.fairness import Counts, disparity, rates
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

    A group takes part if each rate rests on `minimum_rows` of its
    rows; with fewer than two such groups nobody can tell. The rates of all groups are kept as
    `fairness.csv`. A limit is a choice of law and policy, so there is no default.

    Example:
        KIND: FairnessCriterion
        columns: [{column: gender}, {column: age, edges: [30, 60]}]
        positive: "Yes"
        limits: {demographic_parity_ratio: 0.8, equalized_odds_difference: 0.1}
    """

    KIND: Literal["FairnessCriterion"] = "FairnessCriterion"

    columns: Groupings = Field(min_length=1)
    """The protected columns, each once; numbers of many values need `edges` or `bins`."""

    positive: str | int | bool
    """The class that is at stake: who is predicted to be of it is selected."""

    limits: Annotated[dict[Measure, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]
    """The least ratio (0.8 is the four-fifths rule) or the largest difference of two groups, by measure."""

    whole_interval: bool = False
    """Whether all of the 95 % interval must keep the limit, or the value alone."""

    intersections: bool = False
    """Also judge the groups that all columns make together."""

    def assess(self, subject: Subject) -> list[Assessment]:
        chosen, parts = self._judged(subject)
        return [
            self._assessment(groups, chosen(groups), measure, limit)
            for groups in parts
            for measure, limit in self.limits.items()
        ]

    def evidence(self, subject: Subject) -> dict[str, pd.DataFrame]:
        import pandas as pd

        chosen, parts = self._judged(subject)
        tables = [_rates_table(groups, chosen(groups), self.minimum_rows) for groups in parts]
        rates = pd.concat(tables, ignore_index=True).set_index("column")
        rates.insert(0, "positive", str(self.positive))
        return {"fairness.csv": rates.assign(minimum_rows=self.minimum_rows)}

    def _judged(self, subject: Subject) -> tuple[_Chosen, list[Groups]]:
        parts = [column.groups(subject.table) for column in self.columns]
        if self.intersections and len(parts) > 1:
            parts.append(crossed(parts))
        return _Chosen(subject, str(self.positive)), parts

    def _assessment(self, groups: Groups, counts: Counts, measure: Measure, limit: float) -> Assessment:
        name = f"{measure}_{re.sub(r'[^0-9A-Za-z_]', '_', groups.name)}"
        ratio = measure.endswith("_ratio")
        words = "interval " if self.whole_interval else ""
        target = f"{words}at {'least' if ratio else 'most'} {limit:g}"
        found = disparity(counts, measure, self.minimum_rows)
        judged, rows = int(found.judged.sum()), int(counts.rows[found.judged].sum())
        if judged <= 1:
            why = f"{judged} of {len(groups.labels)} groups with {self.minimum_rows} rows for each rate"
            return Assessment.unknown(name, target, rows, f"{why}; at least 2 are needed")
        if found.value != found.value:  # NaN
            return Assessment.unknown(name, target, rows, "a rate is 0 in each group, so there is no ratio")
        end = (found.low if ratio else found.high) if self.whole_interval else found.value
        missed = limit - end if ratio else end - limit
        return Assessment.of(
            name,
            target,
            of_numbers(found.value, found.low, found.high),
            rows,
            missed_by=max(missed, 0.0),
            note=f"{judged} of {len(groups.labels)} groups judged",
        )


class _Chosen:
    """Who is selected and who should be; counts the rows of groups."""

    def __init__(self, subject: Subject, positive: str) -> None:
        classes = [str(name) for name in subject.model.predictor.classes]
        if positive not in classes:
            known = f"its classes are {', '.join(classes)}" if classes else "it predicts numbers"
            msg = f"FairnessCriterion: the model knows no class {positive!r}; {known}."
            raise ConfigError(msg)
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
