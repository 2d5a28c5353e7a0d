"""Sampling explanations of any model: rows mixed from cells, bounded model calls, a random generator a row.

A model call never holds cells of two explained rows, because the last bits of a matrix product may depend
on the rows beside it: so a row gets the same bytes in any order, part or worker.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mxt.datasets.splitters.base import draw
from mxt.errors import ModelError
from mxt.explainers.base import Explanation, require_background

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import pandas as pd
    from pandas.api.extensions import ExtensionArray

    from mxt.predictors.base import Predictor

CELLS = 400_000
"""Largest number of cells of one model call."""

_TREES = ("xgboost.", "lightgbm.", "catboost.", "sklearn.tree.", "sklearn.ensemble._forest")
"""Modules whose models are made of trees."""


@dataclass(frozen=True)
class Pool:
    """Cells to mix new rows from, column by column: cells of the background, then of explained rows."""

    cells: dict[str, ExtensionArray]
    """The cells of each column, as arrays of pandas so that mixed rows keep the types of columns."""
    background_rows: int

    def mixed(self, places: np.ndarray) -> pd.DataFrame:
        """New rows, with the cell at ``places[:, j]`` in column j; `places` has the shape (rows, columns)."""
        import pandas as pd

        taken = {name: cells.take(places[:, at]) for at, (name, cells) in enumerate(self.cells.items())}
        return pd.DataFrame(taken)

    def at(self, row: int) -> Pool:
        """The pool of the background and one explained row, at position `row` among the explained rows."""
        import numpy as np

        kept = np.append(np.arange(self.background_rows), self.background_rows + row)
        return replace(self, cells={name: cells.take(kept) for name, cells in self.cells.items()})


@dataclass(frozen=True)
class Game:
    """The worth of sets of known columns, for one row to explain.

    The worth of a set is the mean prediction over the background's rows with the set's cells taken from the
    explained row (Lundberg and Lee 2017, arXiv:1705.07874, with columns taken as independent).
    """

    predictor: Predictor
    pool: Pool
    chance: np.random.Generator
    """The row's own generator of random numbers."""
    base: np.ndarray
    """The worth of no column, shape (outputs,)."""
    prediction: np.ndarray
    """The worth of all columns, shape (outputs,)."""

    def worth(self, coalitions: np.ndarray) -> np.ndarray:
        """Worths, shape (coalitions, outputs), of sets: booleans of shape (coalitions, columns)."""
        import numpy as np

        rows, columns = self.pool.background_rows, coalitions.shape[1]
        step = max(1, CELLS // (rows * columns))
        worths = [np.empty((0, len(self.base)))]
        for start in range(0, len(coalitions), step):
            known = coalitions[start : start + step, np.newaxis]
            places = np.where(known, rows, np.arange(rows)[:, np.newaxis]).reshape(-1, columns)
            predictions = predicted(self.predictor, self.pool, places)
            worths.append(predictions.reshape(len(known), rows, -1).mean(axis=1))
        return np.concatenate(worths)


def play(
    predictor: Predictor,
    inputs: pd.DataFrame,
    known: pd.DataFrame,
    seed: int,
    solve: Callable[[Game], tuple[np.ndarray, np.ndarray | None]],
) -> Explanation:
    """Explain row after row by the game of its columns against the background `known`.

    Args:
        predictor: A fitted model.
        inputs: Rows to explain.
        known: Rows of the background, from `chosen`.
        seed: Seed of the rows' random generators.
        solve: Computes the values of one game and their standard errors, both of shape (columns, outputs);
            None in place of standard errors if the values are exact.

    Raises:
        ModelError: A column holds infinite numbers, or a prediction is not finite.
    """
    import numpy as np

    shown = finite(predictor.select(inputs))
    pool = pooled(known, shown)
    base = outputs(predictor, known).mean(axis=0)
    shape = (len(shown), len(predictor.columns), len(base))
    values, errors, exact = np.empty(shape), np.zeros(shape), True
    prediction = alone(predictor, shown)
    for row, chance in enumerate(chances(shown.index, seed)):
        values[row], error = solve(Game(predictor, pool.at(row), chance, base, prediction[row]))
        if error is not None:
            errors[row], exact = error, False
    return Explanation(
        ids=inputs.index,
        columns=predictor.columns,
        values=values,
        base=base,
        prediction=prediction,
        unit=unit(predictor),
        outputs=predictor.outputs,
        method="",
        standard_error=None if exact else errors,
    )


def unit(predictor: Predictor) -> str:
    """The unit of `outputs`."""
    return "probability" if predictor.task == "classification" else "target"


def outputs(predictor: Predictor, inputs: pd.DataFrame) -> np.ndarray:
    """Probabilities of the explained classes, or the predicted numbers: shape (rows, outputs).

    A classifier without probabilities has probability 1 for the class that it predicts.

    Raises:
        ModelError: Some outputs are not finite numbers.
    """
    import numpy as np

    probabilities = predictor.probabilities(inputs) if predictor.classes else None
    if probabilities is not None:
        every = np.asarray(probabilities, dtype=float)
    else:
        labels = predictor.labels_and_probabilities(inputs)[0]
        every = labels[:, np.newaxis] == np.asarray(predictor.classes) if predictor.classes else labels
        every = np.asarray(every, dtype=float).reshape(len(inputs), -1)
    explained = every[:, -len(predictor.outputs) :]
    if not np.isfinite(explained).all():
        msg = f"The {type(predictor.native).__name__} predicts numbers that are not finite; check the inputs."
        raise ModelError(msg)
    return explained


def predicted(predictor: Predictor, pool: Pool, places: np.ndarray) -> np.ndarray:
    """`outputs` of rows mixed from the pool, in calls of at most `CELLS` cells: shape (rows, outputs)."""
    import numpy as np

    step = max(1, CELLS // places.shape[1])
    starts = range(0, len(places), step)
    return np.concatenate([outputs(predictor, pool.mixed(places[start : start + step])) for start in starts])


def alone(predictor: Predictor, inputs: pd.DataFrame) -> np.ndarray:
    """`outputs` of each row, not influenced by other rows: shape (rows, outputs).

    Models of trees predict row by row, so one call serves all rows; other models are called once a row.
    """
    import numpy as np

    if len(inputs) and type(predictor.core).__module__.startswith(_TREES):
        return outputs(predictor, inputs)
    each = [outputs(predictor, inputs.iloc[[row]]) for row in range(len(inputs))]
    return np.concatenate([np.empty((0, len(predictor.outputs))), *each])


def chosen(
    predictor: Predictor, background: pd.DataFrame | None, rows: int, seed: int, kind: str
) -> pd.DataFrame:
    """At most `rows` rows of the background, drawn by their positions and the seed, in their order.

    Raises:
        ModelError: There is no background, or it holds infinite numbers.
    """
    import numpy as np
    import pandas as pd

    known = finite(predictor.select(require_background(background, kind)))
    keys = draw(pd.RangeIndex(len(known)), seed)
    return known.iloc[np.sort(np.argsort(keys, kind="stable")[:rows])]


def chances(ids: pd.Index, seed: int) -> Iterator[np.random.Generator]:
    """Each row's own generator of random numbers, decided by its id and the seed alone.

    The generator is Philox (Salmon et al. 2011, doi:10.1145/2063384.2063405), keyed by the SipHash of the id
    and by the seed.
    """
    import numpy as np

    for key in draw(ids, seed):
        yield np.random.Generator(np.random.Philox(key=np.array([key, seed % 2**64], dtype=np.uint64)))


def chance(seed: int) -> np.random.Generator:
    """A generator of random numbers decided by the seed alone."""
    import numpy as np

    return np.random.Generator(np.random.Philox(key=np.array([0, seed % 2**64], dtype=np.uint64)))


def pooled(known: pd.DataFrame, inputs: pd.DataFrame | None = None) -> Pool:
    """The pool of the background's cells and those of every row to explain, each column in one type."""
    if inputs is None or inputs.empty:
        return Pool({str(name): known[name].array for name in known}, len(known))
    return Pool({str(name): _joined_cells(known[name], inputs[name]) for name in known}, len(known))


def finite(table: pd.DataFrame) -> pd.DataFrame:
    """The table itself, if its numbers are finite or missing.

    Raises:
        ModelError: A column holds infinite numbers.
    """
    import numpy as np

    numbers = table.select_dtypes("number")
    wrong = [str(name) for name in numbers if np.isinf(numbers[name].to_numpy(float, na_value=np.nan)).any()]
    if wrong:
        msg = f"The columns {wrong} hold infinite numbers, which cannot be explained; mark them as missing."
        raise ModelError(msg)
    return table


def _joined_cells(known: pd.Series, inputs: pd.Series) -> ExtensionArray:
    """The cells of both columns; a category of either is a category of the result."""
    import pandas as pd

    types = (known.dtype, inputs.dtype)
    if all(isinstance(dtype, pd.CategoricalDtype) for dtype in types) and types[0] != types[1]:
        either = known.cat.categories.append(inputs.cat.categories).unique()
        known, inputs = (cells.cat.set_categories(either, ordered=False) for cells in (known, inputs))
    return pd.concat([known, inputs]).array
