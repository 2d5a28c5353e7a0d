"""URLs of services, and which error is raised when the service behind one fails."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mxt.configs import revealed
from mxt.datasets.outages import Outage, outage
from mxt.errors import MxtError, ServiceError
from mxt.redaction import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = {"data", "file", "local", "memory", "tar", "zip"}
_EXTRAS = {
    **dict.fromkeys(("s3", "s3a"), "s3"),
    **dict.fromkeys(("gs", "gcs"), "gcs"),
    **dict.fromkeys(("abfs", "abfss", "az"), "azure"),
}
"""The extra of MXT for each kind of URL that has one."""
_KEYS = {
    **dict.fromkeys(
        ("s3", "s3a"),
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, of a user who may use the bucket.",
    ),
    **dict.fromkeys(
        ("gs", "gcs"),
        "Set GOOGLE_APPLICATION_CREDENTIALS to the key file of a user who may use the bucket.",
    ),
    **dict.fromkeys(
        ("abfs", "abfss", "az"),
        "Set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY of an account with access.",
    ),
    **dict.fromkeys(
        ("http", "https"),
        "Is the link still valid? A password stands in it as https://user:env:NAME@host.",
    ),
}
"""Where the credentials of each kind of URL come from."""
_NO_KEYS = "Give the credentials where the package for this kind of URL looks for them."


def remote(path: str) -> bool:
    """Whether a path is a URL of a service, and no file or memory of this machine."""
    kinds = re.findall(r"(?:^|::)([A-Za-z][A-Za-z0-9+.-]*)://", revealed(path))
    return any(kind.lower() not in _HERE for kind in kinds)


def unreached(path: str, error: BaseException, otherwise: Outage | None = None) -> MxtError | None:
    """The error of the service behind a URL; None for a path of this machine, and for faults of the file.

    Args:
        path: The path or URL.
        error: What was raised while it was used.
        otherwise: The outage behind an error whose kind says nothing, unless it is of an absent file.
    """
    if isinstance(error, MxtError) or not remote(path):
        return None
    absent = isinstance(error, (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError))
    known = outage(error) or (None if absent else otherwise)
    if known is None:
        return None
    if known.refused:
        return refused(path, known.why)
    return ServiceError(
        f"{shown(path)}: the service does not answer as it should ({known.why}). "
        "Is it up, and the URL right? Then run again."
    )


def refused(path: str, why: str) -> ServiceError:
    """The error of a service that lets nobody in with these credentials, or without any."""
    keys = _KEYS.get(_kind(path), _NO_KEYS)
    return ServiceError(f"{shown(path)}: access is refused ({why}). {keys}")


def behind(path: str, error: Exception) -> Exception | None:
    """The cause that Python shows of a path's fault; None if its text may hold what a variable holds."""
    return None if "env:" in path else error


@contextmanager
def reaching(path: str, but: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Use a file system on a path; whatever it raises for a URL is an error of the service behind it.

    Args:
        path: The path or URL.
        but: What passes as it is.

    Raises:
        ServiceError: The service cannot be reached, or refuses.
        OSError: There is no such file, or a file of this machine cannot be used.
    """
    try:
        yield
    except but:
        raise
    except Exception as error:
        fault = unreached(path, error, Outage(type(error).__name__))
        if fault is None:
            raise
        raise fault from behind(path, error)


def package_for(path: str, error: ImportError) -> str:
    """What pip is to install for a kind of URL."""
    from fsspec.registry import known_implementations

    kind = _kind(path)
    if kind in _EXTRAS:
        return f"'mxt[{_EXTRAS[kind]}]'"
    module = getattr(error.__cause__, "name", None) or known_implementations.get(kind, {}).get("class", kind)
    return str(module).partition(".")[0]


def known(path: str) -> bool:
    """Whether fsspec knows this kind of URL."""
    from fsspec.registry import available_protocols

    return _kind(path) in available_protocols()


def _kind(path: str) -> str:
    """What stands before ``://``, of the last of chained URLs."""
    return revealed(path).rpartition("::")[2].partition("://")[0].lower()
