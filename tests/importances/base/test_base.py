"""What importances share: ranks and shares, directions, rows to draw, and cells put elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mxt.importances.base import bounds, direction, ranked, rows_by_seed, texts, with_cells
from mxt.importances.library import LibraryImportance
from mxt.importances.partial_dependence import PartialDependenceImportance
from mxt.importances.permutation import PermutationImportance
from mxt.importances.surrogate_tree import SurrogateTreeImportance
from mxt.stats.intervals import Interval


def test_importances_ask_for_the_most_rows_of_each_seed() -> None:
    asked = rows_by_seed(
        [
            LibraryImportance(),
            PermutationImportance(rows=70, seed=4),
            PartialDependenceImportance(rows=90, seed=4),
            SurrogateTreeImportance(rows=20_000),
        ]
    )
    assert asked == {0: 20_000, 4: 90}
    assert rows_by_seed([]) == {0: 5000}


def test_importances_are_ranked_and_negative_ones_have_no_share() -> None:
    table = ranked(["a", "b", "c"], np.array([-1.0, 3.0, 1.0]), "by hand", "loss", n=7)
    assert table["feature"].tolist() == ["b", "c", "a"]
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["share"].tolist() == [0.75, 0.25, 0]
    assert table["n"].tolist() == [7] * 3
    assert table[["ci_low", "ci_high", "fidelity"]].isna().all(axis=None)
    assert ranked(["a"], np.zeros(1), "by hand", "loss")["share"].tolist() == [0]


@pytest.mark.parametrize(
    ("effects", "wanted"),
    [([1, 2, 3, 9], "raises"), ([9, 3, 2, 1], "lowers"), ([1, 0, 0, 1], "varies"), ([2, 2, 2, 2], "varies")],
)
def test_a_direction_is_the_sign_of_a_clear_rank_correlation(effects: list[float], wanted: str) -> None:
    values = np.array([0.0, 1.0, np.nan, 5.0, 7.0])
    assert direction(values, np.insert(np.array(effects, float), 2, -100.0)) == wanted


def test_bounds_are_the_ends_of_an_interval_or_of_one_output() -> None:
    interval = Interval(
        np.zeros((2, 2)), np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0], [7.0, 8.0]])
    )
    assert bounds(interval)["ci_low"].tolist() == [[1, 2], [3, 4]]
    assert {name: ends.tolist() for name, ends in bounds(interval, 1).items()} == {
        "ci_low": [2, 4],
        "ci_high": [6, 8],
    }


def test_cells_of_one_column_come_from_donors_and_keep_their_type() -> None:
    table = pd.DataFrame({"kind": pd.Categorical(["u", "v", "w"]), "x": [1, 2, 3]}, index=list("abc"))
    [part] = with_cells(table, "kind", np.array([0, 2]), np.array([1, 1]))
    assert part["kind"].tolist() == ["v", "v"]
    assert part["x"].tolist() == [1, 3]
    assert part.dtypes.equals(table.dtypes)


def test_a_missing_cell_has_no_text() -> None:
    assert texts(pd.Series([1, None, 3], dtype="Int64")) == ["1", None, "3"]
