"""Traffic: what comes counts as moving, and what goes once it is more than a request."""

from __future__ import annotations

import socket
import sys
import time
from typing import TYPE_CHECKING

import pytest

from mxt.datasets.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what a connection moves")


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection on loopback; the counts are of the whole process, so of both."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as one,
    ):
        other, _ = server.accept()
        with other:
            yield one, other


def moved(traffic: Traffic) -> bool:
    """Whether something has moved by now, or within a moment: the other end's kernel has to answer."""
    until = time.monotonic() + 0.05
    while not (moves := traffic.moved()) and time.monotonic() < until:
        time.sleep(0.005)
    return moves


def test_nothing_moves_as_long_as_nothing_comes(ends: tuple[socket.socket, socket.socket]) -> None:
    traffic = Traffic()
    assert not traffic.moved()
    ends[0].setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    assert not moved(traffic)


def test_a_byte_that_comes_moves_once(ends: tuple[socket.socket, socket.socket]) -> None:
    traffic = Traffic()
    ends[1].sendall(b"x")
    assert moved(traffic)
    assert not traffic.moved()


def test_a_request_that_is_sent_again_and_again_moves_nothing() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,  # the kernel lets it in; nobody takes what is sent
        socket.create_connection(server.getsockname()) as client,
    ):
        traffic = Traffic()
        client.sendall(b"x" * 16_000)
        assert not moved(traffic)
        client.sendall(b"x" * 400)
        assert moved(traffic), "what goes counts from the last time that something moved"


def test_a_new_connection_alone_moves_nothing_and_what_comes_over_it_does(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ends[1].sendall(b"before")
    traffic = Traffic()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        other, _ = server.accept()
        with other:
            assert not traffic.moved()
            other.sendall(b"x")
            assert moved(traffic)


def test_what_goes_through_pipes_of_this_machine_is_no_traffic() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        traffic = Traffic()
        theirs.sendall(b"x")
        assert not moved(traffic)
