"""Columns of a CSV file that hold texts, though Arrow infers numbers or times from their cells.

CSV has no types. Digits are a text where their writer quoted them, which RFC 4180 does not ask for, or where
a number would lose some of them: 007 is written as 7 once it was read as a number.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    import pyarrow as pa

HEAD_BYTES = 1 << 20
"""The head of a file, which tells how its writer quotes and pads."""

QUOTED = "\x01"
"""Mark of cells that were quoted."""
_PADDED = r"^0[0-9]+$"
_WHOLE = r"^[+-]?[0-9]+$"


@dataclass(frozen=True)
class Head:
    """The first lines of a CSV file, as texts."""

    cells: pa.Table
    """Cells that were quoted start with `QUOTED`."""
    missing: Sequence[str]
    """Texts that stand for a missing value."""

    def texts(self, types: dict[str, pa.DataType], written: AbstractSet[str]) -> set[str]:
        """The columns that hold texts.

        These are columns whose cells are all quoted, if the writer leaves other cells unquoted; those where a
        whole number starts with 0; and those of whole numbers that are too great for integers.

        Args:
            types: The types that Arrow infers for the columns asked about.
            written: Columns that the file's own metadata declare as texts, if MXT wrote it.
        """
        import pyarrow as pa

        quoted = {name: self._quoted(name) for name in self.cells.column_names}
        selective = any(share is not None and share < 1 for share in quoted.values())
        found = set()
        for name in types.keys() & quoted.keys():
            said = name in written and quoted[name] in (None, 1)
            beyond = pa.types.is_floating(types[name]) and self._all_whole(name)
            if said or (selective and quoted[name] == 1) or beyond or self._padded(name):
                found.add(name)
        return found

    def _known(self, name: str) -> pa.ChunkedArray:
        """The cells of a column that are not missing."""
        import pyarrow as pa
        import pyarrow.compute as pc

        cells = self.cells[name]
        missing = pa.array([*self.missing, *(QUOTED + text for text in self.missing)], pa.string())
        return cells.filter(pc.invert(pc.is_in(cells, missing)))

    def _plain(self, name: str) -> pa.ChunkedArray:
        import pyarrow.compute as pc

        return pc.utf8_ltrim(self._known(name), QUOTED)

    def _quoted(self, name: str) -> float | None:
        """The share of a column's cells that are quoted; None without a cell."""
        import pyarrow.compute as pc

        return pc.mean(pc.starts_with(self._known(name), QUOTED)).as_py()

    def _padded(self, name: str) -> bool:
        import pyarrow.compute as pc

        return bool(pc.any(pc.match_substring_regex(self._plain(name), _PADDED)).as_py())

    def _all_whole(self, name: str) -> bool:
        import pyarrow.compute as pc

        return bool(pc.all(pc.match_substring_regex(self._plain(name), _WHOLE), min_count=1).as_py())


def head_of(stream: IO[bytes], delimiter: str, missing: Sequence[str]) -> Head | None:
    """The head of a file; None where it cannot be parsed, which reading the file reports.

    Args:
        stream: The file's content, decompressed.
        delimiter: The character between two cells.
        missing: Texts that stand for a missing value.
    """
    import pyarrow as pa
    import pyarrow.csv

    content = _whole_lines(stream.read(HEAD_BYTES + 1))
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
    return Head(cells, missing)


def _whole_lines(content: bytes) -> bytes:
    """The content, cut after a line if it was cut; a line that ends within quotes goes on."""
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
