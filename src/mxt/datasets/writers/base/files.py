"""What writers of files share: the new file takes the old one's place in one step, after it is on disk."""

from __future__ import annotations

import contextlib
import ctypes
import glob
import os
import re
import shutil
import socket
from abc import ABC
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from mxt.configs import Location
from mxt.configs.addresses import Address
from mxt.datasets.local_files import blocked, too_long
from mxt.datasets.outages import Outage
from mxt.datasets.places import filesystem_of
from mxt.datasets.remotes import unreached
from mxt.datasets.writers.base import Writer
from mxt.errors import DataError, MxtError
from mxt.redaction import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import fsspec


_READ_ONLY = {
    *("data", "dir", "ftp", "ftps", "generic", "git", "github", "gitlab", "gzip", "http", "https"),
    *("jlab", "jupyter", "libarchive", "reference", "tar", "zip"),
}
"""Kinds of URLs whose files can be read alone, or not be replaced in one step."""


class FileWriter(Writer, ABC):
    """Writes one file."""

    path: Location
    """File or URL to write; a local file's folder is made if it is missing."""

    @property
    def target(self) -> str:
        return shown(self.path)

    @property
    def file(self) -> str:
        """The URL, or the path behind all links: the links stay, and what they lead to is written."""
        address = Address.of(self.path)
        return os.path.realpath(address.place) if address.local else self.path

    @property
    def in_folder(self) -> bool:
        """Whether it writes a folder of files."""
        return False

    @property
    def writes_to(self) -> tuple[Address, ...]:
        return (Address.of(self.path, self.target),)

    def unfit(self) -> str:
        return unwritable(self.path)

    def in_the_way(self) -> str:
        if self.local is None:
            return ""
        if own := blocked(Address.of(self.path).place, folder=self.in_folder):
            return f"it {own}"
        staged = (staged_name(os.path.realpath(each.place)) for each in self.writes_to)
        if beside := next(filter(None, map(too_long, staged)), ""):
            return f"the file beside it, of which it is made, {beside}"
        return super().in_the_way()

    def require_installed(self) -> None:
        filesystem_of(self.path)

    def fault(self, error: Exception, /) -> MxtError | None:
        otherwise = Outage(type(error).__name__) if isinstance(error, OSError) else None
        return unreached(self.path, error, otherwise)

    @property
    def local(self) -> Path | None:
        return Path(self.file) if Address.of(self.path).local else None


def unwritable(path: str) -> str:
    """Why no file can be written at a path or URL, by its spelling, as a clause; empty if one can.

    Chained URLs, such as of a file within an archive, and web servers can be read alone.
    """
    kind = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", path)
    if "::" in path:
        return "files behind `::` can be read, not written"
    if kind and kind[1].lower() in _READ_ONLY:
        return f"files of {kind[1].lower()} can be read, not written"
    address = Address.of(path)
    long = too_long(address.place) if address.local else ""
    return f"it {long}" if long else ""


@contextlib.contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A file to write that takes the place of `path` when the block ends well, and vanishes otherwise.

    Locally the content is on disk (fsync) before the rename, and the rename before the return, so that
    a kill or a loss of power leaves the old file or the new one, never a part (POSIX rename(2)).
    """
    filesystem, inner = filesystem_of(path)
    local = filesystem.protocol[0] == "file"
    if local:
        if why := blocked(inner, folder=False):
            msg = f"{shown(path)}: cannot be written, since it {why}. Name another place for the output."
            raise DataError(msg)
        inner = os.path.realpath(inner)
        Path(inner).parent.mkdir(parents=True, exist_ok=True)
        sweep(Path(inner))
    staged = staged_name(inner)
    try:
        with cast("IO[bytes]", open(staged, "xb") if local else filesystem.open(staged, "wb")) as file:  # noqa: PTH123 - as fsspec's
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
        if number.isdecimal() and (int(number) == os.getpid() or not _runs(int(number))):
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


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
