"""The calls that a process makes of MLflow's stores: tracking, registry and artifacts, in their order."""

from __future__ import annotations

import functools
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

READS = ("get_", "list_", "search_", "download_", "load_", "supports_", "is_", "shut_down_")
"""What the names of methods begin with that change nothing."""

MOVE = {f"mxt.{name}" for name in ("alias", "alias_at", "alias_by", "alias_from", "alias_reason", "rollback")}
"""Tags that come with the one which says whether a move is intended or made."""


class Recorder:
    """Names each call of a store before it is made, unless a store makes it.

    A call that changes something is named by its method and what it sets, such as `set_tag mxt.best`.
    """

    def __init__(self, before: Callable[[str], None]) -> None:
        self._before = before
        self._inside = False

    def watch(self) -> None:
        """Wrap the methods of MLflow's stores, for the rest of this process."""
        for store in _stores():
            for name in _methods(store):
                setattr(store, name, self._wrapped(name, getattr(store, name)))

    def _wrapped(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(store: object, *args: Any, **kwargs: Any) -> Any:
            if self._inside:
                return method(store, *args, **kwargs)
            self._inside = True
            try:
                self._before(" ".join([name, *_what(name, [*args, *kwargs.values()])]))
                return method(store, *args, **kwargs)
            finally:
                self._inside = False

        return call


def changes(call: str) -> bool:
    """Whether a call changes the store."""
    return not call.startswith(READS)


def _stores() -> Iterator[type]:
    from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as RegistryStore
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    yield from (SqlAlchemyStore, RegistryStore, LocalArtifactRepository)


def _methods(store: type) -> list[str]:
    """The public methods of a store."""
    names = {name for kind in store.__mro__ for name, value in vars(kind).items() if callable(value)}
    return sorted(
        name for name in names if not name.startswith("_") and not isinstance(getattr(store, name), type)
    )


def _what(name: str, values: Iterable[Any]) -> Iterator[str]:
    """What a call sets: the names of MXT's tags, or of the one tag, or the ending of a file."""
    if not changes(name):
        return
    names: set[str] = set()
    for value in values:
        for each in value if isinstance(value, list | tuple | set) else [value]:
            key = getattr(each, "key", None)
            if isinstance(key, str) and type(each).__name__.endswith("Tag"):
                names.add(_family(key))
    if name == "log_artifact":
        names |= {ending for value in values if isinstance(value, str) and (ending := PurePath(value).suffix)}
    elif len(names) > 1:
        names = {tag for tag in names if tag.startswith("mxt.")} - MOVE
    yield from sorted(names)


def _family(tag: str) -> str:
    """A tag whose name ends with that of a job or a score stands for its family."""
    return next((f"{start}*" for start in ("mxt.last.", "mxt.positive.") if tag.startswith(start)), tag)
