"""Tallies as bytes: every type and number comes back, and the fields that older parts lack have defaults."""

from __future__ import annotations

import numpy as np
import pandas as pd

from importances.base.test_tally import ASKED, INPUTS, ROWS, tally
from mxt.importances.base.stored import from_bytes, to_bytes


def test_bytes_bring_back_every_type_and_number() -> None:
    whole = tally()
    back = from_bytes(to_bytes(whole))
    pd.testing.assert_frame_equal(back.inputs, whole.inputs)
    assert back.targets is not None
    assert whole.targets is not None
    pd.testing.assert_series_equal(back.targets, whole.targets)
    assert back.inputs.index.name == "flag"
    for name in ("values", "base", "prediction"):
        np.testing.assert_array_equal(getattr(back.explanation, name), getattr(whole.explanation, name))
    assert (back.sizes == whole.sizes).all()
    assert (back.rows, back.largest_residual, back.rows_by_seed) == (ROWS, whole.largest_residual, ASKED)
    assert back.explanation.columns == [*INPUTS]


def test_bytes_without_counts_of_fitted_rows_are_read_as_none_known() -> None:
    """Parts written before rows were compared with a record have no such counts."""
    import json

    import pyarrow as pa

    with pa.ipc.open_stream(to_bytes(tally())) as reader:
        batch = reader.read_next_batch()
    facts = json.loads(batch.schema.metadata[b"tally"])
    older = {name: fact for name, fact in facts.items() if name not in {"fitted", "known"}}
    schema = batch.schema.with_metadata({"tally": json.dumps(older)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write(pa.record_batch(batch.columns, schema=schema))
    back = from_bytes(sink.getvalue().to_pybytes())
    assert (back.rows, back.fitted, back.known) == (ROWS, 0, 0)
