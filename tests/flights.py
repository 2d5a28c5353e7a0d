"""A table of flights as tests need it: few destinations, more tail numbers than a schema lists, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from runs import SMALL, run

if TYPE_CHECKING:
    from pathlib import Path

DESTINATIONS = ["ATL", "BOS", "LAX", "ORD"]


def flights(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    """Flights by id: `tail` is a text of many values, `hour` a whole number, `distance` a number."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "destination": random.choice(DESTINATIONS, rows),
            "tail": [f"N{number:03}" for number in random.integers(0, 250, rows)],
            "hour": random.integers(0, 24, rows),
            "distance": random.normal(900, 300, rows).round(1),
        },
        index=pd.Index([f"f{seed}-{row:04}" for row in range(rows)], name="flight"),
    )
    late = (table["hour"] > 12) ^ (table["destination"] == "ORD") ^ (table["tail"] > "N200")
    return table.assign(late=np.where(late, "yes", "no"))


def source(path: Path, table: pd.DataFrame, **fields: Any) -> dict[str, Any]:
    """The reader of a table, which is written to a CSV file."""
    table.to_csv(path)
    return {"KIND": "CsvReader", "path": str(path), "id_column": "flight", **fields}


def train_flights(root: Path, **fields: Any) -> dict[str, Any]:
    """Train on the flights; the version gets the alias Champion."""
    defaults = {"inputs": source(root / "flights.csv", flights()), "target": "late", "recipe": SMALL}
    return run(root, "TrainingJob", **{"alias": "Champion", **defaults, **fields})
