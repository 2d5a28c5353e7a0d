"""Lock files in a folder that a run may remove when it ends."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from loguru import logger

from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


ATTEMPTS = 100
"""How often to make a folder that other runs keep removing."""


@contextlib.contextmanager
def locked(folder: Path, name: str, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock file; the system releases it when the process ends, however it ends.

    Args:
        folder: The file's folder, which only this user may enter; made if it is missing.
        name: The file's name; it starts with ``lock``.
        shared: Whether others may hold the lock too, if they share it as well.

    Raises:
        DataError: Another process holds the lock.
    """
    with _opened(folder, name, shared=shared) as file:
        if not shared:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            holder = f"process {os.getpid()} on {socket.gethostname()} since {now}\n"
            with contextlib.suppress(OSError):  # the lock holds on a full disk too, without a name in it
                file.truncate(0)
                os.write(file.fileno(), holder.encode())
        yield


def _opened(folder: Path, name: str, *, shared: bool) -> IO[str]:
    """The file, locked; if a run that ends meanwhile removes it, a new file is made and locked."""
    attempt = 0
    while True:
        attempt += 1
        try:
            _refuse_foreign(folder, name)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = open(folder / name, "a+", opener=_no_link)  # noqa: SIM115 - as the caller closes it
        except OSError as error:
            if isinstance(error, FileNotFoundError | FileExistsError) and attempt < ATTEMPTS:
                continue  # the folder was removed between two calls
            msg = f"{folder}: cannot be written ({error.strerror})."
            raise DataError(msg) from error
        if not _lock(file, shared=shared):
            file.close()
            msg = f"{folder}: another run works on this output ({', '.join(_holders(folder))})."
            raise DataError(msg)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), (folder / name).stat()):
                return file
        file.close()


def _no_link(path: str, flags: int) -> int:
    """Open a file, but none that a link leads to: it may be another user's, and a lock is emptied."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _refuse_foreign(folder: Path, name: str) -> None:
    """Raise a DataError if a link or a special file is where the folder or the lock should be."""
    for place, is_right in ((folder, stat.S_ISDIR), (folder / name, stat.S_ISREG)):
        with contextlib.suppress(FileNotFoundError):
            if is_right(place.lstat().st_mode):
                continue
            msg = f"{place}: it is not what MXT writes there, but a link or a special file. Remove it."
            raise DataError(msg)


def _holders(folder: Path) -> list[str]:
    """What the holders of the locks wrote into them."""
    held = []
    with contextlib.suppress(FileNotFoundError):
        for path in sorted(folder.glob("lock*")):
            with path.open("r+") as file:
                if not _lock(file, shared=True):
                    held.append(file.read().strip())
    return held or ["it has just begun or ended"]


def _lock(file: IO[str], *, shared: bool) -> bool:
    """Lock the file, and return whether that succeeded; it does where the system has no such locks."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        logger.warning("{}: cannot be locked ({}); start no second run meanwhile", file.name, error.strerror)
    return True
