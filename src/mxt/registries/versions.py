"""Naming a model version: by alias, by number, or by semantic version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from mxt.errors import ModelError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

SEMVER_TAG = "mxt.semver"
TRAINING_DATA_TAG = "mxt.training_data_id"
"""Tag of a version: the fingerprint of the table that it was trained on."""
HELD_OUT_TAG = "mxt.held_out_data_id"
"""Tag of a version: the fingerprint of the rows, with their ids, that its training held out."""
_SEMVER = r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"

SemanticVersion = Annotated[str, StringConstraints(pattern=f"^{_SEMVER}$")]
"""A version such as 1.2.3 (semver.org 2.0.0)."""

AliasOrVersion = (
    Annotated[int, Field(ge=1)] | Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]+$")]
)
"""An alias such as Champion, a version's number such as 3, or a semantic version such as "1.2.3"."""


@dataclass(frozen=True)
class Pinned:
    """One version of a registered model, found once at the start of a job."""

    name: str
    version: int
    run_id: str
    """The run that trained it."""
    semver: str
    """Its semantic version, or an empty text."""
    tags: dict[str, str]

    @property
    def uri(self) -> str:
        """Its URI by number, which no alias move can change."""
        return f"models:/{self.name}/{self.version}"

    def __str__(self) -> str:
        return f"{self.name} version {self.version}{f' ({self.semver})' if self.semver else ''}"


def pin(client: MlflowClient, name: str, alias_or_version: str | int) -> Pinned:
    """Find the version of the model `name` that an alias, number or semantic version stands for.

    Raises:
        ModelError: There is none; the message lists what exists.
    """
    wanted = str(alias_or_version)
    versions = {int(found.version): found for found in versions_of(client, name)}
    aliases = aliases_of(client, name)
    semvers = {
        found.tags[SEMVER_TAG]: number for number, found in versions.items() if SEMVER_TAG in found.tags
    }
    number = int(wanted) if wanted.isdigit() else aliases.get(wanted, semvers.get(wanted))
    if number not in versions:
        known = ", ".join(str(number) for number in sorted(versions)) or "none"
        named = ", ".join(f"{alias} ({number})" for alias, number in sorted(aliases.items())) or "none"
        semantic = f"; semantic versions: {', '.join(sorted(semvers))}" if semvers else ""
        msg = (
            f"The model {name!r} has no alias or version {wanted!r}. "
            f"Aliases: {named}; versions: {known}{semantic}."
        )
        raise ModelError(msg)
    return _pinned(versions[number])


def versions_of(client: MlflowClient, name: str) -> list[ModelVersion]:
    """All versions of a registered model; none if it is not registered."""
    found, token = [], None
    while True:
        page = client.search_model_versions(f"name='{name}'", page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def aliases_of(client: MlflowClient, name: str) -> dict[str, int]:
    """The version that each alias of a registered model stands for.

    Raises:
        ModelError: The model is not registered; the message lists those that are.
    """
    from mlflow.exceptions import MlflowException

    try:
        registered = client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        known = ", ".join(repr(model.name) for model in client.search_registered_models()) or "none"
        msg = f"No model {name!r} is registered; registered models: {known}. Train one first (TrainingJob)."
        raise ModelError(msg) from error
    return {alias: int(version) for alias, version in registered.aliases.items()}


def _pinned(found: ModelVersion) -> Pinned:
    tags = dict(found.tags)
    return Pinned(found.name, int(found.version), found.run_id or "", tags.get(SEMVER_TAG, ""), tags)


def refuse_taken(client: MlflowClient, name: str, semver: str) -> None:
    """Raise a ModelError if a version of the model `name` has the semantic version already."""
    taken = {
        found.tags[SEMVER_TAG]: found.version
        for found in versions_of(client, name)
        if SEMVER_TAG in found.tags
    }
    if semver in taken:
        known = ", ".join(sorted(taken))
        msg = (
            f"The semantic version {semver} of {name!r} is taken by version {taken[semver]}; taken: {known}."
        )
        raise ModelError(msg)
