"""Remote file systems: whatever a web server does, a table is read or given up in time."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import fsspec
import pytest

from mxt.datasets import deadlines, places, remote_calls
from mxt.datasets.readers.csv import CsvReader
from mxt.errors import ServiceError, Stopped
from services.servers import MISBEHAVIOURS, misbehaving

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 0.3
SECRET = "hunter2-5c1e"  # noqa: S105 - what must go to no other server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what a connection moves")


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "SECONDS", SECONDS)
    monkeypatch.setattr(deadlines, "_late", set())


def read(address: str) -> str:
    """Why a table at an address is not read; it is given up in time."""
    begun = time.monotonic()
    with pytest.raises(ServiceError) as caught:
        CsvReader(path=address, id_column="id").read()
    assert time.monotonic() - begun < SECONDS + 2, "also on a machine with much else to do"
    return str(caught.value)


@pytest.mark.parametrize("how", ["silent", "busy", "redirecting", "no HTTP", "cut off"])
def test_a_table_of_a_server_that_gives_none_is_given_up(how: str) -> None:
    with misbehaving(how) as (host, _):
        assert read(f"http://{host}/table.csv").startswith(f"http://{host}/table.csv")


@pytest.mark.parametrize("address", ["https://{}/table.csv", "zip://table.csv::http://{}/table.zip"])
def test_a_server_that_keeps_silent_before_it_speaks_tls_or_gives_an_archive_is_given_up(
    address: str,
) -> None:
    with misbehaving("silent") as (host, _):
        assert "does not answer: given up after 0.3 s" in read(address.format(host))


def test_a_server_that_a_redirect_leads_to_gets_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_PASSWORD", SECRET)
    with misbehaving("cut off") as (other, theirs):
        place = f"http://{other.replace('127.0.0.1', 'localhost')}/"
        away = f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()
        monkeypatch.setitem(MISBEHAVIOURS, "away", (away, b""))
        with misbehaving("away") as (host, ours):
            read(f"http://reader:env:TABLE_PASSWORD@{host}/table.csv?sig=env:TABLE_PASSWORD")
    assert b"Authorization: Basic" in ours[0]
    assert theirs
    received = b"".join(theirs)
    assert b"Authorization" not in received
    assert SECRET.encode() not in received


def test_a_file_that_drips_is_waited_for_and_a_stop_ends_it_at_once() -> None:
    def stop(*_: object) -> None:
        raise Stopped(130)

    before = signal.signal(signal.SIGUSR1, stop)
    try:
        with misbehaving("dripping") as (host, _):
            filesystem, path = places.filesystem_of(f"http://{host}/table.csv")
            begun = time.monotonic()
            threading.Timer(4 * SECONDS, os.kill, [os.getpid(), signal.SIGUSR1]).start()
            with pytest.raises(Stopped):
                filesystem.cat_file(path)
        assert 4 * SECONDS <= time.monotonic() - begun < 4 * SECONDS + 1
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_what_is_asked_of_a_file_system_is_limited_once(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("id\n1\n")
    filesystem = fsspec.filesystem("file", skip_instance_cache=True)
    remote_calls.limit(filesystem)
    opener = filesystem.open
    remote_calls.limit(filesystem)
    assert filesystem.open is opener
    with filesystem.open(str(tmp_path / "table.csv"), "rb") as file:
        assert hasattr(file.read, "mxt_limited")
        assert file.read() == b"id\n1\n"


def test_what_the_package_of_a_file_system_does_itself_is_given_up_as_well() -> None:
    with misbehaving("silent") as (host, _):
        filesystem, path = places.filesystem_of(f"http://{host}/table.csv")
        with pytest.raises(ServiceError, match=rf"^http://{host}/table.csv does not answer: given up"):
            filesystem.info(path)
