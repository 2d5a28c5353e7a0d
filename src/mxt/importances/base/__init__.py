"""What every importance returns: a table in source columns, and perhaps curves and rules."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mxt.errors import ConfigError, ModelError
from mxt.explainers.base.sampling import CELLS, finite
from mxt.importances.base.draws import SEED, SHOWN_ROWS
from mxt.kinds import Kind
from mxt.schemas import EffectsSchema, FeatureImportancesSchema
from mxt.schemas.captions import NO_CAPTIONS, Captions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    import pandas as pd

    from mxt.findings.documents import Block
    from mxt.importances.base.tally import Tally
    from mxt.predictors.base import Predictor
    from mxt.stats.intervals import Interval

CLEAR_DIRECTION = 0.3
"""Rank correlation of a column's values with its effects from which the column has a direction."""


@dataclass(frozen=True)
class Basis:
    """What importances are measured from: a model, and rows that stand for its population."""

    predictor: Predictor
    inputs: pd.DataFrame | None = None
    """Samples; None if there are none."""
    tally: Tally | None = None
    """Sums over all rows explained, if rows were explained; `inputs` are then the rows that it drew."""
    targets: pd.Series | None = None
    """The true target of each input, by id."""
    held_out: np.ndarray | None = None
    """Whether the model was fitted without each input, so that it may be compared with its target; booleans,
    shape (rows,). None if all inputs may be compared."""
    positive: str | None = None
    """The class that a score is about if its metric names none."""
    captions: Captions = NO_CAPTIONS
    """How people call the columns, on pages."""

    def samples(self, kind: str) -> pd.DataFrame:
        """The model's columns of the inputs.

        Raises:
            ModelError: There are no samples, or a column holds infinite numbers.
        """
        if self.inputs is None or self.inputs.empty:
            msg = f"{kind} needs samples, and the model version keeps none; give it some."
            raise ModelError(msg)
        return finite(self.predictor.select(self.inputs))


@dataclass(frozen=True)
class Measurement:
    """The result of one importance."""

    table: pd.DataFrame | None
    """A table of `FeatureImportancesSchema`; None if the model has no such importances."""
    effects: pd.DataFrame | None = None
    """A table of `EffectsSchema`, if the importance draws curves."""
    note: str = ""
    """Why there is no table."""
    blocks: Sequence[Block] = ()
    """What a page shows beside the table, such as the rules of a tree."""


class Importance(Kind, ABC):
    """Measures how much each source column matters to a model."""

    needs_explanation: ClassVar[bool] = False
    """Whether it is computed from contributions to the samples."""

    needs_targets: ClassVar[bool] = False
    """Whether it compares predictions with true targets."""

    @abstractmethod
    def measure(self, basis: Basis) -> Measurement:
        """Measure every source column.

        Raises:
            ModelError: There are no samples, or the model refuses them.
            DataError: Targets are missing, or do not fit the model.
        """


def importances_table(measurements: Sequence[Measurement]) -> pd.DataFrame:
    """The tables of all measurements as one of `FeatureImportancesSchema`.

    Raises:
        ConfigError: Two importances have the same method.
        ModelError: No measurement has a table.
    """
    import pandas as pd

    tables = [measurement.table for measurement in measurements if measurement.table is not None]
    if not tables:
        why = " ".join(measurement.note for measurement in measurements)
        msg = f"The model has no importances of its own; explain it with samples. {why}".strip()
        raise ModelError(msg)
    methods = [str(method) for table in tables for method in table["method"].unique()]
    twice = sorted({method for method in methods if methods.count(method) > 1})
    if twice:
        msg = f"Two importances have the method {', '.join(twice)}; name each once."
        raise ConfigError(msg)
    return FeatureImportancesSchema.check(pd.concat(tables, ignore_index=True))


def effects_table(measurements: Sequence[Measurement]) -> pd.DataFrame | None:
    """The curves of all measurements as one table of `EffectsSchema`, or None if there are none."""
    import pandas as pd

    tables = [measurement.effects for measurement in measurements if measurement.effects is not None]
    return EffectsSchema.check(pd.concat(tables, ignore_index=True)) if tables else None


