"""Columns of a CSV file that hold texts, though Arrow infers numbers or times from their cells.

CSV has no types. Digits are a text if their writer quoted them, which RFC 4180 does not require, or if a
number would lose some of them: 007 would be written back as 7.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    import pyarrow as pa

HEAD_BYTES = 1 << 20
"""How much of a file is looked at to see how its writer quotes and pads."""

QUOTED = "\x01"
"""Mark of cells that were quoted."""
_PADDED = r"^0[0-9]+$"
_WHOLE = r"^[+-]?[0-9]+$"


@dataclass(frozen=True)
class Head:
    """How the cells of the first lines of a CSV file are written, by column; missing cells do not count."""

    quoted: Mapping[str, float | None]
    """The share of the cells that are quoted, of those that need no quotes; None without a cell."""
    padded: frozenset[str]
    """Columns of which a whole number starts with 0."""
    whole: frozenset[str]
    """Columns whose cells are all whole numbers."""

    def texts(self, types: Mapping[str, pa.DataType], written: AbstractSet[str]) -> set[str]:
        """The columns that hold texts.

        These are columns whose cells are all quoted, if the writer leaves other cells unquoted; columns of
        which a whole number starts with 0; and columns of whole numbers that are too great for integers.

        Args:
            types: The columns to decide on, with the types that Arrow infers for them.
            written: Columns that the file's own metadata declare as texts, if MXT wrote it.
        """
        import pyarrow as pa

        selective = any(share is not None and share < 1 for share in self.quoted.values())
        return {
            name
            for name in types.keys() & self.quoted.keys()
            if (name in written and self.quoted[name] in (None, 1))
            or (selective and self.quoted[name] == 1)
            or (pa.types.is_floating(types[name]) and name in self.whole)
            or name in self.padded
        }


def header(stream: IO[bytes], delimiter: str, encoding: str = "utf-8-sig") -> list[str]:
    """The names in a file's first line; none if it is empty or has no end."""
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        names = next(csv.reader(text, delimiter=delimiter), [])
    except csv.Error:
        return []
    return [name.removeprefix("\ufeff") for name in names[:1]] + names[1:]


def head_of(content: bytes, delimiter: str, missing: Sequence[str]) -> Head | None:
    """How the first lines of a file are written; None if they cannot be parsed, which reading them reports.

    Args:
        content: What the file starts with, decompressed; more than `HEAD_BYTES` unless this is all of it.
        delimiter: The character between two cells.
        missing: Texts that stand for a missing value.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv

    content = _whole_lines(content)
    names = content.partition(b"\n")[0]
    parse = pyarrow.csv.ParseOptions(
        delimiter=delimiter, newlines_in_values=True, invalid_row_handler=lambda _row: "skip"
    )
    try:
        columns = pyarrow.csv.read_csv(io.BytesIO(names + b"\n"), parse_options=parse).column_names
        cells = pyarrow.csv.read_csv(
            io.BytesIO(_marked(content, delimiter)),
            read_options=pyarrow.csv.ReadOptions(
                column_names=columns, skip_rows=1, block_size=HEAD_BYTES * 3, use_threads=False
            ),
            parse_options=parse,
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowException:
        return None
    known = {name: _known(cells[name], missing) for name in cells.column_names}
    free = {name: _without(column, delimiter) for name, column in known.items()}
    plain = {name: pc.utf8_ltrim(column, QUOTED) for name, column in known.items()}
    return Head(
        quoted={name: pc.mean(pc.starts_with(column, QUOTED)).as_py() for name, column in free.items()},
        padded=frozenset(name for name, column in plain.items() if pc.any(_like(column, _PADDED)).as_py()),
        whole=frozenset(
            name for name, column in plain.items() if pc.all(_like(column, _WHOLE), min_count=1).as_py()
        ),
    )


def _known(cells: pa.ChunkedArray, missing: Sequence[str]) -> pa.ChunkedArray:
    """The cells that are not missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    absent = pa.array([*missing, *(QUOTED + text for text in missing)], pa.string())
    return cells.filter(pc.invert(pc.is_in(cells, absent)))


def _without(cells: pa.ChunkedArray, delimiter: str) -> pa.ChunkedArray:
    """The cells without the delimiter, which must be quoted."""
    import pyarrow.compute as pc

    return cells.filter(pc.invert(pc.match_substring(cells, delimiter)))


def _like(cells: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    """Whether each cell matches a regular expression."""
    import pyarrow.compute as pc

    return pc.match_substring_regex(cells, pattern)


def _whole_lines(content: bytes) -> bytes:
    """The head of a file without its last, incomplete line; a line break within quotes ends no line."""
    if len(content) <= HEAD_BYTES:
        return content
    end = content.rfind(b"\n")
    while end > 0 and content.count(b'"', 0, end) % 2:
        end = content.rfind(b"\n", 0, content.rfind(b'"', 0, end))
    return content[: end + 1]


def _marked(content: bytes, delimiter: str) -> bytes:
    """The content with `QUOTED` within the opening quote of each quoted cell."""
    if b'"' not in content:
        return content
    before = re.escape(delimiter.encode()) + rb"\r\n"
    return re.sub(rb'(?<![^%s])"([^"]*(?:""[^"]*)*")' % before, b'"\x01\\1', content)
