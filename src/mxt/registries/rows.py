"""Rows that a certificate rests on: their digest, and how they can be read again."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mxt.datasets.fingerprint import Fingerprint, fingerprint
from mxt.datasets.readers.base import Reader
from mxt.datasets.splitters.base import Splitter
from mxt.datasets.tables import refuse_repeated_ids, to_batch, to_frame
from mxt.errors import DataError
from mxt.kinds import member
from mxt.kinds.families import Family, names

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


@dataclass(frozen=True)
class Rows:
    """A table, or the part of it that a splitter holds out."""

    digest: str
    """Fingerprint of the table as it was read, or of the part as a table with its ids."""
    reader: Reader
    columns: tuple[str, ...] | None = None
    """The columns that were asked for; those of the reader if None."""
    splitter: Splitter | None = None
    target: str = ""
    """The column that the splitter was told of."""
    is_part: bool = False

    @classmethod
    def whole(cls, reader: Reader, data: Fingerprint, columns: Sequence[str] | None = None) -> Rows:
        """All rows that a reader gave.

        Args:
            reader: Of the table.
            data: The fingerprint of what it gave.
            columns: Those that it was asked for.
        """
        return cls(data.digest, reader, None if columns is None else tuple(columns))

    @classmethod
    def part(
        cls,
        reader: Reader,
        held_out: pd.DataFrame,
        splitter: Splitter | None,
        target: str,
        columns: Sequence[str] | None = None,
    ) -> Rows:
        """The rows that a splitter held out.

        Args:
            reader: Of the table.
            held_out: The test part of the table, with every column that was read.
            splitter: Which split it; None if all rows were used.
            target: The column that it was told of.
            columns: Those that the reader was asked for.
        """
        asked = None if columns is None else tuple(columns)
        return cls(digest_of(held_out), reader, asked, splitter, target, is_part=True)

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

    def to_content(self, root: str) -> dict[str, Any]:
        """What a certificate tells of the rows; paths below `root` are told from there on."""
        return {
            "digest": self.digest,
            "reader": _below(json.loads(self.reader.model_dump_json()), root),
            "columns": None if self.columns is None else list(self.columns),
            "splitter": None if self.splitter is None else json.loads(self.splitter.model_dump_json()),
            "target": self.target,
            "is_part": self.is_part,
        }

    @classmethod
    def from_content(cls, content: dict[str, Any], root: str) -> Rows:
        """The rows of `to_content`; relative paths start at `root`.

        Raises:
            DataError: There is no such reader or splitter.
        """
        columns, splitter = content["columns"], content["splitter"]
        return cls(
            content["digest"],
            # A certificate of before readers had a `reading` says nothing of it.
            _made(Reader, content["reader"], root).by("inferred"),
            None if columns is None else tuple(columns),
            None if splitter is None else _made(Splitter, splitter, root),
            content["target"],
            content["is_part"],
        )


def digest_of(table: pd.DataFrame) -> str:
    """The fingerprint of a frame with its ids."""
    return fingerprint([to_batch(table)]).digest


def reader_of(content: dict[str, Any], root: str) -> Reader:
    """The reader that a config's content describes.

    Raises:
        DataError: There is none of this kind.
    """
    return _made(Reader, content, root)


def _made(family: type[Family], content: dict[str, Any], root: str) -> Family:
    name = str(content.get("KIND"))
    kind = member(family, name)
    if kind is None:
        msg = f"MXT has no {family.__name__.lower()} {name!r} here; it has {', '.join(names(family))}."
        raise DataError(msg)
    try:
        return kind.model_validate_json(json.dumps(content), context={"root": root})
    except ValueError as error:
        msg = f"The {name} that the rows were read by does not fit this version of MXT."
        raise DataError(msg) from error


def _below(node: Any, root: str) -> Any:
    """A config's content with paths below `root` told from there on, so that another machine finds them."""
    if isinstance(node, dict):
        return {key: _below(part, root) for key, part in node.items()}
    if isinstance(node, list):
        return [_below(part, root) for part in node]
    start = root.rstrip(os.sep) + os.sep
    return node.removeprefix(start) if isinstance(node, str) and root else node
