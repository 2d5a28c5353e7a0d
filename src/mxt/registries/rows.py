"""Rows that a certificate rests on: their digest, and how they can be read again."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.readers.base import Reader
from mxt.datasets.splitters.base import Splitter
from mxt.datasets.tables import refuse_repeated_ids, to_batch, to_frame
from mxt.errors import DataError
from mxt.kinds import member
from mxt.kinds.families import Family, names

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


class RowsContent(TypedDict):
    """`CertifiedRows` as a certificate holds them."""

    digest: str
    reader: dict[str, object]
    columns: list[str] | None
    splitter: dict[str, object] | None
    target: str
    is_part: bool


@dataclass(frozen=True)
class CertifiedRows:
    """A table, or the part of it that a splitter holds out, as a certificate is bound to it."""

    digest: str
    """Fingerprint of the table as it was read, or of the part as a table with its ids."""
    reader: Reader
    columns: tuple[str, ...] | None = None
    """The columns that were read; those of the reader if None."""
    splitter: Splitter | None = None
    """How the table was split; None if all rows are meant."""
    target: str = ""
    """The column with the truth, by which the splitter may stratify."""
    is_part: bool = False

    @classmethod
    def part(cls, reader: Reader, held_out: pd.DataFrame, splitter: Splitter, target: str) -> CertifiedRows:
        """The rows that a splitter held out.

        Args:
            reader: Of the table.
            held_out: The test part of the table, with every column that was read.
            splitter: How the table was split.
            target: The column with the truth.
        """
        return cls(digest_of(held_out), reader, None, splitter, target, is_part=True)

    def now(self) -> str:
        """The digest of the same rows as they can be read now.

        Raises:
            DataError: They cannot be read.
        """
        batches = self.reader.arrow(self.columns)
        if not self.is_part:
            return fingerprint(batches).digest
        table = refuse_repeated_ids(to_frame(batches, self.reader.id_column), self.reader.source)
        return digest_of(table if self.splitter is None else self.splitter.split(table, self.target).test)

    def to_content(self, root: str) -> RowsContent:
        """The rows as a certificate holds them; paths below `root` become relative to it."""
        return {
            "digest": self.digest,
            "reader": {
                name: _relative(value, root)
                for name, value in json.loads(self.reader.model_dump_json()).items()
            },
            "columns": None if self.columns is None else list(self.columns),
            "splitter": None if self.splitter is None else json.loads(self.splitter.model_dump_json()),
            "target": self.target,
            "is_part": self.is_part,
        }

    @classmethod
    def from_content(cls, content: RowsContent, root: str) -> CertifiedRows:
        """The rows that a certificate holds; relative paths start at `root`.

        Raises:
            DataError: There is no such reader or splitter.
        """
        columns, splitter = content["columns"], content["splitter"]
        return cls(
            content["digest"],
            # A certificate issued before readers had a `reading` does not mention it.
            _kind_of(Reader, content["reader"], root).by("inferred"),
            None if columns is None else tuple(columns),
            None if splitter is None else _kind_of(Splitter, splitter, root),
            content["target"],
            content["is_part"],
        )


def digest_of(table: pd.DataFrame) -> str:
    """The fingerprint of a frame with its ids."""
    return fingerprint([to_batch(table)]).digest


def reader_of(content: Mapping[str, object], root: str) -> Reader:
    """The reader that a config's content describes.

    Raises:
        DataError: There is no reader of this kind.
    """
    return _kind_of(Reader, content, root)


def _kind_of(family: type[Family], content: Mapping[str, object], root: str) -> Family:
    name = str(content.get("KIND"))
    kind = member(family, name)
    if kind is None:
        msg = f"MXT has no {family.__name__.lower()} {name!r} here; it has {', '.join(names(family))}."
        raise DataError(msg)
    try:
        return kind.model_validate_json(json.dumps(content), context={"root": root})
    except ValueError as error:
        msg = f"The {name} that read the rows does not fit this version of MXT."
        raise DataError(msg) from error


def _relative(node: object, root: str) -> object:
    """A config's content with paths below `root` made relative to it, so that another machine finds them."""
    if isinstance(node, dict):
        return {key: _relative(part, root) for key, part in node.items()}
    if isinstance(node, list):
        return [_relative(part, root) for part in node]
    start = root.rstrip(os.sep) + os.sep
    return node.removeprefix(start) if isinstance(node, str) and root else node
