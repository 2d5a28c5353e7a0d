"""Many combinations of values on few rows, the better ones on more rows each round."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mxt.errors import DataError
from mxt.searches.base import Search, ValuesOrRange, for_sampling
from mxt.searches.base.ranges import Range
from mxt.searches.base.studies import killed_workers_reported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sklearn.model_selection import HalvingGridSearchCV, HalvingRandomSearchCV

    from mxt.searches.base.ranges import Value
    from mxt.searches.base.studies import Study
    from mxt.searches.base.trials import Round, Trial


class HalvingSearch(Search):
    """Successive halving: tries all candidates on few rows, and the best of each round on more rows.

    It is scikit-learn's ``HalvingGridSearchCV``, or ``HalvingRandomSearchCV`` if `candidates` are drawn.
    Scores of different rounds rest on different rows; only scores of the last round decide.

    Example:
        KIND: HalvingSearch
        values: {depth: [2, 3, 4, 6], learning_rate: [0.03, 0.05, 0.1]}
        factor: 3
    """

    KIND: Literal["HalvingSearch"] = "HalvingSearch"

    values: Annotated[dict[str, ValuesOrRange], Field(min_length=1)]
    """What to try, by the recipe's fields."""

    candidates: Annotated[int, Field(ge=1)] | None = None
    """Number of combinations that are drawn; all of them if left out. Ranges need a number."""

    factor: Annotated[int, Field(ge=2)] = 3
    """One in this many candidates reaches the next round, which has this many times the rows."""

    first_rows: Annotated[int, Field(ge=2)] | None = None
    """Number of rows of the first round; if left out, the last round uses nearly all rows."""

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if self.candidates is None and any(isinstance(tried, Range) for tried in self.values.values()):
            kind, msg = "no_count", "a range has no end of values; say how many to draw, as candidates: 20"
            raise PydanticCustomError(kind, msg)
        return self

    @property
    def tried(self) -> dict[str, ValuesOrRange]:
        return self.values

    @property
    def total(self) -> int:
        return int(min(self.combinations if self.candidates is None else self.candidates, self.combinations))

    def trials(self, study: Study) -> Iterator[list[Trial]]:
        searcher = self._searcher(study)
        if self.first_rows is not None and self.first_rows > len(study.inputs):
            msg = f"first_rows is {self.first_rows}, and there are only {len(study.inputs)} rows in training."
            raise DataError(msg)
        try:
            with killed_workers_reported():
                results = searcher.fit(study.inputs, study.targets).cv_results_
        except ValueError as error:
            rows = len(study.inputs)
            msg = f"{rows} rows in training are too few for the rounds of a HalvingSearch ({error})"
            raise DataError(msg) from error
        rounds: dict[str, list[Round]] = {}
        values: dict[str, dict[str, Value]] = {}
        scored = study.rounds(results, [int(rows) for rows in results["n_resources"]])
        for params, of_round in zip(results["params"], scored, strict=True):
            name = json.dumps(params, sort_keys=True)
            values[name] = params
            rounds.setdefault(name, []).append(of_round)
        yield [
            study.trial(number, values[name], tuple(of_trial))
            for number, (name, of_trial) in enumerate(rounds.items(), 1)
        ]

    def _searcher(self, study: Study) -> HalvingGridSearchCV | HalvingRandomSearchCV:
        """The search of scikit-learn; the candidates are checked before it starts."""
        importlib.import_module("sklearn.experimental.enable_halving_search_cv")  # makes the next import work
        from sklearn.model_selection import (
            HalvingGridSearchCV,
            HalvingRandomSearchCV,
            ParameterGrid,
            ParameterSampler,
        )

        common = {
            **study.common,
            "factor": self.factor,
            "min_resources": self.first_rows or "exhaust",
            "random_state": self.seed,
        }
        spread = for_sampling(self.values)
        if self.candidates is None:
            study.check(list(ParameterGrid(spread)))
            return HalvingGridSearchCV(param_grid=spread, **common)
        study.check(list(ParameterSampler(spread, self.total, random_state=self.seed)))
        return HalvingRandomSearchCV(param_distributions=spread, n_candidates=self.total, **common)
