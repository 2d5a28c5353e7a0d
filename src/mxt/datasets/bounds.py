"""Objects and iterators that have a deadline wherever they wait for a service."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    Limit = Callable[[str], AbstractContextManager[object]]

P = ParamSpec("P")
T = TypeVar("T")


def bound(thing: T, names: Iterable[str], limit: Limit, endpoint: str | Callable[..., str]) -> T:
    """An object some of whose methods are limited from now on.

    Args:
        thing: The object, which is changed.
        names: Its methods; those that it lacks are passed over.
        limit: `call` or `transfer`.
        endpoint: The service, as a message names it, or what names it by the arguments of a method.
    """
    for name in names:
        own = inspect.isfunction(getattr(type(thing), name, None)) or name in getattr(thing, "__dict__", ())
        if own and not hasattr(method := getattr(thing, name), "mxt_limited"):
            setattr(thing, name, limited(method, limit, endpoint))
    return thing


def limited(function: Callable[P, T], limit: Limit, endpoint: str | Callable[..., str]) -> Callable[P, T]:
    """A function whose every call is limited."""

    @wraps(function)
    def within(*args: P.args, **kwargs: P.kwargs) -> T:
        with limit(endpoint if isinstance(endpoint, str) else endpoint(*args)):
            return function(*args, **kwargs)

    within.mxt_limited = True  # type: ignore[attr-defined] # so that none is limited twice
    return within


def each(items: Iterator[T], limit: Callable[[], AbstractContextManager[object]]) -> Iterator[T]:
    """The items of an iterator, each of which is waited for no longer than its deadline."""
    while True:
        with limit():
            try:
                item = next(items)
            except StopIteration:
                return
        yield item
