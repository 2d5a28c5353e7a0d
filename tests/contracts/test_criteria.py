"""What every criterion owes: an outcome that its numbers show, the same in any order and by any workers."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import yaml

from criteria.candidates import whole
from mxt.criteria.base import Candidate, Criterion
from mxt.kinds import members
from mxt.kinds.texts import example_of
from mxt.models.logistic_regression import LogisticRegressionRecipe

if TYPE_CHECKING:
    from mxt.criteria.base import Assessment

CHEAP = {
    "background_rows": 10,
    "calls": 72,
    "draws": 2,
    "minimum_rows": 20,
    "orders": 2,
    "permutations": 20,
    "repeats": 1,
    "resamples": 200,
    "rows": 20,
}
"""What fields of these names are set to, so that an example takes a second."""
ROWS, HELD_OUT = 240, 60
each_criterion = pytest.mark.parametrize("name", members(Criterion))


def criterion(name: str) -> Criterion:
    """The example of a kind."""
    kind = members(Criterion)[name]
    example = yaml.safe_load(example_of(kind))
    fields = example | {field: value for field, value in CHEAP.items() if field in kind.model_fields}
    return kind.model_validate_json(json.dumps(fields))


@cache
def candidate(rows: int = ROWS, held_out: int = HELD_OUT) -> Candidate:
    """A model of churn by age, tenure and gender, fitted to the rows before those held out."""
    chance = np.random.default_rng(0)
    inputs = pd.DataFrame(
        {
            "age": chance.integers(18, 90, rows).astype(float),
            "tenure": chance.normal(size=rows),
            "gender": chance.choice(["female", "male"], rows),
        },
        index=pd.Index([f"r{number:04}" for number in range(rows)], name="id"),
    )
    leaves = chance.random(rows) < 1 / (1 + np.exp(3 * inputs["tenure"]))
    truth = pd.Series(np.where(leaves, "Yes", "No"), index=inputs.index, name="Churn").astype(object)
    recipe, train = LogisticRegressionRecipe(), slice(rows - held_out)
    model = recipe.fit(inputs[train], truth[train]).with_background(inputs[train])
    rest = inputs[rows - held_out :]
    return Candidate(
        model, rest, truth.loc[rest.index], rest.assign(Churn=truth), whole(inputs, truth), recipe
    )


@cache
def assessed(name: str) -> list[Assessment]:
    """What a criterion says of the candidate."""
    return criterion(name).assess(candidate())


def comparable(assessments: list[Assessment]) -> list[str]:
    """The assessments as texts, without the numbers that a clock gave."""
    return [
        f"{each.criterion} {each.target}" if "milliseconds" in each.criterion else str(each)
        for each in assessments
    ]


@each_criterion
def test_an_outcome_is_what_the_numbers_show(name: str) -> None:
    assert assessed(name)
    for assessment in assessed(name):
        assert assessment.criterion
        assert assessment.target
        assert assessment.n > 0 or assessment.outcome == "INSUFFICIENT"
        assert (assessment.missed_by > 0) == (assessment.outcome == "FAIL")
        if not np.isnan([assessment.low, assessment.high]).any():
            assert assessment.low <= assessment.value <= assessment.high


def test_measures_of_different_criteria_have_different_names() -> None:
    names = [{assessment.criterion for assessment in assessed(name)} for name in members(Criterion)]
    assert sum(map(len, names)) == len(set().union(*names))


@each_criterion
def test_order_and_workers_do_not_matter_and_the_candidate_is_left_as_it_was(name: str) -> None:
    made, order = candidate(), np.random.default_rng(0).permutation(HELD_OUT)
    parts = {part: getattr(made, part).iloc[order] for part in ("inputs", "truth", "table")}
    turned = replace(made, **parts, workers=2)
    copies = {part: table.copy() for part, table in parts.items()}
    training = made.training.inputs.copy()
    assert comparable(criterion(name).assess(turned)) == comparable(assessed(name))
    assert all(copies[part].equals(getattr(turned, part)) for part in copies)
    assert training.equals(turned.training.inputs)


@each_criterion
def test_too_few_rows_are_insufficient_and_the_note_says_so(name: str) -> None:
    for assessment in criterion(name).assess(candidate(16, 8)):
        assert assessment.outcome == "INSUFFICIENT"
        assert assessment.missed_by == 0
        assert np.isnan([assessment.value, assessment.low, assessment.high]).all()
        assert any(digit in assessment.note for digit in "0123456789")


@each_criterion
def test_tables_of_evidence_have_names_and_rows(name: str) -> None:
    tables = criterion(name).evidence(candidate())
    assert all(name.isidentifier() and len(table) for name, table in tables.items())
