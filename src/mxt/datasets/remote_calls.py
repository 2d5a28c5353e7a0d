"""Deadlines of remote file systems: fsspec's packages have none, or many in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.datasets.bounds import bound
from mxt.datasets.deadlines import call, transfer
from mxt.redaction import shown

if TYPE_CHECKING:
    import fsspec

_CALLS = ("exists", "info", "isfile", "makedirs", "mkdir", "rm_file")
"""Methods whose answer is a few bytes."""
_TRANSFERS = ("cat_file", "copy", "cp_file", "find", "glob", "isdir", "ls", "mv", "open", "rm")
"""Methods that move a file, or list many: a page of a web server is read for its links."""
_OF_FILES = ("close", "flush", "read", "write")


def limit(filesystem: fsspec.AbstractFileSystem) -> None:
    """Give the methods of a file system deadlines, and those of the files that it opens."""

    def name(path: object = "", *_: object) -> str:
        return shown(str(filesystem.unstrip_protocol(path) if isinstance(path, str) else filesystem.protocol))

    if hasattr(filesystem.open, "mxt_limited"):
        return
    bound(filesystem, _CALLS, call, name)
    around = getattr(filesystem, "fo", None)  # the ZIP file that a file is in
    bound(around, _OF_FILES, transfer, name())
    plain = filesystem.open

    def opened(path: str, *args: object, **kwargs: object) -> object:
        return bound(plain(path, *args, **kwargs), _OF_FILES, transfer, name(path))

    filesystem.open = opened
    bound(filesystem, _TRANSFERS, transfer, name)
