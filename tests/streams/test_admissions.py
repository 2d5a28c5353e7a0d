"""What becomes of rows that the model cannot take: found one by one, and written with their reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from contracts.stores import store, stores
from mxt.errors import DataError, ModelError
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.schemas import InputsSchema
from mxt.schemas.rules import Fault
from mxt.schemas.sifting import Sifted
from mxt.streams.admissions import REASONS, Admission, as_text, refused, rejected_rows
from mxt.streams.workloads import Done

if TYPE_CHECKING:
    from pathlib import Path

TABLE = pd.DataFrame({"text": list("pqrpqr")})
MODEL = Model(
    predictor_of(make_pipeline(OneHotEncoder(), LogisticRegression()).fit(TABLE, [0, 1] * 3), [], [])
)
"""It refuses each text that is none of these."""


@pytest.mark.parametrize("text", ["ppp", "xpp", "ppx", "pxxpqxr", "x", "xxxx", ""])
def test_rows_that_the_model_refuses_are_found_among_the_others(text: str) -> None:
    rows = pd.DataFrame({"text": [*text]}, dtype=object)
    assert refused(MODEL, rows).tolist() == [letter == "x" for letter in text]


def test_rows_that_the_model_refuses_are_left_out_of_the_work() -> None:
    sifted = Sifted(pd.DataFrame({"text": list("pxq")}))
    done, left = Admission(rejects=True, model=MODEL).work(
        lambda rows: Done(MODEL.predict(rows.taken)), sifted, None, "table"
    )
    assert done.table is not None
    assert done.table.index.tolist() == [0, 2]
    assert left.reasons == ["the model refuses the row"]


def test_an_error_that_no_row_causes_is_raised_as_it_is() -> None:
    def fail(_: Sifted) -> Done:
        msg = "It does not add up."
        raise ModelError(msg)

    with pytest.raises(ModelError, match="add up"):
        Admission(rejects=True, model=MODEL).work(fail, Sifted(TABLE), None, "table")


def test_a_category_that_the_model_alone_knows_is_a_fault_of_the_data() -> None:
    schema = InputsSchema.from_types({"text": "string"})
    admission = Admission(known=MODEL.predictor.categories, model=MODEL)
    sifted = admission.sift(schema, pd.DataFrame({"text": list("pxq")}), "table")
    with pytest.raises(DataError, match="text: a category that training did not have"):
        admission.work(lambda rows: Done(MODEL.predict(rows.taken)), sifted, schema, "table")


BATCH = pa.RecordBatch.from_pydict(
    {
        "age": [1.5, None, 3.0],
        "id": ["a", "b", "c"],
        REASONS: ["x", "y", "z"],
        "row": [7, 8, 9],
        "day": [1, 2, 3],
    }
)


def sifted_rows(places: list[int], index: pd.Index) -> Sifted:
    rows = np.isin(np.arange(3), places)
    return Sifted(pd.DataFrame(index=index), [Fault("age", "empty", rows), Fault("day", "new", rows)])


def test_rejected_rows_have_texts_but_for_their_id_and_watermark() -> None:
    sifted = sifted_rows([1, 2], pd.Index(["a", "b", "c"], name="id"))
    assert rejected_rows(BATCH, sifted, "id", "day").to_pydict() == {
        "id": ["b", "c"],
        "age": [None, "3"],
        REASONS: ["y", "z"],
        "row": ["8", "9"],
        "day": [2, 3],
        f"{REASONS}_": ["age: empty; day: new"] * 2,
    }


def test_rows_without_ids_have_their_number_in_a_column_of_its_own() -> None:
    found = rejected_rows(BATCH, sifted_rows([2], pd.RangeIndex(50, 53)), None, None)
    assert found.to_pydict()["row_"] == [52]
    assert found.schema.names == ["row_", *BATCH.schema.names, f"{REASONS}_"]


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (pa.array([True, None]), ["true", None]),
        (pa.array([[1, 2], None]), ["[1, 2]", None]),
        (pa.array([0, None], pa.timestamp("us")), ["1970-01-01 00:00:00.000000", None]),
        (pa.nulls(2), [None, None]),
    ],
)
def test_cells_of_any_type_become_texts(cells: pa.Array, texts: list[str | None]) -> None:
    assert as_text(cells).to_pylist() == texts


@pytest.mark.parametrize("name", stores())
def test_no_rejected_rows_are_written_with_their_columns(name: str, tmp_path: Path) -> None:
    place = store(name, tmp_path)
    by_part = getattr(place.writer, "partition_by", ())
    columns = {"id": ["x"], **{column: ["y"] for column in by_part}, REASONS: ["age: empty"]}
    some = pa.RecordBatch.from_pydict(columns)
    assert place.writer.write_arrow(iter([some.slice(0, 0), some.slice(0, 0)])) == 0
    present = place.writer.provenance()
    assert present is not None
    assert place.writer.add_arrow(iter([some.slice(0, 0)]), present, present) == 0
    now = place.writer.provenance()
    assert now is not None
    assert place.writer.add_arrow(iter([some]), now, now) == 1
    assert place.kind(**{name: value for name, value in place.options.items() if name != "types"}).read()[
        REASONS
    ].tolist() == ["age: empty"]
