"""What every importance gives: one table, and what else it found, in source columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mxt.datasets.splitters.base import draw
from mxt.errors import ConfigError, ModelError
from mxt.explainers.base.sampling import CELLS, finite
from mxt.kinds import Kind
from mxt.schemas import EffectsSchema, FeatureImportancesSchema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    import pandas as pd

    from mxt.findings.documents import Block
    from mxt.importances.base.tally import Tally
    from mxt.predictors.base import Predictor
    from mxt.stats.intervals import Interval

CLEAR_DIRECTION = 0.3
"""Rank correlation of a column's values with their effects from which its direction is told."""

SEED = 0
"""Seed of the rows that are drawn for figures and directions."""

SHOWN_ROWS = 5000
"""Rows that are drawn for figures and directions."""


@dataclass(frozen=True)
class Subject:
    """The model to be measured, and rows that stand for its population."""

    predictor: Predictor
    inputs: pd.DataFrame | None = None
    """Samples; None if there are none."""
    tally: Tally | None = None
    """What is told of all rows explained, if some were; the inputs are those that it drew."""
    targets: pd.Series[Any] | None = None
    """What the model should have predicted, by the ids of the inputs."""
    held_out: np.ndarray | None = None
    """Whether each input may be compared with its target, since the model was not fitted to it; None if all
    may. Shape (rows,)."""
    positive: str | None = None
    """The class that a score is about where its metric names none."""

    def samples(self, kind: str) -> pd.DataFrame:
        """The model's columns of the inputs.

        Raises:
            ModelError: There are no samples, or a column holds infinite numbers.
        """
        if self.inputs is None or self.inputs.empty:
            msg = f"{kind} looks at samples, and the model version keeps none; give it some."
            raise ModelError(msg)
        return finite(self.predictor.select(self.inputs))


@dataclass(frozen=True)
class Measurement:
    """The result of one importance."""

    table: pd.DataFrame | None
    """Of `FeatureImportancesSchema`; None if the model has no such importances."""
    effects: pd.DataFrame | None = None
    """Of `EffectsSchema`, if it draws curves."""
    note: str = ""
    """Why there is no table."""
    blocks: Sequence[Block] = ()
    """What a table does not show, for a page: the rules of a tree."""


class Importance(Kind, ABC):
    """Measures how much each source column matters to a model."""

    needs_explanation: ClassVar[bool] = False
    """Whether it looks at contributions to the samples."""

    needs_targets: ClassVar[bool] = False
    """Whether it must know what the model should have predicted."""

    @abstractmethod
    def measure(self, subject: Subject) -> Measurement:
        """Measure every source column.

        Raises:
            ModelError: There are no samples, or the model refuses them.
            DataError: Targets are missing, or do not fit the model.
        """


def importances_table(measurements: Sequence[Measurement]) -> pd.DataFrame:
    """One table of `FeatureImportancesSchema` of all that was found.

    Raises:
        ConfigError: Two importances have the same method.
        ModelError: Nothing was found.
    """
    import pandas as pd

    tables = [found.table for found in measurements if found.table is not None]
    if not tables:
        why = " ".join(found.note for found in measurements)
        msg = f"The model tells no importances, explain it with samples. {why}".strip()
        raise ModelError(msg)
    methods = [str(method) for table in tables for method in table["method"].unique()]
    twice = sorted({method for method in methods if methods.count(method) > 1})
    if twice:
        msg = f"Two importances give the method {', '.join(twice)}; ask for each once."
        raise ConfigError(msg)
    return FeatureImportancesSchema.check(pd.concat(tables, ignore_index=True))


def effects_table(measurements: Sequence[Measurement]) -> pd.DataFrame | None:
    """One table of `EffectsSchema` of all curves, or None without any."""
    import pandas as pd

    tables = [found.effects for found in measurements if found.effects is not None]
    return EffectsSchema.check(pd.concat(tables, ignore_index=True)) if tables else None


