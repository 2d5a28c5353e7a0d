"""The record of the runs that added rows to an output: the latest runs in full, earlier ones summed up."""

from __future__ import annotations

import hashlib
import json
from typing import TypedDict

KEPT_RUNS = 30
"""How many runs are recorded in full, so that the record does not grow without end."""


class AddedRows(TypedDict):
    """The rows that one run added to an output."""

    watermark: str | float
    """The greatest watermark of the rows."""
    rows: int
    model_uri: str
    data_digest: str
    """Digest of the table that the run read."""


class EarlierRuns(TypedDict):
    """The sum of the runs before those that are recorded in full."""

    earlier_runs: int
    rows: int
    digest: str
    """SHA-256 of the digest before and the JSON of the latest of these runs: a chain over all of them."""


def recorded(record: str, added: AddedRows) -> str:
    """The record after another run, as a JSON list: the earlier runs if there are any, then the latest ones.

    Args:
        record: The record before; ``[]`` for the first run. Earlier releases recorded all runs in full.
        added: What the run added.
    """
    runs = [*json.loads(record), added]
    earlier: EarlierRuns = {"earlier_runs": 0, "rows": 0, "digest": ""}
    if "earlier_runs" in runs[0]:
        earlier = runs.pop(0)
    for run in runs[:-KEPT_RUNS]:
        link = earlier["digest"] + json.dumps(run, sort_keys=True)
        earlier = {
            "earlier_runs": earlier["earlier_runs"] + 1,
            "rows": earlier["rows"] + run["rows"],
            "digest": hashlib.sha256(link.encode()).hexdigest(),
        }
    summary = [earlier] if earlier["earlier_runs"] else []
    return json.dumps([*summary, *runs[-KEPT_RUNS:]])
