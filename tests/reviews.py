"""Reviews of stored models, as a person gives them by ``mxt trust``."""

from __future__ import annotations

from pathlib import Path

import mlflow

from mxt.registries import trust
from mxt.registries.contents import contents_of
from mxt.registries.loaders.mlflow import MlflowLoader


def review(uri: str, root: Path) -> None:
    """Allow the model at a URI to run its code in the project at `root`."""
    digest = contents_of(uri).digest
    trust.allow(trust.Review(digest, uri, (), "Ada Lovelace", "2026-11-21T20:15:00Z"), str(root))


def reviewing(uri: str) -> MlflowLoader:
    """A loader in whose project, the folder of MLflow's store, the model at `uri` is reviewed."""
    root = Path(mlflow.get_tracking_uri().removeprefix("sqlite:///")).parent
    if contents_of(uri).hazards:
        review(uri, root)
    return MlflowLoader.model_validate({}, context={"root": str(root)})