def ranked(columns: list[str], importances: np.ndarray, method: str, unit: str, **facts: Any) -> pd.DataFrame:  # noqa: ANN401 - cells of any type
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
    facts = {"class": None, "ci_low": np.nan, "ci_high": np.nan, "fidelity": np.nan, "n": pd.NA, **facts}
    table = pd.DataFrame({"feature": columns, "importance": importances.astype(float)})
    table["share"] = positive / (positive.sum() or 1.0)
    table = table.assign(method=method, unit=unit, **{"direction": "unknown", **facts})
    table = table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)
    table["rank"] = range(1, len(table) + 1)
    types = {"class": "str", "ci_low": "float64", "ci_high": "float64", "fidelity": "float64", "n": "Int64"}
    order = ("feature", "method", "class", "importance", "ci_low", "ci_high", "share", "rank", "direction")
    return table[[*order, "unit", "n", "fidelity"]].astype(types)


def bounds(found: Interval, at: Any = ...) -> dict[str, np.ndarray]:  # noqa: ANN401 - an index of an array
    """The ends of an interval as columns of a table."""
    return {"ci_low": found.low[at], "ci_high": found.high[at]}


def direction(values: np.ndarray, effects: np.ndarray) -> str:
    """Whether higher values of a column raise or lower the prediction, told by their rank correlation.

    Args:
        values: Numbers, NaN where a value is missing, shape (n,).
        effects: Shape (n,).
    """
    import numpy as np
    import pandas as pd

    known = ~np.isnan(values)
    ranks = pd.DataFrame({"value": values[known], "effect": effects[known]}).rank()
    if (ranks.nunique() < 2).any():  # noqa: PLR2004 - two to compare
        return "varies"
    correlation = ranks["value"].corr(ranks["effect"])
    if abs(correlation) < CLEAR_DIRECTION:
        return "varies"
    return "raises" if correlation > 0 else "lowers"


def rows_asked(importances: Iterable[Importance]) -> dict[int, int]:
    """How many rows to draw by each seed, so that each importance finds those it would draw of all.

    An importance tells by its fields `rows` and `seed`; one without gets those drawn for figures.
    """
    asked = {SEED: SHOWN_ROWS}
    for importance in importances:
        seed = getattr(importance, "seed", SEED)
        asked[seed] = max(asked.get(seed, 0), getattr(importance, "rows", 0))
    return dict(sorted(asked.items()))


def drawn(table: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    """At most `rows` rows, drawn by their ids and the seed, in the order of the draw.

    So the same rows come in the same order, however the table is ordered.
    """
    import numpy as np

    return table.iloc[np.argsort(draw(table.index, seed), kind="stable")[:rows]]


def places_drawn(ids: pd.Index, asked: Mapping[int, int], among: np.ndarray | None = None) -> np.ndarray:
    """The places of the rows with the smallest draws by each seed, in the order of their draws by `SEED`.

    Args:
        ids: Of all rows.
        asked: How many rows to draw by each seed.
        among: Some of the rows, from which as many are drawn as well: booleans, shape (rows,).
    """
    import numpy as np

    shown, kept = draw(ids, SEED), np.zeros(len(ids), dtype=bool)
    for seed, rows in asked.items():
        keys = shown if seed == SEED else draw(ids, seed)
        kept[_smallest(keys, rows)] = True
        if among is not None:
            places = np.flatnonzero(among)
            kept[places[_smallest(keys[places], rows)]] = True
    return np.flatnonzero(kept)[np.argsort(shown[kept], kind="stable")]


def _smallest(keys: np.ndarray, count: int) -> np.ndarray | slice:
    """Where the smallest keys are; all of them if there are no more."""
    import numpy as np

    return np.argpartition(keys, count)[:count] if count < len(keys) else slice(None)


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


def texts(cells: pd.Series[Any]) -> list[str | None]:
    """Each cell as text, None if it is missing."""
    return [
        None if missing else str(cell)
        for cell, missing in zip(cells.astype(object), cells.isna(), strict=True)
    ]
