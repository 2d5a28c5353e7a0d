"""What every loader owes: nothing is made up, and what is not there is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts import registry
from mxt.errors import ModelError
from mxt.registries.loaders.base import Loader
from mxt.registries.savers.mlflow import MlflowSaver

LOADERS = registry.every(Loader)
EACH = pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS)


@pytest.fixture(scope="module")
def bare() -> str:
    """A model that was saved without a background, and without a record of its rows."""
    registry.store()
    return registry.version(MlflowSaver(), replace(registry.model(), background=None, positive=None))


@EACH
def test_what_was_not_stored_is_none(loader: Loader, bare: str) -> None:
    assert loader.load_background(bare) is None
    assert loader.load_fitted(bare) is None
    model = loader.load(bare)
    assert (model.background, model.positive) == (None, None)


@EACH
def test_a_version_that_is_not_there_is_refused_by_its_uri(loader: Loader, bare: str) -> None:
    for uri in ("models:/nobody/1", f"{bare}0"):
        for read in (loader.load, loader.load_schema, loader.load_background, loader.load_target):
            with pytest.raises(ModelError, match=uri):
                read(uri)


@EACH
def test_the_truth_is_declared_as_the_models_labels_are(loader: Loader, bare: str) -> None:
    schema = loader.load_truth_schema(bare, "left")
    assert schema is not None
    table = registry.ROWS[["plan"]].rename(columns={"plan": "left"})
    assert schema.check(table).equals(table)
