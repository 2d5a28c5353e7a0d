"""A version as a person names it on a command line, such as ``churn@Champion``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mxt.errors import ConfigError, ModelError
from mxt.registries.versions import all_pages, pin

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mxt.registries.versions import Pinned

ALIAS = "Champion"
"""The alias of a name that has none."""
_SPELLING = re.compile(r"(?:models:/)?(?P<name>[^/:@%\"']+)(?:[@/](?P<wanted>[A-Za-z0-9_.+-]+))?")


def chosen(client: MlflowClient, text: str | None, store: str, option: str = "--model ") -> Pinned:
    """The version that a text such as ``churn``, ``churn@Champion`` or ``churn/3`` names.

    Args:
        client: Of the registry.
        text: The name; the only registered model if None.
        store: The registry's URI, for messages.
        option: What stands before the name on the command line, for messages.

    Raises:
        ConfigError: The text is no name of a version, or there is none and several models are registered.
        ModelError: There is no such version.
    """
    match = _SPELLING.fullmatch(_only(client, store) if text is None else text)
    if match is None or not match["name"].isprintable() or not match["name"].strip(" ."):
        msg = f"{option}{text!r} names no version; write NAME, NAME@ALIAS or NAME/VERSION, as churn@Champion."
        raise ConfigError(msg)
    try:
        return pin(client, match["name"], match["wanted"] or ALIAS)
    except ModelError as error:
        hint = "" if match["wanted"] else f" Name one, as in: {option}{match['name']}/VERSION"
        where = "" if store in str(error) else f" The store is {store}."
        msg = f"{error}{where}{hint}"
        raise ModelError(msg) from error


def _only(client: MlflowClient, store: str) -> str:
    """The name of the only registered model."""
    models = all_pages(lambda token: client.search_registered_models(page_token=token))
    names = sorted(model.name for model in models)
    if len(names) == 1:
        return names[0]
    if not names:
        msg = f"No model is registered in {store}. Train one first, or name another store by --store."
        raise ModelError(msg)
    msg = f"Several models are registered in {store}: {', '.join(names)}. Name one by --model."
    raise ConfigError(msg)
