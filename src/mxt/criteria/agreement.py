"""Whether two explainers tell the same of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.criteria.base import Assessment, Criterion, Subject, tells_nothing, too_few_to_explain
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

    Of several classes the contributions are those to the class that is predicted. Contributions are ranked
    with their signs, so that their units do not matter. The interval is Student's over rows.

    Example:
        {KIND: AgreementCriterion, minimum: 0.8, rows: 100}
    """

    KIND: Literal["AgreementCriterion"] = "AgreementCriterion"

    minimum: Annotated[float, Field(ge=-1, le=1)] = 0.8
    """The least mean correlation."""

    first: OneOf[Explainer] = Field(default={"KIND": "AutoExplainer"}, validate_default=True)
    """One explainer; exact, unless another is named."""

    second: OneOf[Explainer] = Field(default={"KIND": "PermutationExplainer"}, validate_default=True)
    """The other; by sampling, unless another is named."""

    rows: Annotated[int, Field(ge=2)] = 100
    """Most rows to explain, drawn by their ids and the seed."""

    def assess(self, subject: Subject) -> list[Assessment]:
        inputs = drawn(subject.inputs, self.rows, subject.seed)
        why = too_few_to_explain(subject, len(inputs), self.minimum_rows)
        if why:
            return [Assessment.unknown(NAME, self._target, len(inputs), why)]
        decisions = subject.model.predict(inputs)[PREDICTION]
        explanations = [subject.model.explain(inputs, explainer) for explainer in (self.first, self.second)]
        return [self.judge(explanations[0], explanations[1], decisions)]

    def judge(self, first: Explanation, second: Explanation, decisions: pd.Series) -> Assessment:
        """Compare two explanations of the same rows, of which the model decides `decisions`."""
        told = [contributions(part, decided_outputs(part, decisions)) for part in (first, second)]
        why = tells_nothing(told)
        if why:
            return Assessment.unknown(NAME, self._target, len(decisions), why)
        found = mean_interval(rank_correlations(told[0], told[1]))
        missed = [self.minimum - float(found.estimate)]
        note = f"{first.method}, beside {second.method}"
        return Assessment.of(NAME, self._target, found, len(decisions), missed_by=missed, note=note)

    @property
    def _target(self) -> str:
        return f"at least {self.minimum:g}"
