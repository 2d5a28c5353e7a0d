"""Samples of rows: they depend on ids and seed alone, and their means stand for all rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from xgboost import XGBClassifier

from mxt.datasets.splitters.base import draw, lowest_share
from mxt.explainers.tree import TreeExplainer
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.stats.intervals import interval
from mxt.stats.strata import Strata
from mxt.streams.samples import BANDS, STRATA, RowSample, Sampling, band_edges
from mxt.streams.tasks import TALLY, Done, Task

if TYPE_CHECKING:
    from mxt.predictors.base import Predictor


@pytest.fixture(scope="module")
def inputs() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(3).normal(size=(1500, 3)), columns=[*"abc"])


@pytest.fixture(scope="module")
def model(inputs: pd.DataFrame) -> Model:
    """A model of three classes."""
    target = np.digitize(inputs["a"] + 0.5 * inputs["b"] ** 2, [-0.2, 0.8])
    return Model(predictor_of(XGBClassifier(n_estimators=6, max_depth=3).fit(inputs, target), [*"abc"], []))


def test_nineteen_intervals_of_twenty_hold_the_mean_of_all_rows(model: Model, inputs: pd.DataFrame) -> None:
    """The contributions to all rows are known."""
    sizes = np.abs(model.explain(inputs, TreeExplainer()).values)
    predictor, predictions = model.predictor, model.predict(inputs)
    sample = RowSample(0.1, len(inputs), 0, band_edges(predictor, predictions[:500]), "")
    held, near, simple = [], [], []
    for seed in range(200):
        taken = replace(sample, seed=seed).takes(inputs.index)
        strata = Strata.of(sample.bands(predictor, predictions), taken, sizes[taken], BANDS)
        for output in range(3):
            means, errors, freedom = strata.means(output)
            truth, limits = sizes[:, :, output].mean(axis=0), interval(means, errors, freedom)
            held.append((limits.low <= truth) & (truth <= limits.high))
            near.append(means - truth)
            simple.append(sizes[taken][:, :, output].mean(axis=0) - truth)
    assert 0.9 <= np.mean(held) <= 0.99
    assert np.mean(np.square(near)) < np.mean(np.square(simple))


def test_a_sample_takes_no_rows_because_a_splitter_did() -> None:
    """Rows held out for a test, by the same seed, are in the sample as often as others."""
    ids = pd.RangeIndex(20_000)
    held_out = lowest_share(draw(ids, 0), 0.2)
    taken = RowSample(0.1, len(ids), 0, [], "").takes(ids)
    assert taken[held_out].mean() == pytest.approx(0.1, abs=0.02)
    assert taken.mean() == pytest.approx(0.1, abs=0.01)


@dataclass(frozen=True)
class Doubling(Task):
    """Contributions that are twice the inputs, for each of the three classes."""

    def do(self, inputs: pd.DataFrame, table: pd.DataFrame) -> Done:  # noqa: ARG002 - one table is enough
        return Done(2 * inputs.loc[inputs.index.repeat(3)], {TALLY: b"tally"})


def test_a_sampled_part_explains_its_sampled_rows_and_counts_all_of_them(
    model: Model, inputs: pd.DataFrame
) -> None:
    edges = band_edges(model.predictor, model.predict(inputs))
    sample = RowSample(0.1, len(inputs), 0, edges, "")
    taken = sample.takes(inputs.index)
    done = Sampling(model, Doubling(), sample).do(inputs, inputs)
    assert done.rows == taken.sum()
    assert done.table is not None
    assert done.table.index.unique().equals(inputs.index[taken])
    strata = Strata.from_bytes(done.states[STRATA])
    assert strata.population.sum(axis=0).tolist() == [len(inputs)] * 3
    assert strata.sampled.sum(axis=0).tolist() == [taken.sum()] * 3
    assert (strata.population >= strata.sampled).all()
    assert done.states[TALLY] == b"tally"


def test_a_part_without_a_sampled_row_is_counted_and_nothing_is_explained(
    model: Model, inputs: pd.DataFrame
) -> None:
    sample = RowSample(0.0, len(inputs), 0, band_edges(model.predictor, model.predict(inputs)), "")
    done = Sampling(model, Doubling(), sample).do(inputs, inputs)
    assert (done.table, done.rows, done.states[TALLY]) == (None, 0, b"")
    assert Strata.from_bytes(done.states[STRATA]).population.sum() == 3 * len(inputs)


def test_the_same_ids_are_drawn_in_any_order_and_by_no_other_seed() -> None:
    sample, ids = RowSample(0.3, 500, 7, [], ""), pd.Index([f"r{row}" for row in range(500)])
    taken = set(ids[sample.takes(ids)])
    assert set(ids[::-1][sample.takes(ids[::-1])]) == taken
    assert set(ids[replace(sample, seed=8).takes(ids)]) != taken
    assert replace(sample, rate=1.0).takes(ids).all()
    assert sample.expected == 150


class Classes:
    """What bands are made by: two classes without probabilities."""

    outputs = ("No", "Yes")
    task = "classification"


def test_classes_without_probabilities_are_banded_by_whether_they_are_predicted() -> None:
    predictor: Predictor = Classes()  # type: ignore[assignment] # all that bands look at
    predictions = pd.DataFrame({"prediction": ["No"] * 8 + ["Yes"] * 2})
    edges = band_edges(predictor, predictions)
    bands = RowSample(0.5, 10, 0, edges, "").bands(predictor, predictions)
    assert len({*bands[:8, 0]}) == len({*bands[8:, 0]}) == 1
    assert bands[0, 0] > bands[9, 0]
    assert bands[0, 1] < bands[9, 1]


def test_a_sample_is_described_with_what_it_takes_to_draw_it_again() -> None:
    sample = RowSample(0.1, 3000, 4, [], "the budget is 300 rows")
    assert sample.describe(287) == (
        "287 of 3000 rows, drawn by id with seed 4 and rate 0.1, weighted in 10 bands of the prediction; "
        "the budget is 300 rows"
    )
