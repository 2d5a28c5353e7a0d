"""Combinations drawn at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.searches.base import Search, ValuesOrRange, for_sampling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mxt.searches.base.studies import Study
    from mxt.searches.base.trials import Trial


class RandomSearch(Search):
    """Tries combinations that are drawn from lists and ranges (scikit-learn's ``RandomizedSearchCV``).

    If there are lists alone, no combination is drawn twice, and all are tried if there are fewer than
    `candidates`.

    Example:
        KIND: RandomSearch
        values: {depth: {low: 2, high: 6}, learning_rate: {low: 0.01, high: 0.3, log: true}}
        candidates: 20
    """

    KIND: Literal["RandomSearch"] = "RandomSearch"

    values: Annotated[dict[str, ValuesOrRange], Field(min_length=1)]
    """What to draw from, by the recipe's fields."""

    candidates: Annotated[int, Field(ge=1)] = 20
    """Number of combinations that are drawn."""

    @property
    def tried(self) -> dict[str, ValuesOrRange]:
        return self.values

    @property
    def total(self) -> int:
        return int(min(self.candidates, self.combinations))

    def trials(self, study: Study) -> Iterator[list[Trial]]:
        from sklearn.model_selection import ParameterSampler

        drawn = ParameterSampler(for_sampling(self.values), self.total, random_state=self.seed)
        return study.scored(list(drawn))
