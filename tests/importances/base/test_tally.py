"""Tallies: the same bytes for any cut and order of rows, of sums and of rows drawn."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mxt.datasets.splitters.base import draw
from mxt.errors import DataError, ModelError
from mxt.explainers.base import Explanation
from mxt.importances.base import importances_table, rows_by_seed
from mxt.importances.base.draws import drawn
from mxt.importances.base.stored import from_bytes, to_bytes
from mxt.importances.base.tally import Tally, merge
from mxt.importances.partial_dependence import PartialDependenceImportance
from mxt.importances.permutation import PermutationImportance
from mxt.importances.shap import ShapImportance
from mxt.importances.surrogate_tree import SurrogateTreeImportance
from mxt.models import Model
from mxt.predictors.base.library import predictor_of

ROWS = 900
ASKED = {0: 60, 3: 40}
CHANCE = np.random.default_rng(0)
INPUTS = pd.DataFrame(
    {
        "number": pd.Series(CHANCE.normal(size=ROWS)).mask(CHANCE.random(ROWS) < 0.1),
        "whole": pd.Series(CHANCE.integers(0, 9, ROWS), dtype="Int64").mask(CHANCE.random(ROWS) < 0.1),
        "flag": CHANCE.random(ROWS) < 0.4,
        "text": pd.Series(CHANCE.choice(["x", "y"], ROWS), dtype="str").mask(CHANCE.random(ROWS) < 0.1),
        "category": pd.Series(CHANCE.choice(["v", "u"], ROWS), dtype="category"),
        "time": pd.Timestamp("2026-01-01") + pd.to_timedelta(CHANCE.integers(0, 900, ROWS), unit="D"),
    }
).set_index(pd.Index([f"id-{row}" for row in range(ROWS)], name="flag"))
TARGETS = pd.Series(CHANCE.integers(0, 2, ROWS), INPUTS.index, name="churned")
VALUES = CHANCE.normal(size=(ROWS, 6, 2)) * np.exp(CHANCE.normal(size=(ROWS, 6, 2)) * 5)


def tally(
    places: Any = slice(None),
    asked: dict[int, int] = ASKED,
    targets: pd.Series[Any] = TARGETS,
    **facts: Any,
) -> Tally:
    """The tally of some rows, whose contributions differ widely in size."""
    values = VALUES[places]
    base, prediction = np.zeros(2), values.sum(axis=1)
    explanation = Explanation(
        INPUTS.index[places], [*INPUTS], values, base, prediction, "margin", ["a", "b"], "by hand"
    )
    return Tally.of(replace(explanation, **facts), INPUTS.iloc[places], asked, targets.iloc[places])


def cuts(seed: int, parts: int) -> list[Tally]:
    """The whole table in parts of random sizes, its rows and parts in a random order."""
    chance = np.random.default_rng(seed)
    where = np.sort(chance.choice(np.arange(1, ROWS), parts - 1, replace=False))
    return [tally(places) for places in np.split(chance.permutation(ROWS), where)]


@pytest.mark.parametrize(("seed", "parts"), [(0, 2), (1, 7), (2, 30)])
def test_no_cut_and_no_order_changes_a_byte(seed: int, parts: int) -> None:
    assert to_bytes(merge(cuts(seed, parts))) == to_bytes(tally())


def test_merging_is_associative_and_commutative() -> None:
    one, two, three = (to_bytes(part) for part in cuts(5, 3))

    def joined(*parts: bytes) -> bytes:
        return to_bytes(merge(map(from_bytes, parts)))

    assert joined(joined(one, two), three) == joined(one, joined(two, three)) == joined(three, one, two)


def test_whether_targets_differ_is_told_of_all_rows_however_they_are_cut() -> None:
    """Of one row whose target differs, which is not drawn."""
    asked = {0: 5}
    lonely = int(np.argmax(draw(INPUTS.index, 0)))
    parts = np.split(np.arange(ROWS), [lonely, lonely + 1])
    targets = pd.Series(1, INPUTS.index, name="churned")
    for differs in (False, True):
        targets.iloc[lonely] = 0 if differs else 1
        whole = tally(asked=asked, targets=targets)
        cut = merge(from_bytes(to_bytes(tally(at, asked, targets=targets))) for at in parts)
        assert whole.targets is not None
        assert (whole.targets == 1).all()
        assert (whole.targets_differ, cut.targets_differ) == (differs, differs)
        assert to_bytes(cut) == to_bytes(whole)


def test_sums_are_exact() -> None:
    found = tally()
    means, errors, freedom = found.mean_sizes(1)
    sizes = np.abs(VALUES[:, :, 1])
    assert means.tolist() == [float(sum(map(Fraction, column)) / ROWS) for column in sizes.T]
    np.testing.assert_allclose(errors, sizes.std(axis=0, ddof=1) / math.sqrt(ROWS), rtol=1e-12)
    assert freedom.tolist() == [ROWS - 1] * 6


@pytest.mark.parametrize("seed", ASKED)
def test_rows_drawn_hold_those_that_each_seed_draws_of_all(seed: int) -> None:
    found = merge(cuts(7, 9))
    assert len(found.inputs) <= sum(ASKED.values())
    few = drawn(found.inputs, ASKED[seed], seed)
    pd.testing.assert_frame_equal(few, drawn(INPUTS, ASKED[seed], seed))
    places = INPUTS.index.get_indexer(found.inputs.index)
    np.testing.assert_array_equal(found.explanation.values, VALUES[places])
    assert found.targets is not None
    assert found.targets.equals(TARGETS.iloc[places])


def test_importances_are_those_of_the_whole_table() -> None:
    """What an importance finds of parts is what it finds of a table in memory, to the last bit."""
    importances = [
        ShapImportance(),
        PermutationImportance(rows=300, seed=4),
        PartialDependenceImportance(rows=100, points=3, seed=1),
        SurrogateTreeImportance(rows=400),
    ]
    inputs = INPUTS[["number", "whole"]].astype(float).fillna(0)
    model = Model(predictor_of(lambda table: table["number"] * 3 + table["whole"], [*inputs], []), inputs)
    truth = inputs["number"]
    explanation = model.explain(inputs)
    places = np.array_split(np.random.default_rng(0).permutation(ROWS), 4)
    parts = [
        Tally.of(
            replace(
                explanation,
                ids=inputs.index[some],
                values=explanation.values[some],
                prediction=explanation.prediction[some],
                base=explanation.bases[some],
                standard_error=None,
            ),
            inputs.iloc[some],
            rows_by_seed(importances),
            truth.iloc[some],
        )
        for some in places
    ]
    told = importances_table(model.measure_tally(importances, merge(parts)))
    known = importances_table(model.measure(importances, inputs, explanation, truth))
    pd.testing.assert_frame_equal(told, known, check_exact=True)


def test_no_rows_are_no_harm() -> None:
    empty, whole = tally(slice(0, 0)), tally()
    assert empty.rows == 0
    assert merge([whole, empty]).rows == ROWS


def test_parts_of_different_explanations_and_no_parts_are_refused() -> None:
    with pytest.raises(ModelError, match=r"differ in: unit, method;"):
        merge([tally(), tally(unit="probability", method="another")])
    with pytest.raises(ModelError, match="rows by seed"):
        merge([tally(), tally(asked={0: 1})])
    with pytest.raises(DataError, match="No part"):
        merge([])


def test_ids_that_differ_and_numbers_without_end_are_refused() -> None:
    with pytest.raises(ModelError, match="other ids"):
        tally(ids=INPUTS.index[::-1])
    for odd in (math.nan, math.inf, 1e200):
        with pytest.raises(ModelError, match="finite numbers"):
            tally(values=np.full_like(VALUES, odd))
