"""Files by path or URL: the file system that holds them, and whether they changed since they were read."""

from __future__ import annotations

import functools
import logging
import re
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from mxt.configs import revealed
from mxt.configs.addresses import Address
from mxt.datasets import remote_calls
from mxt.datasets.deadlines import SECONDS, transfer
from mxt.datasets.local_files import refuse_special
from mxt.datasets.remotes import behind, known, package_for, reaching, refused, remote
from mxt.errors import DataError, MxtError, missing
from mxt.redaction import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import fsspec

    Listing = Mapping[str, Mapping[str, object]]

T = TypeVar("T")

CHAINED = "A file in an archive is named as zip://FILE::ARCHIVE."

TIMES = ("mtime", "LastModified", "last_modified", "updated", "created")
ETAGS = ("etag", "ETag")
"""What file systems call the time of the last change, and the digest of the content."""

SETTLED_SECONDS = 2.0
"""A file that changed less than this ago may change again without a new time of change."""

MOST = 64
"""How many answers about files are remembered."""

CONNECT_SECONDS, ANSWER_SECONDS = 10.0, SECONDS
"""How long a web server may take to let a connection in, and to send the next bytes of a file."""


def filesystem_of(path: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The file system of a path or URL, and the path within it.

    Raises:
        DataError: No file system is known for this kind of URL.
        MissingExtraError: The package for this kind of URL is not installed.
        ServiceError: The service behind the URL cannot be reached, or refuses.
    """
    from fsspec.core import url_to_fs

    archive = Address.of(path)
    if "::" in path and archive.local:
        refuse_special(archive.place, shown(path), archive.place)
    logging.getLogger("gcsfs").setLevel(logging.CRITICAL)  # it would log tracebacks of what is raised as well
    url = revealed(path)
    try:
        with (
            reaching(path, (ImportError, ValueError, TypeError, AttributeError)),
            transfer(shown(path)) if remote(path) else nullcontext(),
        ):
            filesystem, inner = url_to_fs(url, **_options(url))
    except ImportError as error:
        what = f"{shown(path)}: this kind of URL"
        raise missing(what, package_for(path, error)) from behind(path, error)
    except (ValueError, TypeError, AttributeError) as error:  # the latter of what no URL can make
        if isinstance(error, ValueError) and known(path):  # as adlfs where it finds no credentials
            raise refused(path, type(error).__name__) from behind(path, error)
        msg = f"{shown(path)}: no file system is known for this kind of URL."
        raise DataError(msg) from behind(path, error)
    except FileNotFoundError as error:  # of an archive
        msg = f"{shown(path)}: no such file or folder."
        raise DataError(msg) from behind(path, error)
    except (MemoryError, MxtError):
        raise
    except Exception as error:  # noqa: BLE001 - each kind of archive has errors of its own
        msg = f"{shown(path)}: cannot be opened ({type(error).__name__}). {CHAINED}"
        raise DataError(msg) from behind(path, error)
    if remote(path):
        remote_calls.limit(filesystem)
    return filesystem, inner


def place_of(path: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The file system of a path or URL, and the path within it; a device or pipe is refused."""
    filesystem, inner = filesystem_of(path)
    if filesystem.protocol[0] == "file":
        refuse_special(inner, shown(path))
    return filesystem, inner


def there(path: str) -> bool:
    """Whether there is a file or folder at a path or URL.

    Raises:
        ServiceError: The service behind a URL does not say.
    """
    filesystem, inner = place_of(path)
    if not remote(path):
        return bool(filesystem.exists(inner))
    try:
        with reaching(path):
            filesystem.info(inner)
    except FileNotFoundError:
        return False
    return True


def content(path: str) -> bytes:
    """The whole content of a file.

    Raises:
        OSError: There is no such file, or it cannot be read.
        ServiceError: The service behind a URL cannot be reached, or refuses.
    """
    filesystem, inner = place_of(path)
    with reaching(path):
        return bytes(filesystem.cat_file(inner))


def listing(path: str) -> Listing:
    """What the file system states of the file at `path`, or of each file in the folder, by name.

    Raises:
        OSError: There is no such file or folder, or it cannot be listed.
        ServiceError: The service behind a URL cannot be reached, or refuses.
    """
    filesystem, inner = place_of(path)
    with reaching(path):
        facts = filesystem.info(inner)
        files = filesystem.find(inner, detail=True) if facts["type"] == "directory" else {inner: facts}
    for name, facts in files.items():
        if facts["type"] == "other" or facts.get("islink"):
            refuse_special(name, shown(path), name, "Remove it from the folder.")
    return files


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


def _options(url: str) -> dict[str, object]:
    """How long to wait for a web server: aiohttp itself gives up on a large file after five minutes."""
    web = re.search("(^|::)(https?)://", url.lower())
    if web is None:
        return {}
    import aiohttp

    limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=ANSWER_SECONDS)
    options: dict[str, object] = {"client_kwargs": {"timeout": limits}}
    return {web[2]: options} if web[1] else options
