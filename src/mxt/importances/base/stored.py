"""A tally as bytes: one row of tables and arrays in a stream of Arrow, and all else as JSON beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mxt.datasets import frames
from mxt.explainers.base import Explanation
from mxt.importances.base.tally import SHARED, Tally

if TYPE_CHECKING:
    import pandas as pd

_ARRAYS = ("values", "base", "prediction")


def to_bytes(tally: Tally) -> bytes:
    """The tally as a stream of Arrow."""
    import numpy as np
    import pyarrow as pa

    arrays = {name: getattr(tally.explanation, name) for name in _ARRAYS}
    held = {name: np.ascontiguousarray(array, "<f8").tobytes() for name, array in arrays.items()}
    held["inputs"] = frames.to_bytes(tally.inputs)
    if tally.targets is not None:
        held["targets"] = frames.to_bytes(tally.targets.rename(None).to_frame("target"))
    if tally.held_out is not None:
        held["held_out"] = tally.held_out.tobytes()
    schema = pa.schema([(name, pa.large_binary()) for name in held], {"tally": json.dumps(_facts(tally))})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write(pa.record_batch([[content] for content in held.values()], schema=schema))
    return sink.getvalue().to_pybytes()


def from_bytes(content: bytes) -> Tally:
    """The tally that `to_bytes` made a stream of."""
    import numpy as np
    import pyarrow as pa

    with pa.ipc.open_stream(content) as reader:
        batch = reader.read_next_batch()
    facts, held = json.loads(batch.schema.metadata[b"tally"]), batch.to_pylist()[0]
    inputs = frames.from_bytes(held["inputs"])
    targets = frames.from_bytes(held["targets"])["target"] if "targets" in held else None
    return Tally(
        rows=facts["rows"],
        sizes=np.array([[int(total, 16) for total in of] for of in facts["sizes"]], dtype=object),
        squares=np.array([[int(total, 16) for total in of] for of in facts["squares"]], dtype=object),
        largest_residual=facts["largest_residual"],
        rows_by_seed=dict(facts["asked"]),
        explanation=_explanation(inputs.index, facts["shared"], held),
        inputs=inputs,
        targets=targets if targets is None else targets.rename(facts["target"]),
        targets_differ=facts["targets_differ"],
        held_out=np.frombuffer(held["held_out"], bool) if "held_out" in held else None,
        fitted=facts.get("fitted", 0),
        known=facts.get("known", 0),
    )


def _facts(tally: Tally) -> dict[str, object]:
    """All but tables and arrays; sums in hexadecimal, since decimal digits are slow and bounded in number."""
    return {
        "sizes": [[hex(total) for total in of] for of in tally.sizes],
        "squares": [[hex(total) for total in of] for of in tally.squares],
        "rows": tally.rows,
        "largest_residual": tally.largest_residual,
        "asked": [*tally.rows_by_seed.items()],
        "shared": {name: getattr(tally.explanation, name) for name in SHARED},
        "target": None if tally.targets is None else tally.targets.name,
        "targets_differ": tally.targets_differ,
        "fitted": tally.fitted,
        "known": tally.known,
    }


def _explanation(ids: pd.Index, shared: dict[str, Any], held: dict[str, bytes]) -> Explanation:
    import numpy as np

    arrays = {name: np.frombuffer(held[name], "<f8").astype(np.float64) for name in _ARRAYS}
    columns, outputs = len(shared["columns"]), len(shared["outputs"])
    return Explanation(
        ids=ids,
        values=arrays["values"].reshape(len(ids), columns, outputs),
        base=arrays["base"].reshape(len(ids), outputs),
        prediction=arrays["prediction"].reshape(len(ids), outputs),
        **shared,
    )
