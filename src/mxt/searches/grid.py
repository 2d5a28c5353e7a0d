"""Every combination of the values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.searches.base import Search, Values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mxt.searches.base import ValuesOrRange
    from mxt.searches.base.studies import Study
    from mxt.searches.base.trials import Trial


class GridSearch(Search):
    """Tries every combination of the values (scikit-learn's ``GridSearchCV``).

    Example:
        KIND: GridSearch
        values: {depth: [2, 3], learning_rate: [0.05, 0.1]}
    """

    KIND: Literal["GridSearch"] = "GridSearch"

    values: Annotated[dict[str, Values], Field(min_length=1)]
    """The values to try, by the recipe's fields."""

    @property
    def tried(self) -> dict[str, ValuesOrRange]:
        return {**self.values}

    @property
    def total(self) -> int:
        return math.prod(len(values) for values in self.values.values())

    def trials(self, study: Study) -> Iterator[list[Trial]]:
        from sklearn.model_selection import ParameterGrid

        return study.scored(list(ParameterGrid({name: [*tried] for name, tried in self.values.items()})))
