"""Rows drawn by their ids: the same rows for any order, and as many of some as of all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mxt.datasets.splitters.base import draw
from mxt.importances.base.draws import SEED, drawn, places_drawn

IDS = pd.Index([f"id-{row}" for row in range(300)])
TABLE = pd.DataFrame({"x": range(300)}, index=IDS)


def test_rows_are_those_with_the_smallest_hashes_in_their_order() -> None:
    keys = draw(IDS, 3)
    found = drawn(TABLE, 20, 3)
    assert found["x"].tolist() == np.argsort(keys)[:20].tolist()
    pd.testing.assert_frame_equal(found, drawn(TABLE.iloc[::-1], 20, 3))
    pd.testing.assert_frame_equal(drawn(TABLE, 10, 3), found[:10])
    assert len(drawn(TABLE, 1000, 3)) == 300


@pytest.mark.parametrize("counts", [{0: 5}, {0: 5, 3: 40}, {7: 300}, {3: 0}])
def test_places_hold_the_rows_of_every_seed_in_the_order_of_the_first(counts: dict[int, int]) -> None:
    places = places_drawn(IDS, counts)
    by_hand = {int(at) for seed, rows in counts.items() for at in np.argsort(draw(IDS, seed))[:rows]}
    assert {*places.tolist()} == by_hand
    assert (np.diff(draw(IDS, SEED)[places].astype(object)) > 0).all()


def test_as_many_rows_are_drawn_among_some_as_of_all() -> None:
    among = np.arange(300) % 3 == 0
    places = places_drawn(IDS, {0: 30}, among)
    some = np.flatnonzero(among)
    best = some[np.argsort(draw(IDS, 0)[some])[:30]]
    assert {*best.tolist()} <= {*places.tolist()}
    assert {*np.argsort(draw(IDS, 0))[:30].tolist()} <= {*places.tolist()}
    assert len(places) <= 60
