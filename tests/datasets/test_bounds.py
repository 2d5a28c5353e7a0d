"""Bounds: an object keeps what it does, and gets a deadline where it waits."""

from __future__ import annotations

import time
from functools import partial

import pytest

from mxt.datasets import deadlines
from mxt.datasets.bounds import bound, each
from mxt.datasets.deadlines import call
from mxt.errors import ServiceError


class Service:
    """Something that can be asked."""

    def ask(self, seconds: float) -> float:
        """Answer after some seconds."""
        time.sleep(seconds)
        return seconds

    @property
    def costly(self) -> float:
        """What must not be computed unasked."""
        raise AssertionError


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "SECONDS", 0.1)
    monkeypatch.setattr(deadlines, "_late", set())


def test_a_bound_method_answers_as_before_and_no_later_than_its_deadline() -> None:
    service = bound(Service(), ["ask", "costly", "absent"], call, "The service")
    assert service.ask(0.01) == 0.01
    with pytest.raises(ServiceError, match=r"^The service does not answer: given up after 0\.1 s"):
        service.ask(60)
    assert bound(service, ["ask"], call, "Another").ask == service.ask, "none is bound twice"
    assert Service().ask(0.15) == 0.15, "others of its class are as they were"


def test_the_endpoint_may_depend_on_what_is_asked() -> None:
    service = bound(Service(), ["ask"], call, lambda seconds: f"It, asked for {seconds},")
    with pytest.raises(ServiceError, match=r"^It, asked for 60, does not answer"):
        service.ask(60)


def test_each_item_has_its_own_time_and_what_is_done_with_it_has_any() -> None:
    taken = []
    for item in each(iter([1, None, 3]), partial(call, "it")):
        time.sleep(0.06)
        taken.append(item)
    assert taken == [1, None, 3]
    late = map(Service().ask, [60, 60])
    with pytest.raises(ServiceError):
        next(each(late, partial(call, "it")))