def ranked(
    columns: list[str], importances: np.ndarray, method: str, unit: str, **facts: object
) -> pd.DataFrame:
    """One method's rows of `FeatureImportancesSchema` for one class, the most important column first.

    Args:
        columns: Source columns.
        importances: Shape (columns,); a negative one has no share.
        method: Name of the method.
        unit: What the importances are measured in.
        facts: Other columns of the schema, a value or one for each column.
    """
    import numpy as np
    import pandas as pd

    positive = np.maximum(importances, 0.0)
    cells: dict[str, object] = {"feature": columns, "importance": importances.astype(float)}
    cells |= {"method": method, "unit": unit, "share": positive / (positive.sum() or 1.0)}
    cells |= {"class": None, "ci_low": np.nan, "ci_high": np.nan, "fidelity": np.nan, "n": pd.NA}
    table = pd.DataFrame({**cells, "direction": "unknown", **facts}).sort_values(
        "importance", ascending=False, kind="stable", ignore_index=True
    )
    table["rank"] = range(1, len(table) + 1)
    types = {"class": "str", "ci_low": "float64", "ci_high": "float64", "fidelity": "float64", "n": "Int64"}
    order = ("feature", "method", "class", "importance", "ci_low", "ci_high", "share", "rank", "direction")
    return table[[*order, "unit", "n", "fidelity"]].astype(types)


def bounds(interval: Interval, output: int | None = None) -> dict[str, np.ndarray]:
    """The ends of an interval as columns of a table; of one output where they have the shape (n, outputs)."""
    at = ... if output is None else (slice(None), output)
    return {"ci_low": interval.low[at], "ci_high": interval.high[at]}


def direction(values: np.ndarray, effects: np.ndarray) -> str:
    """Whether higher values of a column raise or lower the prediction, by their rank correlation.

    Args:
        values: Numbers, NaN where a value is missing, shape (n,).
        effects: Shape (n,).
    """
    import numpy as np
    import pandas as pd

    known = ~np.isnan(values)
    ranks = pd.DataFrame({"value": values[known], "effect": effects[known]}).rank()
    if ranks.nunique().min() <= 1:
        return "varies"
    correlation = ranks["value"].corr(ranks["effect"])
    if abs(correlation) < CLEAR_DIRECTION:
        return "varies"
    return "raises" if correlation > 0 else "lowers"


def rows_by_seed(importances: Iterable[Importance]) -> dict[int, int]:
    """How many rows to draw under each seed, so that each importance gets the rows that it would draw of all.

    An importance says so by its fields `rows` and `seed`; one without such fields gets the rows of figures.
    """
    counts = {SEED: SHOWN_ROWS}
    for importance in importances:
        seed = getattr(importance, "seed", SEED)
        counts[seed] = max(counts.get(seed, 0), getattr(importance, "rows", 0))
    return dict(sorted(counts.items()))


def with_cells(
    inputs: pd.DataFrame, column: str, rows: np.ndarray, donors: np.ndarray
) -> Iterator[pd.DataFrame]:
    """The rows `rows` with the cell of one column taken from the rows `donors`, in parts of bounded size.

    Args:
        inputs: Any table; types of columns are kept.
        column: The column to change.
        rows: Positions, shape (n,).
        donors: Positions, shape (n,).
    """
    step, cells = max(1, CELLS // len(inputs.columns)), inputs[column].array
    for start in range(0, len(rows), step):
        part = inputs.iloc[rows[start : start + step]].copy()
        part[column] = cells.take(donors[start : start + step])
        yield part.reset_index(drop=True)


def texts(cells: pd.Series) -> list[str | None]:
    """Each cell as text, None if it is missing."""
    return [
        None if missing else str(cell)
        for cell, missing in zip(cells.astype(object), cells.isna(), strict=True)
    ]
