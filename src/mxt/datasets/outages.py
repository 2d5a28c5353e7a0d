"""Failures of services, by the errors of their libraries: which are outages, and which are refusals."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSING = {401, 403, 407, 511}
"""HTTP statuses of a request without the right credentials."""
PASSING = {408, 425, 429}
"""HTTP statuses below 500 that another try may not get."""
_LIBRARIES = {
    *(
        "adlfs",
        "aiobotocore",
        "aiohttp",
        "asyncssh",
        "azure",
        "boto3",
        "botocore",
        "ftplib",
        "gcsfs",
        "google",
    ),
    *("grpc", "httpcore", "httpx", "huggingface_hub", "ocifs", "ossfs", "paramiko", "requests", "s3transfer"),
    *("smbclient", "smbprotocol", "urllib3", "webdav4"),
}
"""Packages that speak with services; an error of theirs is no error of a table."""
_NETWORK = {
    *(errno.ECONNABORTED, errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTDOWN, errno.EHOSTUNREACH),
    *(errno.ENETDOWN, errno.ENETRESET, errno.ENETUNREACH, errno.ENOTCONN, errno.EPIPE, errno.ETIMEDOUT),
}
_NO_HTTP = "aiohttp.http_exceptions"
"""The module of aiohttp's errors about answers that are no HTTP, for which it makes up the status 400."""
_CREDENTIALS = re.compile(
    r"Credential|Authenti|Authoriz|AccessDenied|Forbidden|Unauthorized|Token|Signature|SSO"
)
"""What names of errors and codes of refusals hold."""


@dataclass(frozen=True)
class Outage:
    """A service that does not do its work, though the request may be right."""

    why: str
    """The kind of the error; never its text, which may hold secrets."""
    refused: bool = False
    """Whether the service does not let this user in."""


def outage(error: BaseException) -> Outage | None:
    """The outage that an error reports; None if the service works, and lacks only the file or row."""
    for cause in causes(error):
        status = http_status(cause)
        name = _code(cause) or type(cause).__name__
        if status in REFUSING or isinstance(cause, PermissionError):
            return Outage(f"HTTP {status}" if status else name, refused=True)
        if status is not None and (status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR):
            return Outage(f"HTTP {status}")
        foreign = type(cause).__module__.partition(".")[0] in _LIBRARIES
        if foreign and _CREDENTIALS.search(name):
            return Outage(name, refused=True)
        if status is not None:
            return None
        if _of_the_network(cause) or (foreign and not isinstance(cause, ValueError)):
            return Outage(_in_words(cause))
    return None


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and what it was raised from, the last first."""
    seen, cause = set[int](), error
    while id(cause) not in seen:
        yield cause
        seen.add(id(cause))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__) or error


def http_status(error: BaseException) -> int | None:
    """The HTTP status that an error of any library holds, if it holds one."""
    if _NO_HTTP in {type(error).__module__, type(error.__cause__).__module__}:
        return None
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        values = [response.get("ResponseMetadata", {}).get("HTTPStatusCode")]
    else:
        holders = (error, response)
        values = [
            getattr(holder, name, None) for holder in holders for name in ("status", "status_code", "code")
        ]
    numbers = (int(each) for each in values if isinstance(each, (int, str)) and str(each).isdecimal())
    return next((number for number in numbers if number // 100 in {3, 4, 5}), None)


def _code(error: BaseException) -> str:
    """The code of an answer of Amazon's services, such as AccessDenied; empty if there is none."""
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return code if isinstance(code, str) and code.isalpha() else ""


def _of_the_network(error: BaseException) -> bool:
    if isinstance(error, (ConnectionError, TimeoutError, socket.gaierror, ssl.SSLError)):
        return True
    return isinstance(error, OSError) and error.errno in _NETWORK


def _in_words(error: BaseException) -> str:
    """The kind of an error, and the system's word for it where there is one."""
    number = error.errno if isinstance(error, OSError) else None
    word = f", {os.strerror(number)}" if number in _NETWORK else ""
    return f"{type(error).__name__}{word}"
