"""Deadlines of MLflow's stores of runs, versions and artifacts, whoever calls them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from mxt.datasets.bounds import bound
from mxt.datasets.databases import interruptible
from mxt.datasets.deadlines import call, transfer
from mxt.redaction import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    Limit = Callable[[str], AbstractContextManager[object]]

_HERE = ("file:", "/", ".")
"""How addresses of artifacts on this machine begin."""
_OF_SERVER = ("mlflow-artifacts:", "models:", "runs:")
"""How addresses begin that only the server of the runs knows."""


def limit_stores() -> None:
    """Let MLflow hand out stores whose methods are limited; nothing if it does so already.

    MLflow's client, its functions and its flavours all take their stores from three registries.
    """
    from mlflow.store.artifact.artifact_repository_registry import _artifact_repository_registry
    from mlflow.tracking._model_registry.utils import _get_store_registry
    from mlflow.tracking._tracking_service.utils import _tracking_store_registry

    for registry in (_tracking_store_registry, _get_store_registry()):
        _limit(registry, "_get_store_with_resolved_uri", call)
    _limit(_artifact_repository_registry, "get_artifact_repository", transfer)


def _limit(registry: object, name: str, limit: Limit) -> None:
    import mlflow

    plain = getattr(registry, name, None)
    if plain is None or hasattr(plain, "mxt_limited"):
        return

    def limited(uri: str, *args: object, **kwargs: object) -> object:
        if str(uri).startswith(_HERE):
            return plain(uri, *args, **kwargs)
        if str(uri).startswith("postgresql"):
            interruptible("psycopg" if "+psycopg:" in str(uri) else "psycopg2")
        server = mlflow.get_tracking_uri() if str(uri).startswith(_OF_SERVER) else str(uri)
        endpoint = _endpoint(server)
        with limit(endpoint):
            store = plain(uri, *args, **kwargs)
        if not hasattr(store, "mxt_limited"):  # MLflow hands out the same store again and again
            bound(
                store, [method for method in dir(type(store)) if not method.startswith("_")], limit, endpoint
            )
            store.mxt_limited = True
        return store

    limited.mxt_limited = True  # type: ignore[attr-defined] # so that none is limited twice
    setattr(registry, name, limited)


@functools.lru_cache
def _endpoint(server: str) -> str:
    """How messages name a server, or another store."""
    return f"MLflow at {shown(server)}"
