"""What writers of files share: the new file takes the old one's place in one step, after it is on disk."""

from __future__ import annotations

import contextlib
import ctypes
import os
from abc import ABC
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from mxt.configs import Location
from mxt.datasets.writers.base import Provenance, Writer
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator


class FileWriter(Writer, ABC):
    """Writes one file."""

    path: Location
    """File or URL to write; a local file's folder is made if it is missing."""

    @property
    def target(self) -> str:
        return self.path


@contextlib.contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A file to write that takes the place of `path` when the block ends well, and vanishes otherwise.

    Locally the content is on disk (fsync) before the rename, and the rename before the return, so that
    a kill or a loss of power leaves the old file or the new one, never a part (POSIX rename(2)).
    """
    filesystem, inner = _filesystem(path)
    staged = f"{inner}.{os.getpid()}.part"
    local = filesystem.protocol[0] == "file"
    if local:
        Path(inner).parent.mkdir(parents=True, exist_ok=True)
    try:
        with cast("IO[bytes]", filesystem.open(staged, "wb")) as file:
            yield file
            if local:
                file.flush()
                os.fsync(file.fileno())
        if local:
            os.replace(staged, inner)  # noqa: PTH105 - `inner` is a str of fsspec's
            _sync_folder(Path(inner).parent)
        else:
            filesystem.mv(staged, inner)
    except BaseException:
        with contextlib.suppress(OSError):
            filesystem.rm(staged)
        raise


def write_metadata(path: str, provenance: Provenance) -> None:
    """Put provenance beside a file whose format has no room for it, as ``<name>-metadata.json``.

    The name is the one of CSV on the Web (W3C Recommendation 2015, section 5.2).
    """
    with replacing(f"{path}-metadata.json") as file:
        file.write(provenance.to_json().encode() + b"\n")


def exchange(one: Path, other: Path) -> bool:
    """Let two local paths swap what they name, in one step; False where the system cannot.

    Linux renameat2(2) with RENAME_EXCHANGE, relative to AT_FDCWD.
    """
    call = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    at_cwd, swap = -100, 2
    return call is not None and call(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), swap) == 0


def _filesystem(path: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        return url_to_fs(path)
    except (ImportError, ValueError) as error:
        msg = f"{path}: no file system is installed for this kind of URL."
        raise DataError(msg) from error


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
