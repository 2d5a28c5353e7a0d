"""What the base of all readers does, shown on a reader that holds its batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from mxt.datasets.conditions import Sample
from mxt.datasets.marks import Mark
from mxt.datasets.readers.base import Reader
from mxt.datasets.readers.sklearn import SklearnReader
from mxt.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from mxt.datasets.readers.csv import CsvReader


@pytest.fixture
def reader(tmp_path: Path) -> CsvReader:
    """A reader of six rows."""
    from mxt.datasets.readers.csv import CsvReader

    path = tmp_path / "six.csv"
    path.write_text("id,x,__index_level_0__\na,1,0\nb,2,1\nc,3,2\nd,4,3\ne,5,4\nf,,5\n")
    return CsvReader(path=str(path), id_column="id")


def ids(reader: Reader, first_row: int = 0) -> list[str]:
    return [name for batch in reader.arrow(first_row=first_row) for name in batch.column("id").to_pylist()]


def test_rows_beyond_a_mark_and_without_its_cell_are_read(reader: CsvReader) -> None:
    later = reader.since(Mark("x", "number", 3))
    assert ids(later) == ["d", "e", "f"]
    assert ids(later, first_row=1) == ["e", "f"]
    assert (reader.mark, later.mark) == (None, Mark("x", "number", 3))
    assert reader.since(Mark("x", "number", 0)).model_copy(update={"limit": 2}).rows() == 2


def test_an_index_without_a_name_is_read_only_by_name_or_by_the_former_reading(reader: CsvReader) -> None:
    index = "__index_level_0__"
    assert index not in reader.wanted(None)
    assert index in reader.by("inferred").wanted(None)
    assert reader.model_copy(update={"columns": (index,)}).wanted(None) == ["id", index]


def test_a_reading_of_the_config_stays(reader: CsvReader) -> None:
    assert reader.exact
    assert not reader.by("inferred").exact
    assert not reader.by("inferred").by("exact").exact


def test_readings_are_compared_by_columns_and_types(reader: CsvReader) -> None:
    former = reader.by("inferred")
    assert reader.reads_as(reader.by("exact"))
    assert not reader.reads_as(former), "the former reading has a column more"
    assert reader.reads_as(former, ["x"])


def test_ids_that_are_there_several_times_name_the_column(reader: CsvReader) -> None:
    with pytest.raises(DataError, match=r"the table has no columns \['ID'\]; it has \['id', 'x',"):
        reader.model_copy(update={"id_column": "ID"}).read()


@pytest.mark.parametrize(("fields", "rows"), [({"limit": 4}, 4), ({"sample": Sample(rows=2), "limit": 5}, 2)])
def test_limit_and_sample_decide_how_many_rows_there_are(
    reader: CsvReader, fields: dict[str, object], rows: int
) -> None:
    fewer = reader.model_copy(update=fields)
    assert fewer.rows() == len(ids(fewer)) == rows


def test_a_reader_without_an_id_is_not_empty() -> None:
    assert not SklearnReader(name="iris").empty()
    assert SklearnReader(name="iris", filters=(("target", "==", "tulip"),)).empty()


def test_an_id_column_without_a_name_is_read_beside_other_columns(reader: CsvReader, tmp_path: Path) -> None:
    (tmp_path / "from_r.csv").write_text('"",x,y\n"1",5,6\n"2",7,8\n')
    from_r = reader.model_copy(update={"path": str(tmp_path / "from_r.csv"), "id_column": ""})
    assert [*from_r.read(["x"]).index] == ["1", "2"]


def test_batches_of_the_former_reading_have_doubles() -> None:
    from decimal import Decimal

    batch = pa.record_batch({"x": [Decimal("1.5")]})
    assert SklearnReader(name="iris").settled(batch).schema.field("x").type == pa.decimal128(2, 1)
    assert (
        SklearnReader(name="iris", reading="inferred").settled(batch).schema.field("x").type == pa.float64()
    )
