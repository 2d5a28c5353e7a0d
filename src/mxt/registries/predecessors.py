"""Predecessors: the last version of the model that a training is about to add a version to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger

from mxt.errors import ConfigError, ModelError
from mxt.findings.words import listed
from mxt.registries.versions import versions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxt.services import MlflowService


def refuse_other_model(service: MlflowService, target: str, columns: Sequence[str]) -> None:
    """Check that a new version predicts the same as the last version of its model, from the same columns.

    Where the config writes the name of the model, a version that differs is allowed, with a warning. A last
    version without a record of its target, such as one of another tool, is no reason for either.

    Args:
        service: Of the job; its `registry_name` is the model.
        target: The column that the new version is to predict.
        columns: The columns that it learns from.

    Raises:
        ConfigError: The version differs, and the config leaves the name of the model out.
    """
    name = service.registry_name
    last = max((int(version.version) for version in versions_of(service.client(), name)), default=0)
    difference = _difference(f"models:/{name}/{last}", target, columns) if last else ""
    if not difference:
        return
    if "registry_name" in service.model_fields_set:
        logger.warning("the new version of {!r} differs from version {}: {}", name, last, difference)
        return
    msg = (
        f"mlflow_service: `registry_name` is left out, and the last version of {name!r}, version {last}, is "
        f"another model: {difference}. Write `registry_name: NAME` in `mlflow_service` to give this one its "
        f"own name, or `registry_name: {name}` to make it the next version of {name!r} all the same."
    )
    raise ConfigError(msg)


def _difference(uri: str, target: str, columns: Sequence[str]) -> str:
    """How a new version differs from a registered one; empty if it does not, or nobody can know."""
    from mxt.registries.loaders.mlflow import MlflowLoader

    loader = MlflowLoader()
    try:
        known = loader.load_target(uri)
        schema = None if known is None else loader.load_schema(uri)
    except ModelError as error:
        logger.debug("{}", error)
        return ""
    if known is None:
        return ""
    other = [f"it predicts {known!r}, and this training {target!r}"] if known != target else []
    before = {*columns} if schema is None else {*schema.columns}
    differing = [repr(name) for name in sorted((before ^ {*columns}) - {known, target})]
    return "; ".join([*other, *([f"they do not both learn from {listed(differing)}"] if differing else [])])
