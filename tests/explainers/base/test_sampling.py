"""Games of columns: worths by hand, a row's own chance, and cells that keep their types."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mxt.errors import ModelError
from mxt.explainers.base import sampling
from mxt.explainers.base.sampling import Game, alone, chances, chosen, finite, outputs, pooled
from mxt.predictors.function import FunctionPredictor

KNOWN = pd.DataFrame({"a": [1.0, 2.0, 6.0], "kind": pd.Categorical(["u", "v", "u"])})
SHOWN = pd.DataFrame({"a": [10.0], "kind": pd.Categorical(["w"])})


def worth(table: pd.DataFrame) -> pd.Series:
    return table["a"] * table["kind"].map({"u": 1.0, "v": 2.0, "w": 3.0}).astype(float)


PREDICTOR = FunctionPredictor(worth, ["a", "kind"], [])


@pytest.mark.parametrize("cells", [sampling.CELLS, 1])
def test_the_worth_of_a_set_is_the_mean_over_the_background(
    cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "CELLS", cells)
    game = Game(PREDICTOR, pooled(KNOWN, SHOWN), np.random.default_rng(0), np.zeros(1), np.zeros(1))
    sets = np.array([[False, False], [True, False], [False, True], [True, True]])
    by_hand = [(1 + 4 + 6) / 3, 10 * (1 + 2 + 1) / 3, (1 + 2 + 6) * 3 / 3, 30.0]
    np.testing.assert_allclose(game.worth(sets)[:, 0], by_hand)


def test_a_mixed_row_has_cells_of_the_pool_and_their_types() -> None:
    mixed = pooled(KNOWN, SHOWN).mixed(np.array([[3, 0], [1, 3]]))
    assert mixed["a"].tolist() == [10, 2]
    assert mixed["kind"].tolist() == ["u", "w"]
    assert isinstance(mixed["kind"].dtype, pd.CategoricalDtype)


def test_a_rows_chance_is_decided_by_its_id_and_the_seed() -> None:
    ids = pd.Index(["a", "b"])
    first, again, other = (
        [one.random() for one in chances(ids[::step], seed)] for step, seed in ((1, 0), (-1, 0), (1, 1))
    )
    assert first == again[::-1]
    assert len({*first, *other}) == 4


def test_a_label_without_a_probability_counts_for_one() -> None:
    labels = FunctionPredictor(lambda table: np.where(table["a"] > 1, "y", "n"), ["a", "kind"], ["n", "y"])
    probabilities = outputs(labels, KNOWN)
    assert probabilities.tolist() == [[0], [1], [1]]
    assert alone(labels, KNOWN).tolist() == probabilities.tolist()


def test_background_rows_are_drawn_by_position_and_kept_in_order() -> None:
    many = pd.DataFrame({"a": np.arange(50.0), "kind": "u"})
    drawn = chosen(PREDICTOR, many, 10, 3, "Kind")
    assert len(drawn) == 10
    assert drawn["a"].is_monotonic_increasing
    pd.testing.assert_frame_equal(drawn, chosen(PREDICTOR, many, 10, 3, "Kind"))
    assert not drawn.equals(chosen(PREDICTOR, many, 10, 4, "Kind"))


def test_infinite_numbers_are_refused_by_the_columns_name() -> None:
    assert finite(KNOWN) is KNOWN
    with pytest.raises(ModelError, match=r"\['a'\] hold infinite numbers"):
        finite(KNOWN.assign(a=-np.inf))
