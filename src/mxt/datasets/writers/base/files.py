"""What writers of files share: the new file takes the old one's place in one step, after it is on disk."""

from __future__ import annotations

import contextlib
import ctypes
import glob
import os
import shutil
import socket
from abc import ABC
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from mxt.configs import Location
from mxt.datasets.outages import Outage
from mxt.datasets.places import filesystem_of
from mxt.datasets.remotes import unreached
from mxt.datasets.writers.base import Writer
from mxt.errors import DataError, MxtError
from mxt.redaction import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import fsspec


class FileWriter(Writer, ABC):
    """Writes one file."""

    path: Location
    """File or URL to write; a local file's folder is made if it is missing."""

    @property
    def target(self) -> str:
        return shown(self.path)

    def require_installed(self) -> None:
        filesystem_of(self.path)

    def fault(self, error: Exception, /) -> MxtError | None:
        otherwise = Outage(type(error).__name__) if isinstance(error, OSError) else None
        return unreached(self.path, error, otherwise)

    @property
    def local(self) -> Path | None:
        filesystem, inner = filesystem_of(self.path)
        return Path(inner) if filesystem.protocol[0] == "file" else None


@contextlib.contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A file to write that takes the place of `path` when the block ends well, and vanishes otherwise.

    Locally the content is on disk (fsync) before the rename, and the rename before the return, so that
    a kill or a loss of power leaves the old file or the new one, never a part (POSIX rename(2)).
    """
    filesystem, inner = filesystem_of(path)
    if filesystem.protocol[0] in {"http", "https"}:
        where = shown(path)
        msg = f"{where}: files of a web server can be read, not written. Name a file or a bucket."
        raise DataError(msg)
    staged = staged_name(inner)
    local = filesystem.protocol[0] == "file"
    if local:
        Path(inner).parent.mkdir(parents=True, exist_ok=True)
        sweep(Path(inner))
    try:
        with cast("IO[bytes]", filesystem.open(staged, "wb")) as file:
            yield file
            if local:
                file.flush()
                os.fsync(file.fileno())
        rename(filesystem, staged, inner)
    except BaseException:
        with contextlib.suppress(Exception):  # the first error counts
            filesystem.rm(staged)
        raise


def staged_name(path: str) -> str:
    """What an output is called while it is written: hidden, since readers of its folder pass over that."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}.{name}.{socket.gethostname()}.{os.getpid()}.part"


def sweep(target: Path) -> None:
    """Remove what processes of this machine that were killed have left of a local output."""
    for left in target.parent.glob(glob.escape(f".{target.name}.{socket.gethostname()}.") + "*.part"):
        number = left.name.split(".")[-2]
        if number.isdecimal() and not _runs(int(number)):
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def rename(filesystem: fsspec.AbstractFileSystem, old: str, new: str) -> None:
    """Give a file the name of another, which it replaces; on return the new name is on a local disk."""
    if filesystem.protocol[0] == "file":
        os.replace(old, new)  # noqa: PTH105 - fsspec's paths are texts
        _sync_folder(Path(new).parent)
    else:
        filesystem.mv(old, new)


def exchange(one: Path, other: Path) -> bool:
    """Let two local paths swap what they name, in one step; False where the system cannot.

    Linux renameat2(2) with RENAME_EXCHANGE, relative to AT_FDCWD.
    """
    call = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    at_cwd, swap = -100, 2
    return call is not None and call(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), swap) == 0


def _runs(number: int) -> bool:
    """Whether a process of this number runs; where the system does not say, it may run."""
    if os.name != "posix":
        return True
    try:
        with contextlib.suppress(PermissionError):
            os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
