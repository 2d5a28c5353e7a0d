"""Jobs that leave out the rows which the model cannot take, and write them to an output of their own."""

from __future__ import annotations

import math
from abc import ABC
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Self

from loguru import logger
from pydantic import Field, model_validator

from mxt.datasets.writers.base import Writer
from mxt.errors import DataError, ModelError
from mxt.findings import Findings, Output
from mxt.findings.words import count, listed
from mxt.jobs.base.increment import IncrementalJob, mark_in
from mxt.kinds import OneOf
from mxt.models.base.missing import refuses_missing
from mxt.streams.admissions import REJECT_LINE, Admission

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    import pyarrow as pa

    from mxt.datasets.marks import Mark
    from mxt.datasets.writers.base import Provenance
    from mxt.jobs.base.increment import Increment
    from mxt.models import Model
    from mxt.registries.served import Served
    from mxt.schemas import InputsSchema
    from mxt.streams.parts import Parts

MOST_REJECTED = 0.1
"""Share of the rows that may be rejected unless a config says otherwise: an unusual row in ten is no table of
unusual rows any more, but rather another table, or a column that is written in another way."""

MOST_RULES = 5
"""Broken rules that a message names, the most frequent ones."""


class RejectingJob(IncrementalJob, ABC):
    """A job over a table of any length, which need not end where the model cannot take a row."""

    rejected: OneOf[Writer] | None = Field(default=None, exclude_if=lambda writer: writer is None)
    """Where rows go that the model cannot take: with their id, the columns that were read, as texts, and the
    rules that they broke. The other rows are worked on. If left out, the first such row ends the job."""

    max_rejected_share: Annotated[
        float, Field(ge=0, le=1, exclude_if=lambda most: most == MOST_REJECTED)
    ] = MOST_REJECTED
    """The share of the rows that may be `rejected`; more of them end the job, and nothing is written."""

    unseen: Literal["refuse", "missing"] = Field(default="refuse", exclude_if=lambda how: how == "refuse")
    """What a category is that training did not have: ``refuse`` takes it for one that the model cannot take;
    ``missing`` for a missing value, where the model can take one."""

    @model_validator(mode="after")
    def _with_all_that_rejecting_needs(self) -> Self:
        if self.rejected is None and "max_rejected_share" in self.model_fields_set:
            msg = f"max_rejected_share is for a job that rejects rows: write `{REJECT_LINE}` too"
            raise ValueError(msg)
        if self.rejected is not None and self.rejected.target == self.output.target:
            msg = f"rejected: {self.rejected.target} is where the other rows go; name another place"
            raise ValueError(msg)
        return self

    def admission(self, served: Served, head: pd.DataFrame | None) -> tuple[InputsSchema | None, Admission]:
        """The schema of the rows, and what becomes of rows that the model cannot take.

        Args:
            served: The version.
            head: Some rows of the table; None if it is unknown what they must look like.

        Raises:
            ModelError: New categories are to be missing values, and the model refuses these.
        """
        from mxt.schemas import InputsSchema

        model, schema = served.model, served.schema
        if self.rejected is None and self.unseen == "refuse":
            return schema, Admission(known=model.predictor.categories, model=model)
        if schema is None and model.predictor.columns:
            schema = InputsSchema.from_types(dict.fromkeys(model.predictor.columns, ""))
        if self.unseen == "refuse" or schema is None:
            return schema, Admission(self.rejected is not None, known=model.predictor.categories, model=model)
        known = model.opened(()).predictor.categories
        columns = [name for name in schema.columns if name in known or name in schema.categories]
        refuse_unable(model, columns, head, str(served.pinned))
        return schema, Admission(self.rejected is not None, frozenset(columns), known, model)
