"""Deadlines: a call ends in time whatever it waits for, and a transfer goes on as long as it moves."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mxt.datasets import deadlines
from mxt.datasets.deadlines import at_once, call, transfer
from mxt.errors import ServiceError, Stopped
from services.servers import misbehaving

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 0.2


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(deadlines, "SECONDS", SECONDS)
    yield
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0, "the timer is given back"
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
    deadlines._late.clear()


def rest(seconds: float) -> int:
    """Do nothing for some seconds."""
    time.sleep(seconds)
    return 2


def take(host: str, seconds: float = 3600.0) -> bytes:
    """What a server sends until it closes the connection, or in some seconds."""
    name, _, port = host.partition(":")
    until = time.monotonic() + seconds
    with socket.create_connection((name, int(port))) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        content = b""
        while time.monotonic() < until and (piece := connection.recv(1 << 16)):
            content += piece
    return content


@pytest.mark.parametrize("how", ["silent", "dripping"])
def test_a_call_ends_in_time_and_names_the_endpoint_and_the_time(how: str) -> None:
    begun = time.monotonic()
    with misbehaving(how) as (host, _), pytest.raises(ServiceError) as caught, call(f"The server {host}"):
        take(host)
    assert str(caught.value).startswith(f"The server {host} does not answer: given up after {SECONDS:.1f} s.")
    assert SECONDS <= time.monotonic() - begun < 10 * SECONDS


def test_a_call_ends_in_time_though_a_library_catches_the_first_end_and_tries_again() -> None:
    def stubborn() -> None:
        for _ in range(3):
            with suppress(BaseException):
                time.sleep(60)
        time.sleep(60)

    with pytest.raises(ServiceError, match=r"after 0\.2 s"), call("it"):
        stubborn()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what a connection moves")
def test_a_transfer_goes_on_as_long_as_it_moves_and_no_longer() -> None:
    with misbehaving("cut off") as (host, _), transfer("it"):
        assert take(host).endswith(b"{")
    with misbehaving("dripping") as (host, _), transfer("it"):
        assert len(take(host, 3 * SECONDS)) > 80
    with (
        misbehaving("silent") as (host, _),
        pytest.raises(ServiceError, match=r"^it stands still: given up after 0\.2 s"),
        transfer("it"),
    ):
        take(host)


def test_a_call_within_a_transfer_has_its_own_time_and_one_within_a_call_has_that() -> None:
    with transfer("outer"):
        with pytest.raises(ServiceError, match=r"^inner does not answer"), call("inner"):
            time.sleep(60)
        time.sleep(SECONDS / 2)
    with pytest.raises(ServiceError, match=r"^outer does not answer"), call("outer"), call("inner", 60):
        time.sleep(60)


def test_what_ends_in_time_ends_as_it_would_alone() -> None:
    with call("it"):
        pass
    for error in (ValueError("own"), ServiceError("own")):
        with pytest.raises(type(error), match="own"), call("it"):
            raise error
    assert not deadlines.abandoned()


def test_the_own_limit_of_a_library_counts_as_the_deadline_and_an_early_one_does_not() -> None:
    def give_up(seconds: float) -> None:
        time.sleep(seconds)
        raise TimeoutError

    with pytest.raises(ServiceError, match=r"given up after 0\.2 s"), call("it"):
        give_up(SECONDS * 0.96)
    with pytest.raises(TimeoutError), call("another"):
        give_up(0)


def test_who_was_late_is_given_less_time_until_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "AGAIN_SECONDS", 0.05)
    for seconds in ("0.2", "0.1", "0.1"):
        with pytest.raises(ServiceError, match=rf"after {seconds} s"), call("it"):
            time.sleep(60)
    assert deadlines.abandoned()
    with call("it"):
        pass
    assert not deadlines.abandoned()


def test_while_a_job_is_being_stopped_nobody_is_given_much_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(Stopped, "under_way", True)
    begun = time.monotonic()
    with pytest.raises(ServiceError), call("it"):
        time.sleep(60)
    assert at_once([partial(rest, 0.3)])[0] == {}
    assert time.monotonic() - begun < SECONDS


def test_a_stop_passes_through_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise Stopped(130)

    before = signal.signal(signal.SIGUSR1, stop)
    monkeypatch.setattr(deadlines, "SECONDS", 60.0)
    threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGUSR1]).start()
    try:
        with pytest.raises(Stopped), call("it"):
            time.sleep(60)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_elsewhere_than_in_the_main_thread_nothing_is_interrupted() -> None:
    ended: list[str] = []

    def work() -> None:
        with call("it"):
            time.sleep(1.5 * SECONDS)
            ended.append("well")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended == ["well"]
    assert not deadlines.running()


def test_works_are_done_at_the_same_time_and_the_late_ones_are_left() -> None:
    begun = time.monotonic()
    answers, seconds = at_once([partial(rest, times * SECONDS) for times in (0, 4, 0.1)])
    assert answers == {0: 2, 2: 2}
    assert SECONDS <= time.monotonic() - begun < 4 * SECONDS
    assert seconds == SECONDS
