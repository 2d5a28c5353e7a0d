"""Explaining a part: contributions of its rows, and a tally that does not depend on how the table is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeRegressor

from mxt.datasets.readers.parquet import ParquetReader
from mxt.errors import DataError
from mxt.explainers.tree import TreeExplainer
from mxt.importances.base import stored
from mxt.importances.base.tally import Tally, merge
from mxt.jobs.base.explaining import Explaining
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.streams.tasks import TALLY

if TYPE_CHECKING:
    from mxt.streams.tasks import Done

ROWS = 60
TABLE = pd.DataFrame(
    np.random.default_rng(0).normal(size=(ROWS, 2)),
    columns=["a", "b"],
    index=[f"r{row}" for row in range(ROWS)],
).assign(bought=np.arange(ROWS) % 3)
INPUTS = TABLE[["a", "b"]]


@pytest.fixture(scope="module")
def model() -> Model:
    tree = DecisionTreeRegressor(max_depth=3).fit(INPUTS, INPUTS["a"] + INPUTS["b"] ** 2)
    return Model(predictor_of(tree, ["a", "b"], []))


def task(model: Model, target: str | None = None, truth: pd.Series[float] | None = None) -> Explaining:
    reader = ParquetReader(path="table.parquet")
    return Explaining(model, TreeExplainer(), {0: 10}, target, truth, None, reader)


def tally(*done: Done) -> Tally:
    return merge(stored.from_bytes(part.states[TALLY]) for part in done)


def test_the_contributions_of_each_row_add_up_to_its_prediction(model: Model) -> None:
    table = task(model).do(INPUTS, TABLE).table
    assert table is not None
    total = table["base_value"] + table["a"] + table["b"]
    np.testing.assert_allclose(total, model.predict(INPUTS)["prediction"])
    assert table.index.equals(INPUTS.index)


@pytest.mark.parametrize("rows", [1, 7, 25])
def test_the_tally_of_all_parts_does_not_depend_on_their_size(rows: int, model: Model) -> None:
    work = task(model, "bought")
    parts = [work.do(INPUTS[at : at + rows], TABLE[at : at + rows]) for at in range(0, ROWS, rows)]
    whole, merged = tally(work.do(INPUTS, TABLE)), tally(*parts)
    assert (merged.rows, merged.targets_differ) == (whole.rows, True) == (ROWS, True)
    np.testing.assert_array_equal(merged.sizes, whole.sizes)
    pd.testing.assert_frame_equal(merged.inputs, whole.inputs)
    assert len(merged.inputs) >= 10
    assert merged.targets is not None
    assert merged.targets.tolist() == TABLE.loc[merged.inputs.index, "bought"].tolist()


def test_the_target_is_read_beside_the_inputs_unless_it_has_a_table_of_its_own(model: Model) -> None:
    reader = ParquetReader(path="table.parquet")
    assert task(model).extra_columns(reader) == ()
    assert task(model, "bought").extra_columns(reader) == ("bought",)
    assert task(model, "bought", TABLE["bought"]).extra_columns(reader) == ()
    assert tally(task(model, "bought", TABLE["bought"]).do(INPUTS, TABLE)).targets is None


def test_a_target_that_is_missing_is_refused(model: Model) -> None:
    with pytest.raises(DataError, match="bought"):
        task(model, "bought").do(INPUTS, TABLE.assign(bought=np.nan))
