"""Whether two explainers agree on a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from mxt.criteria.base import Assessment, Candidate, Criterion, too_few_to_explain, without_contributions
from mxt.criteria.base.checks import check_explainer, refuse_too_few_rows
from mxt.explainers.base import Explainer, Explanation
from mxt.explainers.base.comparison import contributions, decided_outputs
from mxt.importances.base.draws import drawn
from mxt.kinds import OneOf
from mxt.schemas.outputs import PREDICTION
from mxt.stats.intervals import mean_interval
from mxt.stats.ranks import rank_correlations

if TYPE_CHECKING:
    import pandas as pd

NAME = "explanation_agreement"


class AgreementCriterion(Criterion):
    """Two explainers rank the columns of a row alike: the mean Spearman correlation of their contributions.

    Where there are several classes, contributions to the predicted class count. Contributions are ranked with
    their signs, so that their units do not matter. The interval is Student's over rows.

    Example:
        {KIND: AgreementCriterion, minimum: 0.8, rows: 100}
    """

    KIND: Literal["AgreementCriterion"] = "AgreementCriterion"

    minimum: Annotated[float, Field(ge=-1, le=1)] = 0.8
    """The least mean correlation."""

    first: OneOf[Explainer] = Field(default={"KIND": "AutoExplainer"}, validate_default=True)
    """The first explainer; an exact one if left out."""

    second: OneOf[Explainer] = Field(default={"KIND": "PermutationExplainer"}, validate_default=True)
    """The second explainer; one that samples if left out."""

    rows: Annotated[int, Field(ge=2)] = 100
    """The largest number of rows to explain, drawn by their ids and the seed."""

    @model_validator(mode="after")
    def _rows_enough(self) -> Self:
        refuse_too_few_rows(self.rows, self.minimum_rows)
        return self

    def names(self, _candidate: Candidate, /) -> list[str]:
        return [NAME]

    def check(self, candidate: Candidate) -> None:
        for explainer in (self.first, self.second):
            check_explainer(explainer, candidate, self.minimum_rows)

    def assess(self, candidate: Candidate) -> list[Assessment]:
        inputs = drawn(candidate.inputs, self.rows, candidate.seed)
        why = too_few_to_explain(candidate, len(inputs), self.minimum_rows)
        if why:
            return [Assessment.unknown(NAME, self._target, len(inputs), why)]
        decisions = candidate.model.predict(inputs)[PREDICTION]
        explanations = [candidate.model.explain(inputs, explainer) for explainer in (self.first, self.second)]
        return [self.judge(explanations[0], explanations[1], decisions)]

    def judge(self, first: Explanation, second: Explanation, decisions: pd.Series) -> Assessment:
        """Compare two explanations of the same rows, whose predictions are `decisions`."""
        values = [contributions(part, decided_outputs(part, decisions)) for part in (first, second)]
        why = without_contributions(values)
        if why:
            return Assessment.unknown(NAME, self._target, len(decisions), why)
        correlation = mean_interval(rank_correlations(values[0], values[1]))
        missed = [self.minimum - float(correlation.estimate)]
        note = f"{first.method}, beside {second.method}"
        return Assessment.of(NAME, self._target, correlation, len(decisions), missed_by=missed, note=note)

    @property
    def _target(self) -> str:
        return f"at least {self.minimum:g}"
