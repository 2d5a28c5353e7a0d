"""The same bytes for any number of threads, part, order and vector unit."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from explainers.base.kernels.forests import conjunction, forest, table
from mxt.explainers.base.kernels.engine import Engine, available
from mxt.predictors.base.trees import TreeEnsemble

pytestmark = pytest.mark.skipif(not available(), reason="no compiled kernels")

UNITS = ["portable"]
if available():
    from mxt.explainers.base.kernels import _kernels

    UNITS = _kernels.vector_units()
ROWS = 5000
ANSWERS: dict[str, Callable[[Engine, np.ndarray], np.ndarray]] = {
    "values": Engine.values,
    "predictions": Engine.predict,
    "interactions": lambda engine, rows: engine.interactions(rows[:500]),
}


def model(width: int = 1) -> TreeEnsemble:
    """Deep trees with categories and gaps; more split values than a byte holds if `width` is 2."""
    return forest(
        np.random.default_rng(0),
        columns=12,
        trees={1: 6, 2: 60}[width],
        depth=9,
        outputs=2,
        zero_cover=0.05,
        categorical=frozenset({3, 4}),
        kinds=("nan", "zero", "none"),
        grid=np.linspace(-2, 2, {1: 20, 2: 3000}[width]),
    )


def rows_of(trees: TreeEnsemble) -> np.ndarray:
    return table(np.random.default_rng(1), trees, ROWS)


@pytest.fixture(params=["along paths", "against a background"])
def engine(request: pytest.FixtureRequest) -> Engine:
    trees = model()
    return Engine(trees, background=rows_of(trees)[:70] if "background" in request.param else None)


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_the_same_bytes_for_any_number_of_threads(
    engine: Engine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for threads in ("1", "2", "4", "1000"):
        monkeypatch.setenv("MXT_NUM_THREADS", threads)
        found.append(ANSWERS[name](engine, rows_of(model())).tobytes())
    assert len(set(found)) == 1


def test_plans_are_the_same_for_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    trees = model()
    rows = rows_of(trees)
    for background in (None, rows[:70]):
        found = []
        for threads in ("1", "4"):
            monkeypatch.setenv("MXT_NUM_THREADS", threads)
            found.append(Engine(trees, background=background).values(rows).tobytes())
        assert found[0] == found[1]


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("size", [1, 7, 64, 333])
def test_answers_do_not_depend_on_the_part_that_a_row_is_in(engine: Engine, name: str, size: int) -> None:
    rows = rows_of(model())[:500]
    parts = [ANSWERS[name](engine, rows[start : start + size]) for start in range(0, len(rows), size)]
    np.testing.assert_array_equal(np.concatenate(parts), ANSWERS[name](engine, rows))


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_do_not_depend_on_the_order_of_rows(engine: Engine, name: str) -> None:
    rows = rows_of(model())[:500]
    order = np.random.default_rng(2).permutation(len(rows))
    np.testing.assert_array_equal(ANSWERS[name](engine, rows[order]), ANSWERS[name](engine, rows)[order])


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("method", ["add_values", "add_background_values", "add_interactions"])
def test_every_vector_unit_gives_the_same_bytes(method: str, width: int) -> None:
    trees = model(width)
    rows = rows_of(trees)[: 300 if method == "add_interactions" else 1100]  # no whole number of chunks
    engine = Engine(trees, background=rows[:70] if "background" in method else None)
    assert engine._binning.width == width
    codes, count = engine._codes(rows)
    found = set()
    for unit in UNITS:
        out = np.zeros((engine.players ** (2 if method == "add_interactions" else 1), count))
        getattr(engine._forests[0], method)(codes, count, out, 1, unit=unit)
        assert out.any()
        found.add(out.tobytes())
    assert len(found) == 1


@pytest.mark.parametrize("unit", UNITS)
def test_every_vector_unit_plays_paths_of_any_length(unit: str) -> None:
    """Up to ten points are compiled apart, and more are counted as the kernel runs."""
    for columns in range(1, 30):
        trees = conjunction(columns, 0.9)
        engine = Engine(trees)
        codes, count = engine._codes(np.full((3, columns), -1.0))
        out = np.zeros((columns, count))
        engine._forests[0].add_values(codes, count, out, 1, unit=unit)
        np.testing.assert_allclose(out, (1 - 0.9**columns) / columns, rtol=0, atol=1e-12)


def test_a_vector_unit_that_is_not_there_is_refused() -> None:
    engine = Engine(model())
    codes, count = engine._codes(rows_of(model())[:1])
    with pytest.raises(ValueError, match="no vector unit mmx"):
        engine._forests[0].add_values(codes, count, np.zeros((12, 1)), 1, unit="mmx")


def test_one_engine_serves_two_threads_at_once() -> None:
    rng = np.random.default_rng(0)
    trees = forest(rng, trees=40, depth=6, outputs=2)
    tables = [table(rng, trees, 3000) for _ in range(8)]
    for engine in (Engine(trees), Engine(trees, background=tables[0][:50])):
        expected = [engine.values(rows) for rows in tables]
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(engine.values, tables))
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_array_equal(one, other)


def test_python_goes_on_while_values_are_computed() -> None:
    """This thread runs again and again meanwhile; once, had the call kept Python's lock."""
    trees = model()
    engine, seen = Engine(trees), 0
    for times in (6, 24, 96, 384):  # on a fast machine few rows are done before this thread wakes up
        rows, seen = np.tile(rows_of(trees), (times, 1)), 0
        with ThreadPoolExecutor(1) as pool:
            computed = pool.submit(engine.values, rows)
            while not computed.done():
                time.sleep(0.0005)
                seen += 1
        if seen > 5:
            break
    assert seen > 5
