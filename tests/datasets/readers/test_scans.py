"""A file is read once to infer its types, however often a job asks about its columns."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pytest

from counted import opened, put
from mxt.datasets.readers.base.files import FileReader
from mxt.datasets.readers.csv import CsvReader
from mxt.datasets.readers.jsonl import JsonlReader
from mxt.datasets.readers.parquet import ParquetReader

WIDE = pd.DataFrame(
    {"id": [10**19, 10**19 + 2], **{f"x{place}": [1.5, None] for place in range(40)}, "none": None}
)


def content(kind: type[FileReader]) -> bytes:
    """The wide table in the format of a reader."""
    if kind is JsonlReader:
        return WIDE.to_json(orient="records", lines=True).encode()
    buffer = io.BytesIO()
    if kind is CsvReader:
        WIDE.to_csv(buffer, index=False)
    else:
        WIDE.astype({"id": "uint64"}).to_parquet(buffer)
    return buffer.getvalue()


def learn(reader: FileReader) -> list[Any]:
    """What a job asks of a reader before it reads rows."""
    names = reader.names()
    suited = reader.suited({"id"}, {"x0"})
    former = suited.model_copy(update={"reading": "inferred"})
    return [names, suited.wanted(None), suited.declared(names), suited.reads_as(former)]


@pytest.mark.parametrize("kind", [CsvReader, JsonlReader, ParquetReader])
def test_columns_and_types_are_learnt_once(kind: type[FileReader]) -> None:
    reader = kind(path=put(f"once {kind.__name__}", content(kind)), id_column="id")
    first = learn(reader)
    begun = opened()
    assert 0 < begun <= 3
    assert learn(reader) == first
    assert learn(kind(path=reader.path, id_column="id")) == first
    assert opened() == begun


@pytest.mark.parametrize("kind", [CsvReader, JsonlReader])
@pytest.mark.parametrize("settled", [True, False], ids=["long ago", "a moment ago"])
def test_a_file_that_changed_is_read_anew(kind: type[FileReader], *, settled: bool) -> None:
    numbers, texts = (b"1", b'"a"')
    line = b"a\n%s\n" if kind is CsvReader else b'{"a": %s}\n'
    reader = kind(path=put(f"changed {kind.__name__}", line % numbers, settled=settled))
    assert [str(type_) for type_ in reader.declared(["a"]).values()] == ["int64"]
    put(f"changed {kind.__name__}", line % texts, settled=settled)
    assert [str(type_) for type_ in reader.declared(["a"]).values()] == ["string"]
    assert reader.read()["a"].tolist() == ["a"]
