"""Numbers of CSV files that are written with separators between thousands, which Arrow takes for texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pyarrow as pa
    import pyarrow.compute as pc


def number_fields(schema: pa.Schema) -> dict[str, pa.DataType]:
    """The columns of numbers."""
    import pyarrow as pa

    return {field.name: field.type for field in schema if field.type in (pa.int64(), pa.float64())}


def with_types(schema: pa.Schema, types: Mapping[str, pa.DataType]) -> pa.Schema:
    """The schema with other types of some columns."""
    import pyarrow as pa

    return pa.schema([field.with_type(types.get(field.name, field.type)) for field in schema])


def as_texts(schema: pa.Schema, names: Collection[str]) -> pa.Schema:
    """The schema with some columns as texts."""
    import pyarrow as pa

    return with_types(schema, dict.fromkeys(names, pa.string()))


def chosen(
    batch: pa.RecordBatch, condition: pc.Expression | None, columns: list[str]
) -> Iterator[pa.RecordBatch]:
    """The rows that meet a condition, with just some columns; all columns if there are none to choose."""
    import pyarrow as pa

    if condition is None:
        yield batch
        return
    rows = pa.Table.from_batches([batch]).filter(condition).combine_chunks()
    yield from (rows.select(columns) if columns else rows).to_batches()


def number_types(batch: pa.RecordBatch, separators: tuple[str, str]) -> dict[str, pa.DataType]:
    """The types of columns of texts whose cells are all numbers: whole numbers, or else doubles.

    Args:
        batch: Texts.
        separators: Before a fraction, and between thousands.
    """
    import pyarrow as pa

    types: dict[str, pa.DataType] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if len(column) == column.null_count:
            continue
        for kind in (pa.int64(), pa.float64()):
            try:
                numbers(column, kind, *separators)
            except pa.ArrowInvalid:
                continue
            types[name] = kind
            break
    return types


def with_numbers(
    batch: pa.RecordBatch, types: Mapping[str, pa.DataType], separators: tuple[str, str], source: str
) -> pa.RecordBatch:
    """The batch with columns of texts as numbers of the given types.

    Raises:
        DataError: Cells of a column are no numbers of its type; they are described by their shapes.
    """
    import pyarrow as pa

    from mxt.schemas.shapes import number_pattern

    for place, field in enumerate(batch.schema):
        if field.name not in types:
            continue
        kind, column = types[field.name], batch.column(place)
        try:
            new = numbers(column, kind, *separators)
        except pa.ArrowInvalid as error:
            form = re.compile(number_pattern(*separators))
            others = [cell for cell in column.to_pylist() if cell is not None and not form.search(cell)]
            msg = f"{source}: column {field.name!r} is {kind} in rows before it{mended(others)}"
            raise DataError(msg) from error
        batch = batch.set_column(place, field.with_type(kind), new)
    return batch


def mended(cells: Sequence[str]) -> str:
    """The end of a sentence on texts that came among numbers: how they are written, and the next step."""
    from mxt.schemas.shapes import number_shape

    hint = number_shape([*cells, *[0] * len(cells)])
    like = f": {'; '.join(hint.advice)}" if hint else ""
    return f"{like}; mend it, or name its type in `types`."


def numbers(column: pa.Array, kind: pa.DataType, decimal: str, thousands: str) -> pa.Array:
    """The numbers that texts stand for, each the nearest to its decimals; null stays null.

    Raises:
        pyarrow.ArrowInvalid: A cell is no number of this kind, or not grouped by three digits.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from mxt.schemas.shapes import ALIKE, number_pattern

    cells, between = pc.utf8_trim_whitespace(column), ALIKE.get(thousands, thousands)
    written = _holds(cells, between if decimal == "." else f"{between}{decimal}.")
    if pc.any(written).as_py():
        fits = pc.match_substring_regex(cells, number_pattern(decimal, thousands))
        if pc.any(pc.and_not(written, fits)).as_py():
            msg = "A cell is no number with these separators."
            raise pa.ArrowInvalid(msg)
        for sign in between:
            cells = pc.replace_substring(cells, sign, "")
        if decimal != ".":
            cells = pc.replace_substring(cells, decimal, ".")
        if pc.any(pc.starts_with(cells, "+")).as_py():  # Arrow reads no sign before whole numbers but a minus
            cells = pc.replace_substring_regex(cells, r"^\+([0-9])", r"\1")
    return cells.cast(kind)


def _holds(cells: pa.Array, signs: str) -> pa.Array:
    """Whether each text holds one of some signs."""
    import pyarrow.compute as pc

    if len(signs) == 1:  # Arrow finds one sign faster than a pattern
        return pc.match_substring(cells, signs)
    return pc.match_substring_regex(cells, f"[{re.escape(signs)}]")
