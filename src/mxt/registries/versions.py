"""Versions of registered models, named by an alias, a number or a semantic version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from mxt.errors import ModelError, ServiceError
from mxt.services.base.outages import GARBLED
from mxt.services.base.stores import store_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.store.entities import PagedList

SEMVER_TAG = "mxt.semver"
TRAINING_DATA_TAG = "mxt.training_data_id"
"""Tag of a version: the fingerprint of the table that it was trained on."""
HELD_OUT_TAG = "mxt.held_out_data_id"
"""Tag of a version: the fingerprint of the rows that its training held out, ids included."""
_RUNS_PER_PAGE = 1000
_SEMVER = r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"

SemanticVersion = Annotated[str, StringConstraints(pattern=f"^{_SEMVER}$")]
"""A version such as 1.2.3 (semver.org 2.0.0)."""

AliasOrVersion = (
    Annotated[int, Field(ge=1)] | Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]+$")]
)
"""An alias such as Champion, a version's number such as 3, or a semantic version such as "1.2.3"."""


@dataclass(frozen=True)
class Pinned:
    """One version of a registered model, looked up once, so that a moved alias cannot change it in a job."""

    name: str
    version: int
    run_id: str
    """The run that trained it."""
    semver: str
    """Its semantic version; empty if it has none."""
    tags: dict[str, str]

    @property
    def uri(self) -> str:
        """Its URI by number, which no alias move can change."""
        return f"models:/{self.name}/{self.version}"

    def __str__(self) -> str:
        return f"{self.name} version {self.version}{f' ({self.semver})' if self.semver else ''}"


def pin(client: MlflowClient, name: str, alias_or_version: str | int) -> Pinned:
    """The version of the model `name` that an alias, number or semantic version stands for.

    Raises:
        ModelError: There is no such version; the message lists the aliases and versions that exist.
    """
    wanted = str(alias_or_version)
    versions = {int(version.version): version for version in versions_of(client, name)}
    aliases = aliases_of(client, name)
    semvers = {version.tags.get(SEMVER_TAG, ""): number for number, version in versions.items()}
    number = int(wanted) if wanted.isdigit() else aliases.get(wanted, semvers.get(wanted))
    if number not in versions:
        known = ", ".join(str(number) for number in sorted(versions)) or "none"
        named = ", ".join(f"{alias} ({number})" for alias, number in sorted(aliases.items())) or "none"
        taken = ", ".join(sorted(filter(None, semvers)))
        semantic = f"; semantic versions: {taken}" if taken else ""
        msg = (
            f"The model {name!r} has no alias or version {wanted!r}. "
            f"Aliases: {named}; versions: {known}{semantic}.{store_of(client)}"
        )
        raise ModelError(msg)
    version = versions[number]
    tags = dict(version.tags)
    return Pinned(version.name, number, version.run_id or "", tags.get(SEMVER_TAG, ""), tags)


def all_pages(search: Callable[[str | None], PagedList]) -> PagedList:
    """All results of a search in MLflow, which gives them page by page.

    Args:
        search: Gives the page of a token; the first page has none.
    """
    results = page = search(None)
    while page.token:
        page = search(page.token)
        results += page
    return results


def runs_where(client: MlflowClient, query: str) -> list[Run]:
    """The runs of all experiments that a query of MLflow selects, deleted ones too, in no order."""
    from mlflow.entities import ViewType

    experiments = all_pages(lambda token: client.search_experiments(ViewType.ALL, page_token=token))
    ids = [experiment.experiment_id for experiment in experiments]
    return all_pages(
        lambda token: client.search_runs(
            ids, query, ViewType.ALL, max_results=_RUNS_PER_PAGE, page_token=token
        )
    )


def versions_of(client: MlflowClient, name: str) -> list[ModelVersion]:
    """All versions of a registered model; none if it is not registered."""
    return all_pages(lambda token: client.search_model_versions(f"name='{name}'", page_token=token))


def aliases_of(client: MlflowClient, name: str) -> dict[str, int]:
    """The version that each alias of a registered model stands for.

    Raises:
        ModelError: The model is not registered; the message lists those that are.
        ServiceError: The store answers with another model, or with none.
    """
    from mlflow.exceptions import MlflowException

    try:
        registered = client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        known = ", ".join(repr(model.name) for model in client.search_registered_models()) or "none"
        msg = (
            f"No model {name!r} is registered; registered models: {known}. "
            f"Train one first (TrainingJob).{store_of(client)}"
        )
        raise ModelError(msg) from error
    if registered.name != name:
        msg = f"MLflow does not answer with the model {name!r} that it has: {GARBLED}{store_of(client)}"
        raise ServiceError(msg)
    return {alias: int(version) for alias, version in registered.aliases.items()}


def refuse_taken(client: MlflowClient, name: str, semver: str, made: str = "") -> None:
    """Refuse a semantic version that a version of the model `name` has already.

    Args:
        client: Of the store.
        name: Of the registered model.
        semver: The semantic version.
        made: How that version was made, if it is known.

    Raises:
        ModelError: It is taken; the message names one that is free.
    """
    taken = {version.tags.get(SEMVER_TAG): version.version for version in versions_of(client, name)}
    taken.pop(None, None)
    if semver in taken:
        known = ", ".join(sorted(taken))
        start, patch = re.findall(r"^(\d+\.\d+\.)(\d{1,9})", semver)[0]
        free = next(each for number in count(int(patch) + 1) if (each := f"{start}{number}") not in taken)
        msg = (
            f"The semantic version {semver} of {name!r} is taken by version {taken[semver]}{made}; "
            f"taken: {known}. To train anew, write another, such as `version: {free}`.{store_of(client)}"
        )
        raise ModelError(msg)
