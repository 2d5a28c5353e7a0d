"""Outages: apart from refusals and from absent files, by the errors of real libraries."""

from __future__ import annotations

import errno
import socket
import ssl

import aiohttp
import pytest
import requests
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from mxt.datasets.outages import Outage, causes, http_status, outage

SECRET = "hunter2-5c1e"  # noqa: S105 - what must not be shown


class NoCredentialsError(Exception):
    """As botocore has it, which MXT does not install by itself."""

    __module__ = "botocore.exceptions"


class ClientError(Exception):
    """As botocore has it: a response with a status and a code."""

    __module__ = "botocore.exceptions"

    def __init__(self, status: int, code: str) -> None:
        super().__init__(SECRET)
        self.response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}


def answered(status: int) -> aiohttp.ClientResponseError:
    url = URL(f"http://host/x?sig={SECRET}")
    headers = CIMultiDictProxy(CIMultiDict[str]())
    return aiohttp.ClientResponseError(aiohttp.RequestInfo(url, "GET", headers, url), (), status=status)


def of_requests(status: int) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError(SECRET, response=response)


DOWN = [
    (ConnectionRefusedError(errno.ECONNREFUSED, SECRET), "ConnectionRefusedError, Connection refused"),
    (OSError(errno.ENETUNREACH, SECRET), "OSError, Network is unreachable"),
    (TimeoutError(), "TimeoutError"),
    (socket.gaierror(-2, SECRET), "gaierror"),
    (ssl.SSLError(1, SECRET), "SSLError"),
    (aiohttp.ClientPayloadError(SECRET), "ClientPayloadError"),
    (requests.ConnectionError(SECRET), "ConnectionError"),
    (answered(503), "HTTP 503"),
    (answered(429), "HTTP 429"),
    (of_requests(500), "HTTP 500"),
    (ClientError(503, "SlowDown"), "HTTP 503"),
]
REFUSED = [
    (PermissionError(errno.EACCES, SECRET), "PermissionError"),
    (answered(401), "HTTP 401"),
    (of_requests(403), "HTTP 403"),
    (NoCredentialsError(SECRET), "NoCredentialsError"),
    (ClientError(400, "ExpiredToken"), "ExpiredToken"),
]
NEITHER = [
    answered(404),
    of_requests(410),
    ClientError(404, "NoSuchKey"),
    FileNotFoundError(errno.ENOENT, "x"),
    ValueError("503"),
    OSError("a page does not fit its checksum"),
    aiohttp.InvalidURL("x"),
]


@pytest.mark.parametrize(("error", "why"), DOWN, ids=lambda part: str(part)[:30])
def test_a_service_that_is_down_is_told_by_kind_and_never_by_text(error: Exception, why: str) -> None:
    assert outage(error) == Outage(why)


@pytest.mark.parametrize(("error", "why"), REFUSED, ids=lambda part: str(part)[:30])
def test_a_refusal_is_told_apart(error: Exception, why: str) -> None:
    assert outage(error) == Outage(why, refused=True)


@pytest.mark.parametrize("error", NEITHER, ids=lambda error: type(error).__name__)
def test_what_the_service_lacks_is_no_outage(error: Exception) -> None:
    assert outage(error) is None


def test_the_cause_of_an_error_counts() -> None:
    error = FileNotFoundError(SECRET)
    error.__cause__ = cause = answered(500)
    assert [*causes(error)] == [error, cause]
    assert outage(error) == Outage("HTTP 500")


def test_errors_that_cause_each_other_are_followed_once() -> None:
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one
    assert [*causes(one)] == [one, other]


def test_a_number_that_is_no_status_is_none() -> None:
    assert http_status(answered(200)) is None
