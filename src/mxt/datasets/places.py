"""Files by path or URL: the file system that holds them, and whether they changed since they were read."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import fsspec

    Listing = Mapping[str, Mapping[str, object]]

T = TypeVar("T")

TIMES = ("mtime", "LastModified", "last_modified", "updated", "created")
ETAGS = ("etag", "ETag")
"""What file systems call the time of the last change, and the digest of the content."""

SETTLED_SECONDS = 2.0
"""A file that changed less than this ago may change again without a new time of change."""

MOST = 64
"""How many answers about files are remembered."""


def filesystem_of(path: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The file system of a path or URL, and the path within it.

    Raises:
        DataError: No file system is known for this kind of URL, or its package is not installed.
    """
    from fsspec.core import url_to_fs

    try:
        return url_to_fs(path)
    except ImportError as error:
        msg = f"{path}: this kind of URL needs a package that is not installed: {error}"
        raise DataError(msg) from error
    except ValueError as error:
        msg = f"{path}: no file system is known for this kind of URL."
        raise DataError(msg) from error


def listing(path: str) -> Listing:
    """What the file system states of the file at `path`, or of each file in the folder, by name.

    Raises:
        OSError: There is no such file or folder, or it cannot be listed.
    """
    filesystem, inner = filesystem_of(path)
    facts = filesystem.info(inner)
    return filesystem.find(inner, detail=True) if facts["type"] == "directory" else {inner: facts}


def remembered(path: str, question: Hashable, answer: Callable[[], T]) -> T:
    """The answer to a question about the files at `path`, computed again only once they have changed.

    Nothing is remembered of files whose change could go unseen: those that changed a moment ago, or of which
    the file system states neither a time of change nor a digest.
    """
    files = listing(path)
    if not all(_settled(facts) for facts in files.values()):
        return answer()
    state = str([(name, sorted(files[name].items())) for name in sorted(files)])
    return _answered(_Question((path, question, state), answer))


@dataclass(frozen=True)
class _Question(Generic[T]):
    question: Hashable
    answer: Callable[[], T] = field(compare=False)


@functools.lru_cache(MOST)
def _answered(question: _Question[T]) -> T:
    return question.answer()


def _settled(facts: Mapping[str, object]) -> bool:
    if any(facts.get(name) for name in ETAGS):
        return True
    changed = next((facts[name] for name in TIMES if name in facts), None)
    seconds = changed.timestamp() if isinstance(changed, datetime) else changed
    return isinstance(seconds, float) and seconds < time.time() - SETTLED_SECONDS
