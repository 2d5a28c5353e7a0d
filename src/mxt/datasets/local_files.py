"""Files of this machine: what a path leads to, and why it may be neither read nor written."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from mxt.errors import DataError

LONGEST_NAME, LONGEST_PATH = 255, 4095
"""Bytes of a name and of a path: NAME_MAX and PATH_MAX - 1 of Linux, and of most other systems."""

_SYSTEM = ("/dev/", "/proc/", "/sys/")
"""Folders whose files are views of the system and its processes."""
_MEMORY = "/dev/shm/"  # noqa: S108 - users' own files lie there
_KINDS = (
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)


def obstacle(path: str) -> str:
    """What is wrong with a path that leads neither to a file or folder nor to a free name; else empty.

    It is a clause whose subject is the path: ``is neither a file nor a folder, but a pipe``.
    Nothing is opened, so a pipe is not waited for.
    """
    if "\0" in path:
        return "holds a NUL"
    wrong = too_long(path)
    if wrong:
        return wrong
    own = Path(path).absolute()
    try:
        mode = own.stat().st_mode
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "is a link that leads in a circle"
        mode = 0
    kind = next((word for is_kind, word in _KINDS if is_kind(mode)), "")
    if not kind and any(_of_the_system(place) for place in (os.path.normpath(own), os.path.realpath(path))):
        kind = "view of the system"
    return f"is neither a file nor a folder, but a {kind}" if kind else ""


def refuse_special(
    path: str, source: str, what: str = "it", advice: str = "Name a file or a folder."
) -> None:
    """Raise a DataError if a path leads neither to a file or folder nor to a free name.

    Args:
        path: The path.
        source: What the message begins with: the path or URL that the config names.
        what: The path as the message names it.
        advice: What the user can do.
    """
    if why := obstacle(path):
        msg = f"{source}: {what} {why}. {advice}"
        raise DataError(msg)


def blocked(path: str, *, folder: bool) -> str:
    """What stands in the way of a new file, or a new folder, at a path; a clause as of `obstacle`."""
    wrong = obstacle(path) or too_long(os.path.realpath(path))
    if wrong:
        return wrong
    place = Path(os.path.realpath(path))
    if place.exists() and place.is_dir() != folder:
        return "is a file, and no folder" if folder else "is a folder, and no file"
    above = next(parent for parent in place.parents if parent.exists())
    return "" if above.is_dir() else f"lies in {above}, which is no folder"


def present(path: Path) -> bool:
    """Whether a file or folder is there; none is at a path that the system refuses."""
    return os.path.isfile(path) or os.path.isdir(path)  # noqa: PTH112, PTH113 - pathlib raises for long names


def foreign_part(folder: Path) -> str:
    """The first link or special file within a folder; empty if it holds folders and files alone."""
    for above, folders, files in os.walk(folder):
        for name in sorted([*folders, *files]):
            mode = (Path(above) / name).lstat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                return str(Path(above) / name)
    return ""


def too_long(path: str) -> str:
    """What is too long of a path, as a clause as of `obstacle`; empty if nothing is."""
    own = Path(path).absolute()
    name, whole = max(len(os.fsencode(part)) for part in own.parts), len(os.fsencode(own))
    if name > LONGEST_NAME:
        return f"has a name of {name} bytes, and {LONGEST_NAME} are the most"
    return f"has {whole} bytes, and {LONGEST_PATH} are the most" if whole > LONGEST_PATH else ""


def _of_the_system(path: str) -> bool:
    place = f"/{path.strip('/')}/"
    return place.startswith(_SYSTEM) and not place.startswith(_MEMORY)
