"""What explainers of any model share: rows mixed from cells, bounded model calls, a row's own chance.

A model call never holds cells of two explained rows, because the last bits of a matrix product may depend
on the rows beside it: so a row gets the same bytes in any order, part or worker.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

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
"""Most cells of one model call."""

_TREES = ("xgboost.", "lightgbm.", "catboost.", "sklearn.tree.", "sklearn.ensemble._forest")
"""Modules of models made of trees."""


@dataclass(frozen=True)
class Pool:
    """Cells to mix new rows from, column by column: those of the background, then of explained rows."""

    cells: dict[str, ExtensionArray]
    """Arrays of pandas, so that a mixed row keeps the types of its columns."""
    background_rows: int

    def mixed(self, places: np.ndarray) -> pd.DataFrame:
        """New rows: in column j the cell at ``places[:, j]``, whole numbers of shape (rows, columns)."""
        import pandas as pd

        taken = {name: cells.take(places[:, at]) for at, (name, cells) in enumerate(self.cells.items())}
        return pd.DataFrame(taken)

    def at(self, row: int) -> Pool:
        """The background and the explained row `row` alone."""
        import numpy as np

        kept = np.append(np.arange(self.background_rows), self.background_rows + row)
        return replace(self, cells={name: cells.take(kept) for name, cells in self.cells.items()})


@dataclass(frozen=True)
class Game:
    """The worth of sets of known columns, for one row to explain.

    The worth of a set is the mean prediction over the background's rows with the set's cells replaced by
    those of the explained row (Lundberg and Lee 2017, arXiv:1705.07874, with columns taken as independent).
    """

    predictor: Predictor
    pool: Pool
    chance: np.random.Generator
    """The row's own chance."""
    base: np.ndarray
    """The worth of no column, shape (outputs,)."""
    prediction: np.ndarray
    """The worth of all columns, shape (outputs,)."""

    def worth(self, coalitions: np.ndarray) -> np.ndarray:
        """Worths, shape (coalitions, outputs), of sets of columns: booleans, shape (coalitions, columns)."""
        import numpy as np

        rows, columns = self.pool.background_rows, coalitions.shape[1]
        step = max(1, CELLS // (rows * columns))
        found = [np.empty((0, len(self.base)))]
        for start in range(0, len(coalitions), step):
            known = coalitions[start : start + step, np.newaxis]
            places = np.where(known, rows, np.arange(rows)[:, np.newaxis]).reshape(-1, columns)
            answers = predicted(self.predictor, self.pool, places)
            found.append(answers.reshape(len(known), rows, -1).mean(axis=1))
        return np.concatenate(found)


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
        known: Rows of the background, by `chosen`.
        seed: Seed of the rows' chance.
        solve: What gives the values of one game and their standard errors, each of shape (columns, outputs);
            None for exact values.

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

    A classifier without probabilities gives 1 to the class that it predicts.

    Raises:
        ModelError: Some are not finite numbers.
    """
    import numpy as np

    probabilities = predictor.probabilities(inputs) if predictor.classes else None
    if probabilities is not None:
        found = np.asarray(probabilities, dtype=float)
    else:
        labels = predictor.labels_and_probabilities(inputs)[0]
        found = labels[:, np.newaxis] == np.asarray(predictor.classes) if predictor.classes else labels
        found = np.asarray(found, dtype=float).reshape(len(inputs), -1)
    found = found[:, -len(predictor.outputs) :]
    if not np.isfinite(found).all():
        msg = f"The {type(predictor.native).__name__} predicts numbers that are not finite; check the inputs."
        raise ModelError(msg)
    return found


def predicted(predictor: Predictor, pool: Pool, places: np.ndarray) -> np.ndarray:
    """`outputs` of rows mixed from the pool, in calls of at most `CELLS` cells: shape (rows, outputs)."""
    import numpy as np

    step = max(1, CELLS // places.shape[1])
    starts = range(0, len(places), step)
    return np.concatenate([outputs(predictor, pool.mixed(places[start : start + step])) for start in starts])


def alone(predictor: Predictor, inputs: pd.DataFrame) -> np.ndarray:
    """`outputs` of each row as if no other row were there: shape (rows, outputs).

    Trees compare and add row by row, so that one call serves them; other models are asked row by row.
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

    Philox (Salmon et al. 2011, doi:10.1145/2063384.2063405) keyed by the id's SipHash and the seed.
    """
    import numpy as np

    for key in draw(ids, seed):
        yield np.random.Generator(np.random.Philox(key=np.array([key, seed % 2**64], dtype=np.uint64)))


def chance(seed: int) -> np.random.Generator:
    """A generator of random numbers decided by the seed alone."""
    import numpy as np

    return np.random.Generator(np.random.Philox(key=np.array([0, seed % 2**64], dtype=np.uint64)))


def pooled(known: pd.DataFrame, inputs: pd.DataFrame | None = None) -> Pool:
    """The cells of the background, then those of every row to explain, each column in one common type."""
    if inputs is None or inputs.empty:
        return Pool({str(name): known[name].array for name in known}, len(known))
    return Pool({str(name): _joined(known[name], inputs[name]) for name in known}, len(known))


def finite(table: pd.DataFrame) -> pd.DataFrame:
    """The table itself.

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


def _joined(known: pd.Series[Any], inputs: pd.Series[Any]) -> ExtensionArray:
    """The cells of both; categories are those of either."""
    import pandas as pd

    categorical = isinstance(known.dtype, pd.CategoricalDtype) and isinstance(
        inputs.dtype, pd.CategoricalDtype
    )
    if categorical and known.dtype != inputs.dtype:
        either = known.cat.categories.append(inputs.cat.categories).unique()
        known, inputs = (cells.cat.set_categories(either, ordered=False) for cells in (known, inputs))
    return pd.concat([known, inputs]).array
