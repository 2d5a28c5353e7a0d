"""Errors that users or the world around MXT cause, and the exit code of each.

Messages are whole sentences that name the fact and the next step. They never hold a cell of a
customer's table.
"""

from __future__ import annotations

import difflib
import errno
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from mxt.redaction import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

OK = 0
VERDICT_NO = 10
NOTHING_TO_DO = 99

MOST_OF_WORD, MOST_OF_LINE, MOST_LINES = 400, 2000, 200
"""Characters of a word, such as a path, characters of a line, and lines of a message; what is more is cut."""
_LONG_WORD = re.compile(rf"\S{{{MOST_OF_WORD + 1},}}")


class MxtError(Exception):
    """Root of everything a user or the world around MXT can cause."""

    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        """The message without secrets, and no longer than a person can read."""
        return cut(shown(super().__str__()))

    def __reduce__(self) -> tuple[Callable[..., MxtError], tuple[type[MxtError], str]]:
        """Pickle the class and the message, whatever arguments the class takes."""
        return restated, (type(self), str(self))


class ConfigError(MxtError):
    """A config cannot be read, names an unknown kind, has a wrong field, or an output where an input is."""

    exit_code: ClassVar[int] = 2


class DataError(MxtError):
    """A table is missing, empty, or breaks its schema; or it cannot be written."""

    exit_code: ClassVar[int] = 3


class ModelError(MxtError):
    """A model version or alias does not exist, or cannot be loaded, scored or explained."""

    exit_code: ClassVar[int] = 4


class ServiceError(MxtError):
    """MLflow, a database, a bucket or another service does not answer or refuses; memory or disk ran out."""

    exit_code: ClassVar[int] = 5


class MissingExtraError(MxtError):
    """An optional library, or the driver of a database or bucket, is absent; the message has the command."""

    exit_code: ClassVar[int] = 7

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed; run: pip install 'mxt[{extra}]'")


def cut(message: str) -> str:
    """A message that a person can read, whatever name, id or value it holds: long ones lose their middle."""
    if len(message) <= MOST_OF_WORD:
        return message
    lines = message.split("\n")
    shown = [_cut(_LONG_WORD.sub(_cut_word, line), MOST_OF_LINE) for line in lines[:MOST_LINES]]
    more = len(lines) - len(shown)
    return "\n".join([*shown, f"... and {more:,} more lines"] if more else shown)


def _cut_word(word: re.Match[str]) -> str:
    return _cut(word[0], MOST_OF_WORD)


def _cut(text: str, most: int) -> str:
    lost = len(text) - most
    return f"{text[: most * 3 // 4]}[...]{text[-most // 4 :]}" if lost > 0 else text


def printable(text: str) -> str:
    """A text without characters that nobody sees, or that steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def named(name: object) -> str:
    """A name as messages list it: as it is, and in quotes if it is empty or has blanks at an end."""
    text = str(name)
    return text if text and text == text.strip() else repr(text)


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known name that a wrong one resembles most; empty if it resembles none.

    Args:
        name: The wrong name.
        known: The names that there are.
        cutoff: How alike the two must be, from 0 to 1, by the ratio of difflib.
    """
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=cutoff)), "")


def missing(what: str, install: str) -> MxtError:
    """The error for an absent package, such as the driver of a database.

    Args:
        what: What needs the package, as the beginning of a sentence.
        install: What pip is to install, as a shell takes it.
    """
    return restated(
        MissingExtraError, f"{what} needs a package that is not installed; run: pip install {install}"
    )


class Stopped(SystemExit):
    """Ctrl-C or SIGTERM came; its code is the one that a shell gives."""

    under_way: ClassVar[int] = 0
    """The code, if the command is ending because one came: nothing is waited for long then."""


def restated(kind: type[MxtError], message: str) -> MxtError:
    """An error of a class with another message, whatever arguments the class takes."""
    return kind.__new__(kind, message)


def out_of_memory(error: BaseException) -> bool:
    """Whether an error of any library means that memory ran out, also for another thread."""
    if isinstance(error, MxtError):
        return False
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return any(words in str(error) for words in ("bad_alloc", "can't start new thread"))


@contextmanager
def full_disk_as_error() -> Iterator[None]:
    """Raise errors that mean that a disk is full as a ServiceError, since they are no bugs.

    Raises:
        ServiceError: A disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        where = error.filename2 or error.filename or "a file"
        msg = f"{where}: cannot be written ({error.strerror}). Make room, and run again."
        raise ServiceError(msg) from error


@contextmanager
def memory_as_error() -> Iterator[None]:
    """Raise errors that mean that memory ran out as a ServiceError, since they are no bugs.

    Raises:
        ServiceError: Memory ran out.
    """
    try:
        yield
    except Exception as error:
        if not out_of_memory(error):
            raise
        msg = "Memory ran out. Read fewer rows or columns at once, or give the job more memory."
        raise ServiceError(msg) from error
