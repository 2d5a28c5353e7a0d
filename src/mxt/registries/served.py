"""A version that a job works on, with what is stored of it, each loaded when it is asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from loguru import logger

from mxt.errors import ConfigError, ModelError
from mxt.registries.readings import suited

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mxt.datasets.fitted import FittedRows
    from mxt.datasets.readers.base import Reader
    from mxt.models import Model
    from mxt.registries.loaders.base import Loader
    from mxt.registries.versions import Pinned
    from mxt.schemas import InputsSchema


@dataclass(frozen=True)
class Served:
    """A pinned version of a model."""

    pinned: Pinned
    loader: Loader

    @cached_property
    def schema(self) -> InputsSchema | None:
        """What its inputs must look like; None if nobody stored it."""
        return self.loader.load_schema(self.pinned.uri)

    @property
    def declared(self) -> InputsSchema:
        """The schema, where a job cannot do without.

        Raises:
            ModelError: Nobody stored it.
        """
        if self.schema is None:
            msg = f"{self.pinned.uri} has neither schema nor signature, so its columns are not known."
            raise ModelError(msg)
        return self.schema

    @cached_property
    def recorded_target(self) -> str | None:
        """The column that it was trained to predict; None if nobody stored it."""
        return self.loader.load_target(self.pinned.uri)

    @cached_property
    def background(self) -> pd.DataFrame | None:
        """The sample of its training inputs; None if nobody stored it."""
        return self.loader.load_background(self.pinned.uri)

    @cached_property
    def fitted(self) -> FittedRows | None:
        """The record of the rows that it was fitted to; None if nobody stored it."""
        return self.loader.load_fitted(self.pinned.uri)

    @cached_property
    def model(self) -> Model:
        """The model itself."""
        begun = time.monotonic()
        logger.debug("load {}: started", self.pinned.uri)
        model = self.loader.load(self.pinned.uri)
        logger.info("load {}: {:.1f} s", self.pinned.uri, time.monotonic() - begun)
        return model

    @property
    def packages(self) -> Sequence[str]:
        """The packages that the model is made of; none before it is loaded."""
        return self.model.packages if "model" in self.__dict__ else ()

    def target(self, given: str | None) -> str:
        """The column with the truth: the one that a config names, else the one of the training.

        Raises:
            ConfigError: Neither is known.
        """
        target = given or self.recorded_target
        if target is None:
            msg = f"{self.pinned.uri} does not state what it predicts; give the job its `target`."
            raise ConfigError(msg)
        return target

    def truth_schema(self, target: str) -> InputsSchema | None:
        """Whether a column with the truth holds texts or numbers; None if nobody stored it."""
        return self.loader.load_truth_schema(self.pinned.uri, target)

    def reader(self, reader: Reader, *others: InputsSchema | None) -> Reader:
        """The reader, which reads as the training did, and as texts what this or other schemas declare so."""
        return suited(reader, self.pinned, self.schema, *others)
