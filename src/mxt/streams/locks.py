"""Lock files in a folder that a run may take away when it ends."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from loguru import logger

from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


ATTEMPTS = 100
"""How often a folder is made that others take away at once."""


@contextlib.contextmanager
def locked(folder: Path, name: str, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock file; the system lets go of it when the process ends, however it does.

    Args:
        folder: Where it lies, for this user only; made if it is missing.
        name: Of the file; it starts with ``lock``.
        shared: Whether others may hold it too, if they share it as well.

    Raises:
        DataError: Another process holds it.
    """
    with _opened(folder, name, shared=shared) as file:
        if not shared:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            told = f"process {os.getpid()} on {socket.gethostname()} since {now}\n"
            with contextlib.suppress(OSError):  # it holds on a full disk too, untold
                file.truncate(0)
                os.write(file.fileno(), told.encode())
        yield


def _opened(folder: Path, name: str, *, shared: bool) -> IO[str]:
    """The file, locked; a run that ends meanwhile may take it away, and then there is a new one to lock."""
    for attempt in itertools.count(1):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = (folder / name).open("a+")
        except OSError as error:
            if isinstance(error, FileNotFoundError | FileExistsError) and attempt < ATTEMPTS:
                continue  # the folder went away between two calls
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
    raise AssertionError


def _holders(folder: Path) -> list[str]:
    """Who holds the locks, in their own words."""
    held = []
    with contextlib.suppress(FileNotFoundError):
        for path in sorted(folder.glob("lock*")):
            with path.open("r+") as file:
                if not _lock(file, shared=True):
                    held.append(file.read().strip())
    return held or ["it has just begun or ended"]


def _lock(file: IO[str], *, shared: bool) -> bool:
    """Whether the file could be locked; where the system has no such locks, every run may go on."""
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
