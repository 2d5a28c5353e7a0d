"""Readers of files that no config describes: chosen by the file's ending."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from pydantic import TypeAdapter

from mxt.datasets.local_files import refuse_special
from mxt.datasets.places import listing
from mxt.datasets.readers.base import Reader
from mxt.errors import DataError
from mxt.kinds import OneOf

READERS: dict[str, tuple[str, dict[str, str]]] = {
    ".csv": ("CsvReader", {}),
    ".tsv": ("CsvReader", {"delimiter": "\t"}),
    ".parquet": ("ParquetReader", {}),
    ".pq": ("ParquetReader", {}),
    ".jsonl": ("JsonlReader", {}),
    ".ndjson": ("JsonlReader", {}),
}
"""The `KIND` that reads files of an ending, and the fields that the ending decides."""
_COMPRESSED = {".gz", ".bz2", ".zst", ".lz4"}
"""Endings that stand behind the ending of the format."""


def reader_of_file(path: str) -> Reader:
    """The reader of a file, a folder of files or a URL; fields that the ending does not decide stay unset.

    Args:
        path: A relative path starts at the current folder.

    Raises:
        DataError: There is no such file or folder, or no reader is known for its ending.
    """
    local = "://" not in path
    place = str(Path(path).absolute()) if local else path
    if local:
        refuse_special(place, path)
    if local and not Path(place).exists():
        msg = f"{path}: no such file or folder."
        raise DataError(msg)
    ending = _ending(place) or _ending_within(place)
    if ending not in READERS:
        what = f"the ending {ending}" if ending else "no ending"
        msg = f"{path}: the table has {what}; its ending must be one of {', '.join(READERS)}."
        raise DataError(msg)
    name, fields = READERS[ending]
    return TypeAdapter(OneOf[Reader]).validate_python({"KIND": name, "path": place, **fields})


def _ending(path: str) -> str:
    """The ending of a path in lower case, without the ending of a compression."""
    endings = [ending.lower() for ending in PurePosixPath(path).suffixes]
    while endings and endings[-1] in _COMPRESSED:
        endings.pop()
    return endings[-1] if endings else ""


def _ending_within(path: str) -> str:
    """The ending of the first file of a folder."""
    try:
        files = sorted(listing(path))
    except OSError as error:
        msg = f"{path}: no such file or folder."
        raise DataError(msg) from error
    return next((ending for file in files if (ending := _ending(file)) in READERS), "")
