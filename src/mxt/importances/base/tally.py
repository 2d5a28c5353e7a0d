"""Summary of an explanation of any number of rows, gathered part by part: exact sums, and some rows.

No order of the rows, of the parts or of their merging changes a bit, if each id stands for one row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from mxt.datasets import frames
from mxt.errors import DataError, ModelError
from mxt.explainers.base import join
from mxt.importances.base.draws import places_drawn
from mxt.stats.strata import Means, Strata
from mxt.stats.sums import exact_sum, spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    import pandas as pd

    from mxt.datasets.fitted import Membership
    from mxt.explainers.base import Explanation

SHARED = ("columns", "outputs", "unit", "method", "reason", "additive")
"""Fields of an explanation that are the same for all of its rows."""

_LARGEST = 1e150
"""A contribution of this size can still be squared."""

_AT_ONCE = 8
"""Number of tallies that are merged at once: fewer take longer, more hold more memory."""


@dataclass(frozen=True)
class Tally:
    """Sums over all rows of an explanation, and some of the rows, drawn by their ids."""

    rows: int
    """Number of rows explained."""
    sizes: np.ndarray
    """`exact_sum` of the absolute contributions, shape (columns, outputs)."""
    squares: np.ndarray
    """`exact_sum` of the squared contributions, shape (columns, outputs)."""
    largest_residual: float
    """Largest absolute residual."""
    rows_by_seed: Mapping[int, int]
    """Number of rows to draw under each seed."""
    explanation: Explanation
    """Explanation of the rows drawn, in the order of their hashes under `SEED`, with a base for each row."""
    inputs: pd.DataFrame
    """The rows drawn."""
    targets: pd.Series | None = None
    """True targets of the rows drawn."""
    targets_differ: bool = False
    """Whether the targets of all rows, and not only of the rows drawn, have at least two values."""
    strata: Strata | None = None
    """Sums by stratum, if the rows explained are a sample of a table; gathered apart from the tally."""
    held_out: np.ndarray | None = None
    """Whether the model was fitted without each row drawn, so that it may be compared with its target;
    booleans, shape (rows drawn,). As many such rows are drawn as of all rows. None if it does not matter."""
    fitted: int = 0
    """How many of the `known` rows the model was fitted to."""
    known: int = 0
    """For how many of all rows it is known whether the model was fitted to them."""

    @classmethod
    def of(
        cls,
        explanation: Explanation,
        inputs: pd.DataFrame,
        rows_by_seed: Mapping[int, int],
        targets: pd.Series | None = None,
        compared: Membership | None = None,
    ) -> Tally:
        """The tally of some rows.

        Args:
            explanation: Explanation of the rows.
            inputs: The rows.
            rows_by_seed: How many rows to draw under each seed, see `mxt.importances.base.rows_by_seed`.
            targets: True targets of the rows.
            compared: Which rows the model was fitted to, if those must not be compared with their targets.

        Raises:
            ModelError: Ids differ, or a contribution is not finite or too large to be squared.
        """
        import numpy as np

        ids = [inputs.index, *([] if targets is None else [targets.index])]
        if not all(index.equals(explanation.ids) for index in ids):
            msg = f"The explanation of {len(explanation.ids)} rows has other ids than its inputs or targets."
            raise ModelError(msg)
        largest = float(np.abs(explanation.residual).max(initial=0.0))
        held, (sizes, squares) = inputs[explanation.columns], _sums(explanation.values)
        tally = cls(len(held), sizes, squares, largest, rows_by_seed, explanation, held, targets)
        if compared is None:
            return _drawn(tally)
        known, free = int(compared.known.sum()), compared.known & ~compared.fitted
        return _drawn(replace(tally, held_out=free, fitted=int(compared.fitted.sum()), known=known))

    def mean_sizes(self, output: int) -> Means:
        """Each column's mean absolute contribution to one output.

        If the rows are a sample of a table, the mean is an estimate for the whole table.
        """
        import numpy as np

        if self.strata is not None:
            return self.strata.means(output)
        pairs = zip(self.sizes[:, output], self.squares[:, output], strict=True)
        means, errors = np.array([spread(self.rows, *pair) for pair in pairs]).T
        return Means(means, errors, np.full(len(means), max(1.0, self.rows - 1)))


def merge(tallies: Iterable[Tally]) -> Tally:
    """One tally of the rows of all tallies; few tallies are held at a time.

    Raises:
        DataError: There are none.
        ModelError: They are not of one explanation.
    """
    left = iter(tallies)
    merged = next(left, None)
    if merged is None:
        msg = "No part of the table was explained."
        raise DataError(msg)
    while more := list(islice(left, _AT_ONCE)):
        merged = _merged([merged, *more])
    return merged


def _merged(tallies: list[Tally]) -> Tally:
    import numpy as np
    import pandas as pd

    first = tallies[0]
    for other in tallies[1:]:
        _require_same(first, other)
    truths = [tally.targets for tally in tallies if tally.targets is not None]
    free = [tally.held_out for tally in tallies if tally.held_out is not None]
    whole = replace(
        first,
        rows=sum(tally.rows for tally in tallies),
        sizes=np.sum([tally.sizes for tally in tallies], axis=0),
        squares=np.sum([tally.squares for tally in tallies], axis=0),
        largest_residual=max(tally.largest_residual for tally in tallies),
        explanation=join([tally.explanation for tally in tallies]),
        inputs=frames.together([tally.inputs for tally in tallies]),
        targets=pd.concat(truths) if truths else None,
        targets_differ=any(tally.targets_differ for tally in tallies),
        held_out=np.concatenate(free) if free else None,
        fitted=sum(tally.fitted for tally in tallies),
        known=sum(tally.known for tally in tallies),
    )
    return _drawn(whole)


def _require_same(one: Tally, other: Tally) -> None:
    differ = [name for name in SHARED if getattr(one.explanation, name) != getattr(other.explanation, name)]
    differ += ["rows by seed"] if dict(one.rows_by_seed) != dict(other.rows_by_seed) else []
    for name in ("targets", "held_out"):
        differ += [name] if (getattr(one, name) is None) != (getattr(other, name) is None) else []
    if differ:
        msg = f"Parts of one explanation differ in: {', '.join(differ)}; explain all parts anew."
        raise ModelError(msg)


def _sums(values: np.ndarray) -> np.ndarray:
    """Sums of sizes and of squares of contributions of shape (rows, columns, outputs).

    Returns:
        Shape (2, columns, outputs).
    """
    import numpy as np

    sums = np.empty((2, *values.shape[1:]), dtype=object)
    for column, output in np.ndindex(values.shape[1:]):
        sizes = np.abs(values[:, column, output], dtype=np.float64)
        if not (sizes <= _LARGEST).all():
            msg = f"Contributions must be finite numbers of at most {_LARGEST:.0e}; some are not."
            raise ModelError(msg)
        sums[:, column, output] = exact_sum(sizes), exact_sum(sizes * sizes)
    return sums


def _drawn(tally: Tally) -> Tally:
    """The tally with no other rows than those to be drawn; `targets_differ` still covers all rows."""
    import numpy as np

    places = places_drawn(tally.inputs.index, tally.rows_by_seed, tally.held_out)
    targets, explanation = tally.targets, tally.explanation
    drawn = replace(
        explanation,
        ids=tally.inputs.index[places],
        values=explanation.values[places].astype(np.float64),
        base=explanation.bases[places].astype(np.float64),
        prediction=explanation.prediction[places].astype(np.float64),
        standard_error=None,
        fit=None,
    )
    if targets is not None:
        differ = tally.targets_differ or len(targets.unique()) > 1
        tally = replace(tally, targets=targets.iloc[places], targets_differ=differ)
    free = None if tally.held_out is None else tally.held_out[places]
    return replace(tally, explanation=drawn, inputs=tally.inputs.iloc[places], held_out=free)
