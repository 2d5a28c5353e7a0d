"""Deliveries of which a few are late: two classes whose alphabetical order puts the rare one first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path


def deliveries(rows: int, seed: int) -> pd.DataFrame:
    """Orders by id, of which one in six comes late; `arm` is drawn by a coin."""
    chance = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "order": [f"{seed:02}{row:05}x" for row in range(rows)],
            "distance": chance.normal(size=rows),
            "hour": chance.normal(size=rows),
            "district": chance.choice(["north", "south"], rows),
            "arm": chance.choice(["A", "B"], rows),
        }
    )
    margin = 1.8 * table["distance"] - table["hour"] + (table["district"] == "north") - 3
    late = chance.random(rows) < 1 / (1 + np.exp(-margin))
    return table.assign(arrival=np.where(late, "late", "on time"))


def reader(folder: Path, rows: int, seed: int) -> dict[str, Any]:
    """A reader of the deliveries, written as CSV into a folder."""
    path = folder / f"deliveries_{seed}.csv"
    deliveries(rows, seed).to_csv(path, index=False)
    return {"KIND": "CsvReader", "path": str(path), "id_column": "order"}
