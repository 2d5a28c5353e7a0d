"""What writers of text files share: provenance in a file beside the table, bound to the table's bytes.

Two files cannot be renamed in one step. So the metadata hold the SHA-256 of their table, and are there as
``<name>-metadata.json.next`` before the table takes its name. Of the two files of metadata that a kill may
leave, the one with the SHA-256 of the table is valid.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from mxt.configs.addresses import Address
from mxt.datasets.outages import outage
from mxt.datasets.places import content, filesystem_of, there
from mxt.datasets.remotes import behind, unreached
from mxt.datasets.writers.base import Provenance
from mxt.datasets.writers.base.files import FileWriter, rename, replacing
from mxt.errors import DataError
from mxt.redaction import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from typing_extensions import Buffer

BLOCK_BYTES = 1 << 20
METADATA = "-metadata.json"
"""Suffix of the metadata's name."""
NEXT = f"{METADATA}.next"
"""Suffix until the table has taken its name."""
SHA256 = "sha256"
"""The fact of the metadata that holds the table's digest."""


class TextWriter(FileWriter, ABC):
    """Writes one file of lines; its provenance goes to ``<name>-metadata.json`` beside it.

    The name is the one of CSV on the Web (W3C Recommendation 2015, section 5.2).
    """

    @abstractmethod
    def write_lines(
        self, file: IO[bytes], batches: Iterator[pa.RecordBatch], schema: pa.Schema, *, head: bool
    ) -> None:
        """Write rows as lines; with `head`, a format that has a line of names begins with it."""

    @property
    def writes_to(self) -> tuple[Address, ...]:
        places = (self.path, f"{self.file}{METADATA}", f"{self.file}{NEXT}")
        return tuple(Address.of(place, shown(place)) for place in places)

    def in_the_way(self) -> str:
        beside = [] if self.local is None else [Path(f"{self.file}{suffix}") for suffix in (METADATA, NEXT)]
        links = (f"{place} is a link, which a file would replace" for place in beside if place.is_symlink())
        return super().in_the_way() or next(links, "")

    def write_batches(
        self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, provenance: Provenance
    ) -> None:
        with self._replacing(provenance) as file:
            self.write_lines(cast("IO[bytes]", file), batches, schema, head=True)

    def add_batches(
        self,
        batches: Iterator[pa.RecordBatch],
        schema: pa.Schema,
        provenance: Provenance,
        present: Provenance,
    ) -> None:
        with self._replacing(provenance) as file:
            for block in _blocks(self.file):
                file.write(block)
            if file.digest.hexdigest() != present.facts[SHA256]:
                raise self.changed()
            self.write_lines(cast("IO[bytes]", file), batches, schema, head=False)

    def provenance(self) -> Provenance | None:
        with self._errors("read"):
            if not there(self.file):
                return None
            digest = self._digest()
            provenance = self._metadata(METADATA, digest) or self._metadata(NEXT, digest)
        if provenance is None:
            msg = (
                f"{self.target}: it is not as MXT wrote it, or its metadata are gone. "
                "Name another output, or start over with --fresh."
            )
            raise DataError(msg)
        return provenance

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for block in _blocks(self.file):
            digest.update(block)
        return digest.hexdigest()

    def _metadata(self, suffix: str, digest: str) -> Provenance | None:
        """The provenance in a file of metadata, if it belongs to the table with this digest."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            provenance = Provenance.from_json(content(f"{self.file}{suffix}"))
            return provenance if provenance.facts.get(SHA256) == digest else None
        return None

    @contextlib.contextmanager
    def _replacing(self, provenance: Provenance) -> Iterator[_Digested]:
        filesystem, inner = filesystem_of(self.file)
        self._settle()
        try:
            with replacing(self.file) as file:
                digested = _Digested(file)
                yield digested
                file.flush()
                facts = {**provenance.facts, SHA256: digested.digest.hexdigest()}
                with replacing(f"{self.file}{NEXT}") as beside:
                    beside.write(Provenance(facts).to_json().encode() + b"\n")
        except BaseException:
            with contextlib.suppress(Exception):  # the first error counts
                filesystem.rm(f"{inner}{NEXT}")
            raise
        rename(filesystem, f"{inner}{NEXT}", f"{inner}{METADATA}")

    def _settle(self) -> None:
        """Finish, or undo, what a killed write has left of the metadata."""
        filesystem, inner = filesystem_of(self.file)
        if not there(f"{self.file}{NEXT}"):
            return
        if there(self.file) and self._metadata(NEXT, self._digest()):
            rename(filesystem, f"{inner}{NEXT}", f"{inner}{METADATA}")
        else:
            filesystem.rm(f"{inner}{NEXT}")


def written_texts(path: str) -> frozenset[str]:
    """The columns that the metadata beside a file declare as texts; none if there are no such metadata."""
    filesystem, inner = filesystem_of(path)
    table = os.path.realpath(inner) if filesystem.protocol[0] == "file" else inner
    try:
        return Provenance.from_json(filesystem.cat_file(f"{table}{METADATA}")).texts
    except Exception as error:
        fault, cause = unreached(path, error), outage(error)
        refused = cause is not None and cause.refused  # as by buckets that nobody may list
        if fault is not None and not refused:
            raise fault from behind(path, error)
        if fault is None and not isinstance(error, (OSError, ValueError, AttributeError)):
            raise
        return frozenset()


class _Digested(io.RawIOBase):
    """A file to write to, which keeps the SHA-256 of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self.digest = hashlib.sha256()
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, content: Buffer) -> int:
        self.digest.update(content)
        return self._file.write(content)


def _blocks(path: str) -> Iterator[bytes]:
    """The content of a file, in pieces that memory holds."""
    filesystem, inner = filesystem_of(path)
    with cast("IO[bytes]", filesystem.open(inner, "rb")) as file:
        while block := file.read(BLOCK_BYTES):
            yield block
