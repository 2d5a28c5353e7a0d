"""Which store holds the registered models, and why it is this one, in words for messages about models."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mxt.configs import current_root
from mxt.configs.addresses import Address
from mxt.datasets.local_files import obstacle
from mxt.errors import ServiceError
from mxt.redaction import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mlflow import MlflowClient

FILE = "mlflow.db"
"""The store of a project that names none."""
_NOTE = "mxt_store"
"""The attribute of a client that holds the note."""


def reason(fields: Collection[str], origin: Mapping[str, object]) -> str:
    """Why a config's registry is where it is; empty if there is no config.

    Args:
        fields: The fields of `mlflow_service` that the config sets.
        origin: The project's root, and the config's files by their paths from it.
    """
    files = origin.get("files")
    if not isinstance(files, dict) or not files:
        return ""
    for name in ("registry_uri", "tracking_uri"):
        if name in fields:
            return f"which mlflow_service.{name} names"
    if os.environ.get("MLFLOW_TRACKING_URI"):
        return "which MLFLOW_TRACKING_URI names"
    if os.environ.get("MXT_ROOT"):
        return "at the root that MXT_ROOT names"
    if next(iter(files)).startswith("confs/"):
        return "beside the folder confs of the config"
    another = "MLFLOW_TRACKING_URI or mlflow_service.tracking_uri names another"
    return f"beside the config, which lies in no folder confs; {another}"


def note_store(client: MlflowClient, uri: str, why: str) -> MlflowClient:
    """Keep with a client where its registry is, for `store_of`; nothing if there is no reason to give."""
    if not why:
        return client
    words = f"The store is {shown(uri)}, {why}."
    own = Path(current_root()) / FILE
    if uri.endswith(f"/{FILE}") and own.is_file() and not uri.endswith(f":///{own}"):
        words += f" The current folder's project has another: MLFLOW_TRACKING_URI=sqlite:///{own} chooses it."
    setattr(client, _NOTE, words)
    return client


def store_of(client: MlflowClient) -> str:
    """Where a client's registry is, and why, as a sentence after another one; empty if that is unknown."""
    note = getattr(client, _NOTE, "")
    return f" {note}" if note else ""


_BESIDE = (".lock", "-wal", "-shm", "-journal")
"""Endings of MXT's own lock, and of the files in which SQLite keeps what it is writing."""


def files_of(uris: Iterable[str]) -> tuple[Address, ...]:
    """The files of SQLite stores, what lies beside each, and the folder of artifacts; none of others."""
    found: list[Address] = []
    for uri in uris:
        address = Address.of_database(uri) if uri.startswith(("sqlite", "env:")) else None
        if address is not None:
            found.append(address)
        if address is not None and address.local:
            folder = str(Path(address.place).parent / "mlartifacts")
            found += map(Address.of, (*(f"{address.place}{ending}" for ending in _BESIDE), folder))
    return tuple(found)


def refuse_special(files: Iterable[Address]) -> None:
    """Raise a ServiceError if a file of a store, or its lock, is a pipe or a device."""
    for place in (each.place for each in map(Address.real, files) if each.local):
        if why := obstacle(place):
            msg = f"MLflow's store cannot be opened, since {place} {why}. Name another tracking_uri."
            raise ServiceError(msg)
