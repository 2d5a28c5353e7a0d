"""Folders of models as they are copied and digested: regular files alone, each byte read once."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNCOUNTED = re.compile(r"certificates/[0-9a-f]{32}\.json|registered_model_meta")
"""Files that are no part of the model: certificates, by MXT's names for them, and a file of MLflow's own."""
_CHUNK = 1 << 18
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MOST_FILES, _MOST_BYTES, _DEEPEST = 20_000, 8 << 30, 24


def counts(name: str) -> bool:
    """Whether a file, by its path from the model's folder, is a part of the model."""
    return _UNCOUNTED.fullmatch(name) is None


def digested(folder: Path, copy: Path | None = None) -> str:
    """SHA-256 over the paths and bytes of all files of a model, which are copied as they are read.

    Each file adds its path from the folder, a zero byte, and the SHA-256 of its bytes, in the order of the
    paths. Certificates are neither counted nor copied, so that no byte is loaded which does not count.

    Args:
        folder: The model's folder; it may be a link itself, but nothing in it may be one.
        copy: An empty folder for the copy; None if none is needed.

    Raises:
        ModelError: Something in the folder is no regular file, or it is too large.
    """
    sums: dict[str, bytes] = {}
    try:
        root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        msg = f"{folder} is no folder that can be read ({type(error).__name__})."
        raise ModelError(msg) from error
    size = 0
    try:
        for name, descriptor in _files(root, folder, ""):
            with os.fdopen(descriptor, "rb", buffering=0) as file:
                sums[name], read = _summed(file.fileno(), copy and copy / name, _MOST_BYTES - size)
            size += read
            if size > _MOST_BYTES or len(sums) > _MOST_FILES:
                msg = f"{folder} holds more than {_MOST_FILES:,} files or {_MOST_BYTES >> 30} GiB."
                raise ModelError(msg)
    finally:
        os.close(root)
    total = hashlib.sha256()
    for name, content in sorted(sums.items()):
        total.update(name.encode() + b"\0" + content)
    return total.hexdigest()


def content(path: Path) -> bytes:
    """The bytes of one file of a model, which may be no link, and whose folder may be none.

    Raises:
        ModelError: It is a link or another special file, or cannot be read.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            opened = os.open(path.name, _READING, dir_fd=folder)
        finally:
            os.close(folder)
        with os.fdopen(opened, "rb") as file:
            found = os.fstat(opened)
            if stat.S_ISREG(found.st_mode):
                return file.read(min(found.st_size, _MOST_BYTES))  # which takes memory for as many bytes
    except OSError as error:
        msg = f"{path} cannot be read ({type(error).__name__}); a model consists of regular files alone."
        raise ModelError(msg) from error
    msg = f"{path} is no regular file; a model consists of regular files alone."
    raise ModelError(msg)


def _files(directory: int, folder: Path, under: str) -> Iterator[tuple[str, int]]:
    """The path and an open descriptor of each file that counts; links are never followed."""
    if under.count("/") > _DEEPEST:
        msg = f"{folder} holds folders more than {_DEEPEST} levels deep."
        raise ModelError(msg)
    for entry in sorted(os.listdir(directory)):
        name = under + entry
        opened, is_folder = _opened(directory, entry, f"{folder} holds {name!r}, but")
        if is_folder:
            try:
                yield from _files(opened, folder, f"{name}/")
            finally:
                os.close(opened)
        elif counts(name):
            yield name, opened
        else:
            os.close(opened)


def _opened(directory: int, entry: str, what: str) -> tuple[int, bool]:
    """A descriptor of a file or folder, and which of the two it is; no link is followed."""
    try:
        before = os.stat(entry, dir_fd=directory, follow_symlinks=False).st_mode
        wrong = _fault(entry, before)
        if not wrong:
            opened = os.open(entry, _READING, dir_fd=directory)
            now = os.fstat(opened).st_mode
            if stat.S_IFMT(now) == stat.S_IFMT(before):
                return opened, stat.S_ISDIR(now)
            os.close(opened)
            wrong = "it was replaced as it was read"
    except OSError as error:
        wrong = f"it cannot be read ({type(error).__name__})"
    msg = f"{what} {wrong}; a model consists of regular files alone."
    raise ModelError(msg)


def _fault(entry: str, kind: int) -> str:
    """Why an entry of a folder is no part of a model; empty if it may be one."""
    if not entry.isprintable():
        return "its name is not printable"
    if stat.S_ISLNK(kind):
        return "it is a link"
    return "" if stat.S_ISDIR(kind) or stat.S_ISREG(kind) else "it is no regular file"


def _summed(source: int, target: Path | None, most: int) -> tuple[bytes, int]:
    """SHA-256 and number of the bytes of an open file, which are written to `target` if there is one."""
    total, read = hashlib.sha256(), 0
    if os.fstat(source).st_size > most:
        return b"", most + 1
    if target is not None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600) if target else -1
    try:
        while (chunk := os.read(source, _CHUNK)) and read <= most:
            total.update(chunk)
            read += len(chunk)
            rest = memoryview(chunk)
            while target and rest:
                rest = rest[os.write(writing, rest) :]
    finally:
        if target:
            os.close(writing)
    return total.digest(), read
