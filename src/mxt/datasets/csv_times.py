"""Times of CSV files that are written in formats of their own, which Arrow takes for texts.

Arrow's own parser of such formats reads 31.02.2025 as the third of March, and 31.12.25 as a day of the
year 25. So cells are brought into the form of ISO 8601, which Arrow reads strictly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.datasets.time_formats import MONTHS, advice, formats_of, pattern
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pyarrow as pa

CENTURY = "69"
"""Years of two digits from here on are those of the last century, as POSIX has them."""


def time_type() -> pa.DataType:
    """The type of times."""
    import pyarrow as pa

    return pa.timestamp("us")


def time_fields(schema: pa.Schema) -> dict[str, pa.DataType]:
    """The columns of times without a zone."""
    return {field.name: time_type() for field in schema if is_time(field.type)}


def is_time(kind: pa.DataType) -> bool:
    """Whether a type is one of days, or of times without a zone."""
    import pyarrow as pa

    return pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None)


def time_types(batch: pa.RecordBatch, formats: Sequence[str]) -> dict[str, pa.DataType]:
    """The type of times for each column of texts whose cells are all times."""
    import pyarrow as pa

    types: dict[str, pa.DataType] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if len(column) == column.null_count:
            continue
        try:
            times(column, formats)
        except pa.ArrowInvalid:
            continue
        types[name] = time_type()
    return types


def with_times(
    batch: pa.RecordBatch, types: Mapping[str, pa.DataType], formats: Sequence[str], source: str
) -> pa.RecordBatch:
    """The batch with columns of texts as times.

    Raises:
        DataError: Cells of a column are no times; they are described by their shapes.
    """
    import pyarrow as pa

    from mxt.schemas.shapes import shapes

    for place, field in enumerate(batch.schema):
        if field.name not in types:
            continue
        column = batch.column(place)
        try:
            new = times(column, formats)
        except pa.ArrowInvalid as error:
            odd = odd_times(column, formats)
            like = ", ".join(map(repr, shapes(odd)))
            are = "1 cell is no time" if len(odd) == 1 else f"{len(odd):,} cells are no times"
            msg = (
                f"{source}: column {field.name!r} is a time in rows before it, but {are} by `time_formats` "
                f"or ISO 8601, or a day that its month does not have: {like}-like; mend them, add their "
                "format, add spellings that mean missing to `missing`, or name the column's type in `types`."
            )
            raise DataError(msg) from error
        batch = batch.set_column(place, field.with_type(types[field.name]), new)
    return batch


def mended_time(cell: str) -> str:
    """The end of a sentence on a text that came among times: how it is written, and the next step."""
    from mxt.schemas.shapes import shape

    formats = formats_of([cell.strip()])
    step = advice(formats) if formats else "name its form in `time_formats`, mend it, or add it to `missing`"
    return f": {shape(cell)!r}-like; {step}."


def with_iso(batch: pa.RecordBatch, names: Collection[str], formats: Sequence[str]) -> pa.RecordBatch:
    """The batch in which texts of some columns are times as ISO 8601 writes them, where they are times."""
    import pyarrow as pa

    for place, field in enumerate(batch.schema):
        if field.name in names and pa.types.is_string(field.type):
            column = batch.column(place)
            odd = {*odd_times(column, formats)}
            cells = zip(column.to_pylist(), _iso(column, formats).to_pylist(), strict=True)
            new = pa.array([cell if cell in odd else iso for cell, iso in cells], pa.string())
            batch = batch.set_column(place, field, new)
    return batch


def times(column: pa.Array, formats: Sequence[str]) -> pa.Array:
    """The times of texts, by the first format that fits each, or else by ISO 8601; null stays null.

    Raises:
        pyarrow.ArrowInvalid: A cell is no time, or a day that its month does not have.
    """
    return _iso(column, formats).cast(time_type())


def odd_times(column: pa.Array, formats: Sequence[str]) -> list[str]:
    """The cells that are no times."""
    import pyarrow as pa

    halves = [column]
    odd: list[str] = []
    while halves:  # a few odd cells among many are isolated by halving
        cells = halves.pop()
        try:
            times(cells, formats)
        except pa.ArrowInvalid:
            if len(cells) == 1:
                odd += cells.to_pylist()
            else:
                middle = len(cells) // 2
                halves += [cells.slice(middle), cells.slice(0, middle)]
    return odd


def _iso(column: pa.Array, formats: Sequence[str]) -> pa.Array:
    """The texts as ISO 8601 writes them; those that fit no format as they are."""
    import pyarrow.compute as pc

    cells = pc.utf8_trim_whitespace(column)
    written = [_written(pc.extract_regex(cells, pattern(form)), form) for form in formats]
    return pc.coalesce(*written, cells)


def _written(parts: pa.StructArray, form: str) -> pa.Array:
    """Cells as ISO 8601 writes them, by what stands for a format's directives; null if it does not fit."""
    import pyarrow.compute as pc

    digits = {one: pc.struct_field(parts, one) for one in "dmYybBHIMSfp" if f"%{one}" in form}

    def two(one: str, otherwise: str) -> pa.Array | str:
        return pc.utf8_lpad(digits[one], 2, "0") if one in digits else otherwise

    year = digits.get("Y")
    if year is None:
        late = pc.greater_equal(digits["y"], CENTURY)
        year = pc.binary_join_element_wise(pc.if_else(late, "19", "20"), digits["y"], "")
    month = two("m", "") if "m" in digits else _month(digits.get("b", digits.get("B")))
    hour = _hour(digits["I"], digits["p"]) if "I" in digits else two("H", "00")
    day = pc.binary_join_element_wise(year, month, two("d", "01"), "-")
    time = [hour, two("M", "00"), two("S", "00")]
    if "f" in digits:
        time[2] = pc.binary_join_element_wise(time[2], digits["f"], ".")
    return pc.binary_join_element_wise(day, pc.binary_join_element_wise(*map(_scalar, time), ":"), " ")


def _scalar(part: pa.Array | str) -> pa.Array | pa.Scalar:
    import pyarrow as pa

    return pa.scalar(part) if isinstance(part, str) else part


def _month(names: pa.Array) -> pa.Array:
    """The numbers of months, by the first three letters of their names."""
    import pyarrow as pa
    import pyarrow.compute as pc

    short = pc.utf8_slice_codeunits(pc.utf8_lower(names), 0, 3)
    return _two_digits(pc.add(pc.index_in(short, pa.array(MONTHS)), 1))


def _hour(hours: pa.Array, halves: pa.Array) -> pa.Array:
    """The hours from 0 to 23, of hours from 1 to 12 and the halves of a day."""
    import pyarrow as pa
    import pyarrow.compute as pc

    number = hours.cast(pa.int32())
    early = pc.if_else(pc.equal(number, 12), 0, number)
    after = pc.equal(pc.utf8_lower(halves), "pm")
    return _two_digits(pc.if_else(after, pc.add(early, 12), early))


def _two_digits(numbers: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.utf8_lpad(numbers.cast(pa.string()), 2, "0")
