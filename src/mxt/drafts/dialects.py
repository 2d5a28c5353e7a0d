"""How a CSV file is written: its encoding, and the sign between two cells."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from mxt.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

HEAD_BYTES = 8 << 20
"""How much of a file is looked at."""

RECORDS = 200
"""Records by which the sign between cells is found."""

DELIMITERS = (",", ";", "\t", "|")

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    encoding: str
    delimiter: str


def dialect_of(content: bytes) -> Dialect:
    """The dialect of a file that begins with some bytes."""
    encoding = encoding_of(content)
    return Dialect(encoding, delimiter_of(decoded(content, encoding)))


def encoding_of(content: bytes) -> str:
    """The encoding of a text, by its byte order mark and its zeros; Windows-1252 if it is not UTF-8."""
    for bom, encoding in BOMS:
        if content.startswith(bom):
            return encoding
    odd, even = content[1:1001:2], content[0:1000:2]
    if odd and odd.count(0) > len(odd) // 2:
        return "utf-16-le"
    if even and even.count(0) > len(even) // 2:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def decoded(content: bytes, encoding: str) -> str:
    """The text of some bytes, without a byte order mark; the last characters may be cut off."""
    return codecs.getincrementaldecoder(encoding)(errors="replace").decode(content).removeprefix("\ufeff")


def delimiter_of(text: str) -> str:
    """The sign that parts the most records into as many cells as the header has; a comma if none does."""

    def fit(delimiter: str) -> tuple[float, int]:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            widths = [len(row) for row in islice(rows, RECORDS) if row]
        except csv.Error:
            return 0.0, 0
        if not widths or widths[0] < 2:  # noqa: PLR2004 - one cell is not parted
            return 0.0, 0
        return Counter(widths)[widths[0]] / len(widths), widths[0]

    fits = {delimiter: fit(delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=fits.__getitem__)
    return best if fits[best][1] else ","


def cells(content: bytes, dialect: Dialect, source: str) -> pd.DataFrame:
    """The records that some bytes hold whole, each cell as it is written.

    Raises:
        DataError: They are no table of this dialect.
    """
    import pyarrow as pa
    import pyarrow.csv

    text = decoded(content, dialect.encoding)
    if len(content) >= HEAD_BYTES:
        text = text[: text.rfind("\n") + 1]
    raw = text.encode()
    parse = pyarrow.csv.ParseOptions(
        delimiter=dialect.delimiter, newlines_in_values=True, invalid_row_handler=lambda _row: "skip"
    )
    try:
        names = next(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter), [])
        table = pyarrow.csv.read_csv(
            io.BytesIO(raw),
            read_options=pyarrow.csv.ReadOptions(block_size=len(raw) + 1),
            parse_options=parse,
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowException, csv.Error) as error:
        msg = f"{source}: no table of CSV ({type(error).__name__}); is the first line its header?"
        raise DataError(msg) from error
    frame: pd.DataFrame = table.to_pandas()
    return frame
