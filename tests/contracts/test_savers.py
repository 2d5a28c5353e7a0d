"""What every saver owes: any loader gives back what was saved, and no row of the sample is kept."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import mlflow
import pytest

from contracts import registry
from contracts.registry import FITTED, ROWS
from mxt.errors import ModelError
from mxt.models import Model
from mxt.predictors.base.library import predictor_of
from mxt.registries.loaders.base import Loader
from mxt.registries.savers.base import Saver

SAVERS, LOADERS = registry.every(Saver), registry.every(Loader)
EACH = pytest.mark.parametrize("saver", SAVERS)
EACH_PAIR = pytest.mark.parametrize(("saver", "loader"), product(SAVERS, LOADERS))


@pytest.fixture(autouse=True, scope="module")
def _store() -> None:
    registry.store()


@EACH_PAIR
def test_a_model_comes_back_with_all_that_was_saved_of_it(saver: str, loader: str) -> None:
    model = registry.model()
    uri = registry.version(SAVERS[saver], model, FITTED)
    reader = LOADERS[loader]
    again, background, fitted = reader.load(uri), reader.load_background(uri), reader.load_fitted(uri)
    assert again.predict(ROWS).equals(model.predict(ROWS))
    assert (again.positive, again.predictor.columns) == ("yes", ["plan", "months"])
    assert (again.predictor.classes, again.packages) == (["no", "yes"], model.packages)
    for rows in (background, again.background):
        assert rows is not None
        assert rows.equals(ROWS.head(6))
    assert reader.load_target(uri) == "left"
    assert fitted is not None
    assert fitted.to_bytes() == FITTED.to_bytes()
    schema = reader.load_schema(uri)
    assert schema is not None
    assert schema.check(ROWS).equals(ROWS)


@EACH
def test_the_same_model_saved_again_is_another_one(saver: str) -> None:
    first, second = (registry.save(SAVERS[saver], registry.model())[0] for _ in range(2))
    assert first != second


@EACH
def test_no_row_of_the_sample_is_stored(saver: str) -> None:
    uri, _ = registry.save(SAVERS[saver], replace(registry.model(), background=None))
    folder = Path(mlflow.artifacts.download_artifacts(uri))
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    assert not [file.name for file in files if registry.MARK.encode() in file.read_bytes()]


@EACH
def test_a_model_without_a_form_of_its_own_is_refused(saver: str) -> None:
    with pytest.raises(ModelError, match="cannot save"):
        registry.save(SAVERS[saver], Model(predictor_of(len, ["plan", "months"], [])))
