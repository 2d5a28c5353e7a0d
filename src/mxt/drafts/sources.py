"""The table that configs are written for: which reader reads it, and with which fields."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from mxt.datasets.places import filesystem_of, listing
from mxt.datasets.readers.base import Reader
from mxt.datasets.survey import ABSENT, MOST_TEXTS, signs, survey
from mxt.datasets.time_formats import contradiction
from mxt.drafts.dialects import HEAD_BYTES, cells, dialect_of
from mxt.errors import ConfigError, DataError
from mxt.kinds import OneOf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mxt.datasets.survey import ColumnSurvey

KINDS = {
    ".csv": "CsvReader",
    ".tsv": "CsvReader",
    ".tab": "CsvReader",
    ".txt": "CsvReader",
    ".data": "CsvReader",
    ".parquet": "ParquetReader",
    ".pq": "ParquetReader",
    ".jsonl": "JsonlReader",
    ".ndjson": "JsonlReader",
}
"""The reader of a file, by the end of its name."""

COMPRESSED = (".gz", ".bz2")
"""Ends of names after which the reader decompresses."""

SIGNS = frozenset({"-", "--", "."})
"""Texts of `ABSENT` that stand for a missing value in columns of numbers and dates only."""


@dataclass(frozen=True)
class Source:
    """A table, and how it is read."""

    location: str
    """Its absolute path or URL."""
    kind: str
    """The KIND of its reader."""
    fields: Mapping[str, object] = field(default_factory=dict)
    """Fields of the reader that differ from their defaults, beside the path."""
    form: str = ""
    """How it is written, in words."""

    @property
    def time_formats(self) -> tuple[str, ...] | None:
        """The formats of times of its reader; None if the reader knows none."""
        formats = getattr(self.reader, "time_formats", None)
        return formats if isinstance(formats, tuple) else None

    @property
    def reader(self) -> Reader:
        """The reader of the whole table, whose rows have no ids."""
        content = {"KIND": self.kind, "path": self.location, **self.fields}
        return TypeAdapter(OneOf[Reader]).validate_json(json.dumps(content))

    @property
    def name(self) -> str:
        """The name of the file or folder without its endings."""
        name = os.path.basename(self.location.rstrip("/"))  # noqa: PTH119 - a URL is no path
        return name.partition(".")[0] or name


def source_of(location: str) -> Source:
    """How the table at a path or URL is read.

    Raises:
        ConfigError: No reader reads such a file.
        DataError: There is no such table, or it cannot be read.
    """
    absolute = location if "://" in location else os.path.abspath(location)  # noqa: PTH100 - keeps links
    try:
        files = sorted(file for file in listing(absolute) if _counts(file))
    except OSError as error:
        msg = f"{location}: no such file or folder. A relative path starts at the current folder."
        raise DataError(msg) from error
    kinds = {_kind(file) for file in files} - {""}
    if len(kinds) != 1:
        raise ConfigError(_refusal(location, files))
    kind = kinds.pop()
    if kind != "CsvReader":
        return Source(absolute, kind, form="Parquet" if kind == "ParquetReader" else "JSON Lines")
    return _csv(absolute, next(file for file in files if _kind(file)))


def _counts(file: str) -> bool:
    """Whether a file is part of a table; readers leave out names that start with a dot or an underscore."""
    return not os.path.basename(file).startswith((".", "_"))  # noqa: PTH119 - a URL is no path


def _kind(file: str) -> str:
    """The reader of a file by the end of its name; empty if there is none."""
    name = file.casefold()
    for end in COMPRESSED:
        name = name.removesuffix(end)
    return KINDS.get(os.path.splitext(name)[1], "")  # noqa: PTH122 - a URL is no path


def _refusal(location: str, files: Sequence[str]) -> str:
    """Why no config can be written for some files, and what to do."""
    ends = ", ".join(sorted({os.path.splitext(file)[1] or "none" for file in files}))  # noqa: PTH122 - as above
    if any(file.casefold().endswith((".xlsx", ".xls", ".ods")) for file in files):
        return f"{location}: a workbook is no table; save its sheet as CSV or Parquet, and name that file."
    known = ", ".join(KINDS)
    return f"{location}: files that end in {ends} are no one kind of table; write one of {known}."


def _csv(location: str, first: str) -> Source:
    """A CSV file, or a folder of such files that are all written as its first."""
    filesystem, _ = filesystem_of(location)
    with filesystem.open(first, "rb", compression="infer") as stream:
        content = stream.read(HEAD_BYTES)
    if not content.strip():
        msg = f"{location}: the file is empty."
        raise DataError(msg)
    dialect = dialect_of(content)
    raw = cells(content, dialect, location)
    columns = survey(raw)
    missing = spellings(columns)
    decimal, thousands = separators(raw, columns)
    formats = time_formats(columns)
    fields = {
        **({"encoding": dialect.encoding} if dialect.encoding != "utf-8" else {}),
        **({"delimiter": dialect.delimiter} if dialect.delimiter != "," else {}),
        **({"decimal": decimal} if decimal == "," else {}),
        **({"thousands": thousands} if thousands else {}),
        **({"time_formats": formats} if formats else {}),
        **({"missing": missing} if missing != ("",) else {}),
    }
    shown = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}[dialect.delimiter]
    return Source(location, "CsvReader", fields, f"CSV, {dialect.encoding.upper()}, {shown} between cells")


def spellings(columns: Sequence[ColumnSurvey]) -> tuple[str, ...]:
    """Texts that stand for a missing value in a table of texts; an empty cell always does."""
    found = {
        text
        for column in columns
        for text, _ in column.absent
        if column.looks_like or text.strip() not in SIGNS
    }
    return ("", *sorted(text for text in found if text and text.strip().casefold() in ABSENT))


def time_formats(columns: Sequence[ColumnSurvey]) -> tuple[str, ...]:
    """The formats of times that columns show; of two that contradict each other, that of the most columns."""
    shown = Counter(
        column.time_formats[0] for column in columns if len(column.time_formats) == 1 and not column.unlike
    )
    formats: list[str] = []
    for form, _ in shown.most_common():
        if not contradiction([*formats, form]):
            formats.append(form)
    return tuple(formats)


def separators(raw: pd.DataFrame, columns: Sequence[ColumnSurvey]) -> tuple[str, str]:
    """The decimal sign and the sign between thousands of the columns of texts that look like numbers."""
    spelt = {text for column in columns for text, _ in column.absent}
    texts = [
        text
        for place, column in enumerate(columns)
        if column.looks_like == "number"
        for text in raw.iloc[:, place].unique()[:MOST_TEXTS]
        if text not in spelt
    ]
    return signs(texts)
