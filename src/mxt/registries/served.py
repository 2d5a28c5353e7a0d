"""Versions that a job works on: schema, target, background and model of each, loaded at their first use."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from loguru import logger

from mxt.errors import ConfigError, ModelError
from mxt.kinds import Strict
from mxt.registries.inheritance import inherit
from mxt.registries.readings import suited
from mxt.registries.versions import AliasOrVersion
from mxt.schemas.captions import NO_CAPTIONS, Captions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from mxt.datasets.fitted import FittedRows
    from mxt.datasets.readers.base import Reader
    from mxt.findings import Fact
    from mxt.models import Model
    from mxt.registries.loaders.base import Loader
    from mxt.registries.versions import Pinned
    from mxt.schemas import InputsSchema


@dataclass(frozen=True)
class Served:
    """A pinned version of a model, and what the registry stores of it."""

    pinned: Pinned
    loader: Loader

    @cached_property
    def schema(self) -> InputsSchema | None:
        """The schema of the model's inputs; None if it was not stored."""
        return self.loader.load_schema(self.pinned.uri)

    @cached_property
    def captions(self) -> Captions:
        """How people call columns, values and classes; empty if the version was stored without captions."""
        if self.schema is None or not self.schema.captions:
            return NO_CAPTIONS
        return replace(self.schema.captions, target=self.recorded_target or "")

    @property
    def declared(self) -> InputsSchema:
        """The schema, for jobs that need one.

        Raises:
            ModelError: It was not stored.
        """
        if self.schema is None:
            msg = f"MLflow has no schema or signature for {self.pinned.uri}, so its columns are unknown."
            raise ModelError(msg)
        return self.schema

    @cached_property
    def recorded_target(self) -> str | None:
        """The column that the model was trained to predict; None if it was not stored."""
        return self.loader.load_target(self.pinned.uri)

    @cached_property
    def background(self) -> pd.DataFrame | None:
        """The sample of the training inputs; None if it was not stored."""
        return self.loader.load_background(self.pinned.uri)

    @cached_property
    def fitted(self) -> FittedRows | None:
        """The record of the rows that the model was fitted to; None if it was not stored."""
        return self.loader.load_fitted(self.pinned.uri)

    @cached_property
    def model(self) -> Model:
        """The model; a text that it does not know is missing where its schema allows any text."""
        begun = time.monotonic()
        logger.debug("load {}: started", self.pinned.uri)
        model = self.loader.load(self.pinned.uri)
        logger.info("load {}: {:.1f} s", self.pinned.uri, time.monotonic() - begun)
        return model if self.schema is None else model.opened(self.schema.open_columns)

    @property
    def packages(self) -> Sequence[str]:
        """The packages that the model is made of; empty before the model is loaded."""
        return self.model.packages if "model" in self.__dict__ else ()

    @property
    def allowed(self) -> str:
        """What a person has allowed of the model; empty if nothing, and before the model is loaded."""
        return self.model.allowed if "model" in self.__dict__ else ""

    def target(self, given: str | None) -> str:
        """The column with the truth: `given` by a config, else the target of the training.

        Raises:
            ConfigError: There is neither.
        """
        target = given or self.recorded_target
        if target is None:
            msg = f"{self.pinned.uri} does not record its target; give the job its `target`."
            raise ConfigError(msg)
        return target

    def truth_schema(self, target: str) -> InputsSchema | None:
        """A schema that says whether the column with the truth holds texts or numbers; None if not stored."""
        return self.loader.load_truth_schema(self.pinned.uri, target)

    def reader(self, reader: Reader, *others: InputsSchema | None) -> Reader:
        """A reader that reads cells as the training did, and as text where a schema declares text.

        Raises:
            ConfigError: The fields of the reader do not go together with those of the training's.
        """
        known = inherit(reader, [self], "the table").reader
        return suited(known, self.pinned, self.schema, *others)


def allowed_of(versions: Iterable[Served]) -> dict[str, str]:
    """What people have allowed of the models of these versions, as a fact; empty if nothing."""
    known = [f"{served.pinned}: {served.allowed}" for served in versions if served.allowed]
    return {"allowed": "; ".join(dict.fromkeys(known))} if known else {}


class Versions(Strict):
    """The versions that serve the arms of an experiment."""

    control: AliasOrVersion = "Champion"
    """Alias, number or semantic version of the control arm's version."""

    treatment: AliasOrVersion = "Challenger"
    """Alias, number or semantic version of the treatment arm's version; the one of the control arm makes a
    test of the experiment itself."""


class ServedArms(NamedTuple):
    """The versions that serve the two arms of an experiment."""

    control: Served
    treatment: Served

    @classmethod
    def of(cls, control: Served, treatment: Served) -> ServedArms:
        """The two versions; if they are one, both arms share its object, so that it is loaded once."""
        if control.pinned.version != treatment.pinned.version:
            return cls(control, treatment)
        logger.warning("both arms are served by {}: this tests the experiment, not a version", control.pinned)
        return cls(control, control)

    @property
    def description(self) -> str:
        """Which versions are compared, the treatment's first."""
        return f"{self.treatment.pinned} (treatment) against {self.control.pinned} (control)"

    @property
    def facts(self) -> dict[str, Fact]:
        """The number of each version, and whether it is one."""
        control, treatment = (served.pinned.version for served in self)
        facts: dict[str, Fact] = {"control_version": control, "treatment_version": treatment}
        return facts | ({"same_version": True} if control == treatment else {})

    @property
    def recorded_target(self) -> str | None:
        """The column that both versions were trained to predict; None if nobody stored it.

        Raises:
            ConfigError: They were trained to predict different columns.
        """
        first, second = (served.recorded_target for served in self)
        if first is not None and second is not None and first != second:
            msg = (
                f"versions: {self.control.pinned} predicts {first!r}, but {self.treatment.pinned} predicts "
                f"{second!r}. Compare versions of one target, or give the job the `target` to score both by."
            )
            raise ConfigError(msg)
        return second if first is None else first
