"""What is told of all rows of an explanation, gathered part by part: exact sums, and rows drawn by their ids.

No order of the rows, of the parts or of their merging changes a bit, if each id stands for one row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from mxt.datasets import frames
from mxt.errors import DataError, ModelError
from mxt.explainers.base import join
from mxt.importances.base import places_drawn, stored
from mxt.stats.strata import Means, Strata
from mxt.stats.sums import exact_sum, spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    import pandas as pd

    from mxt.datasets.fitted import Membership
    from mxt.explainers.base import Explanation

_LARGEST = 1e150
"""A contribution of this size can still be squared."""

_AT_ONCE = 8
"""Tallies that are merged at once: fewer take longer, more hold more memory."""


@dataclass(frozen=True)
class Tally:
    """Sums over all rows of an explanation, and some rows."""

    rows: int
    """Number of rows explained."""
    sizes: np.ndarray
    """`exact_sum` of the absolute contributions, shape (columns, outputs)."""
    squares: np.ndarray
    """That of their squares."""
    largest_residual: float
    """By its size."""
    asked: Mapping[int, int]
    """Number of rows to draw by each seed."""
    explanation: Explanation
    """Of the rows drawn, in the order of the draw by `SEED`; a base for each."""
    inputs: pd.DataFrame
    """The rows drawn."""
    targets: pd.Series[Any] | None = None
    """What the model should have predicted for the rows drawn."""
    targets_differ: bool = False
    """Whether the targets of all rows, not of those drawn only, have two values at least."""
    strata: Strata | None = None
    """Of sizes, if the rows explained are a sample of a table; gathered apart from the tally."""
    held_out: np.ndarray | None = None
    """Whether each row drawn may be compared with its target, since the model was not fitted to it, shape
    (rows drawn,); None if nobody asks. As many of these are drawn as of all rows."""
    fitted: int = 0
    """How many of all rows the model was fitted to, of those that `known` counts."""
    known: int = 0
    """Of how many of all rows it is known whether the model was fitted to them."""

    @classmethod
    def of(
        cls,
        explanation: Explanation,
        inputs: pd.DataFrame,
        asked: Mapping[int, int],
        targets: pd.Series[Any] | None = None,
        compared: Membership | None = None,
    ) -> Tally:
        """The tally of some rows.

        Args:
            explanation: Of the rows.
            inputs: The rows.
            asked: How many rows to draw by each seed, see `rows_asked`.
            targets: What the model should have predicted for the rows.
            compared: Which of the rows the model was fitted to, if targets are not to be compared for them.

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
        tally = cls(len(held), sizes, squares, largest, asked, explanation, held, targets)
        if compared is None:
            return _drawn(tally)
        known, free = int(compared.known.sum()), compared.known & ~compared.fitted
        return _drawn(replace(tally, held_out=free, fitted=int(compared.fitted.sum()), known=known))

    def mean_sizes(self, output: int) -> Means:
        """Each column's mean absolute contribution to one output, of the whole table if rows are a sample."""
        import numpy as np

        if self.strata is not None:
            return self.strata.means(output)
        pairs = zip(self.sizes[:, output], self.squares[:, output], strict=True)
        found = np.array([spread(self.rows, *pair) for pair in pairs])
        return Means(found[:, 0], found[:, 1], np.full(len(found), max(1.0, self.rows - 1)))

    def to_bytes(self) -> bytes:
        """The tally as a stream of Arrow."""
        return stored.to_bytes(self)

    @classmethod
    def from_bytes(cls, content: bytes) -> Tally:
        """The tally of `to_bytes`."""
        return cls(**stored.fields(content))


def merge(tallies: Iterable[Tally]) -> Tally:
    """One tally of the rows of all; few are held at a time.

    Raises:
        DataError: There are none.
        ModelError: They are not of one explanation.
    """
    left = iter(tallies)
    found = list(islice(left, 1))
    if not found:
        msg = "No part of the table was explained."
        raise DataError(msg)
    while more := list(islice(left, _AT_ONCE)):
        found = [_merged([*found, *more])]
    return found[0]


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
    differ = [
        name for name in stored.SHARED if getattr(one.explanation, name) != getattr(other.explanation, name)
    ]
    differ += ["rows asked"] if dict(one.asked) != dict(other.asked) else []
    for name in ("targets", "held_out"):
        differ += [name] if (getattr(one, name) is None) != (getattr(other, name) is None) else []
    if differ:
        msg = f"Parts of one explanation differ in: {', '.join(differ)}; explain all parts anew."
        raise ModelError(msg)


def _sums(values: np.ndarray) -> list[np.ndarray]:
    """The sums of sizes and of squares of contributions of shape (rows, columns, outputs)."""
    import numpy as np

    found = np.empty((2, *values.shape[1:]), dtype=object)
    for column, output in np.ndindex(values.shape[1:]):
        sizes = np.abs(values[:, column, output], dtype=np.float64)
        if not (sizes <= _LARGEST).all():
            msg = f"Contributions must be finite numbers of at most {_LARGEST:.0e}; some are not."
            raise ModelError(msg)
        found[:, column, output] = exact_sum(sizes), exact_sum(sizes * sizes)
    return [*found]


def _drawn(tally: Tally) -> Tally:
    """The tally with those rows only that are asked for; if all have one target, those drawn tell which."""
    import numpy as np

    places, targets = places_drawn(tally.inputs.index, tally.asked, tally.held_out), tally.targets
    drawn = replace(
        tally.explanation,
        ids=tally.inputs.index[places],
        values=tally.explanation.values[places].astype(np.float64),
        base=tally.explanation.bases[places].astype(np.float64),
        prediction=tally.explanation.prediction[places].astype(np.float64),
        standard_error=None,
        fit=None,
    )
    if targets is not None:
        differ = tally.targets_differ or len(targets.unique()) > 1
        tally = replace(tally, targets=targets.iloc[places], targets_differ=differ)
    free = None if tally.held_out is None else tally.held_out[places]
    return replace(tally, explanation=drawn, inputs=tally.inputs.iloc[places], held_out=free)
