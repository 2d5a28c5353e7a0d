"""Jobs that leave out the rows which the model cannot take, and write them to an output of their own."""

from __future__ import annotations

import math
from abc import ABC
from typing import TYPE_CHECKING, Annotated, Literal, Self

from loguru import logger
from pydantic import Field, model_validator

from mxt.datasets.writers.base import Writer
from mxt.errors import DataError, ModelError
from mxt.findings import Findings, Output
from mxt.findings.words import count, listed
from mxt.jobs.base.columns import first_rows
from mxt.jobs.base.increment import IncrementalJob, mark_in
from mxt.kinds import OneOf
from mxt.models.base.missing import refuses_missing
from mxt.schemas.sifting import sift
from mxt.streams.admissions import REJECT_LINE, Admission

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    import pyarrow as pa

    from mxt.datasets.marks import Mark
    from mxt.datasets.readers.base import Reader
    from mxt.findings import Fact
    from mxt.jobs.base.increment import Increment
    from mxt.registries.served import Served
    from mxt.schemas import InputsSchema
    from mxt.streams.parts import Parts

MOST_REJECTED = 0.1
"""Share of the rows that may be rejected unless a config says otherwise: an unusual row in ten is no table of
unusual rows any more, but rather another table, or a column that is written in another way."""

FEWEST = 100
"""New rows from which on the share of rejected rows counts in an increment: one of five is no other table."""

MOST_RULES = 5
"""Broken rules that a message names, the most frequent ones."""


class RejectingJob(IncrementalJob, ABC):
    """A job over a table of any length, which need not end where the model cannot take a row."""

    rejected: OneOf[Writer] | None = Field(default=None, exclude_if=lambda writer: writer is None)
    """Where rows go that the model cannot take: with their id, the columns that were read, as texts, and the
    rules that they broke. The other rows are worked on. If left out, the first such row ends the job."""

    max_rejected_share: Annotated[float, Field(ge=0, le=1, exclude_if=lambda most: most == MOST_REJECTED)] = (
        MOST_REJECTED
    )
    """The share of the rows that may be `rejected`; more of them end the job, and nothing is written. With
    ``since: last`` it counts from 100 new rows on; fewer may all be rejected."""

    unseen: Literal["refuse", "missing"] = Field(default="refuse", exclude_if=lambda how: how == "refuse")
    """What a category is that training did not have: ``refuse`` takes it for one that the model cannot take;
    ``missing`` for a missing value, where the model can take one."""

    @model_validator(mode="after")
    def _with_all_that_rejecting_needs(self) -> Self:
        if self.rejected is None and "max_rejected_share" in self.model_fields_set:
            msg = f"max_rejected_share is for a job that rejects rows: write `{REJECT_LINE}` too"
            raise ValueError(msg)
        return self

    def tolerant(self, reader: Reader) -> Reader:
        """The reader, which takes cells of another type than their column if rows are rejected for them."""
        return reader if self.rejected is None else reader.loosely()

    def first_rows(self, served: Served, reader: Reader) -> pd.DataFrame | None:
        """The first rows of the table, checked before the model is loaded; None if they are not known.

        Raises:
            DataError: The table lacks columns or has them in other types; or a row breaks a rule, and such
                rows are not rejected.
        """
        schema = served.schema
        new = frozenset(schema.categories) if schema and self.unseen == "missing" else frozenset()
        check = Admission(self.rejected is not None, new).first
        try:
            return first_rows(served, reader, check, self.part_rows)
        except DataError as error:
            if self.rejected is None and _mixes_types(reader):
                msg = f"{error} Or write `{REJECT_LINE}`: then rows whose cell has another type are left out."
                raise DataError(msg) from error
            raise

    def admission(self, served: Served, head: pd.DataFrame | None) -> tuple[InputsSchema | None, Admission]:
        """The schema of the rows, and what becomes of rows that the model cannot take.

        Args:
            served: The version.
            head: The first rows of the table, if they are known.

        Raises:
            ModelError: New categories are to be missing values, and the model refuses these.
        """
        from mxt.schemas import InputsSchema

        model, schema, rejects = served.model, served.schema, self.rejected is not None
        if self.unseen == "refuse":
            if rejects and schema is None and model.predictor.columns:
                schema = InputsSchema.from_types(dict.fromkeys(model.predictor.columns, ""))
            return schema, Admission(rejects, known=model.predictor.categories, model=model)
        schema = schema or InputsSchema.from_types(dict.fromkeys(model.predictor.columns, ""))
        known = model.opened(()).predictor.categories
        columns = [name for name in schema.columns if name in known or name in schema.categories]
        self._refuse_unable(served, columns, head)
        return schema, Admission(rejects, frozenset(columns), known, model)

    def _refuse_unable(self, served: Served, columns: list[str], head: pd.DataFrame | None) -> None:
        """Raise a ModelError if the model refuses a missing value in a column of categories."""
        model, rows = served.model, served.model.background
        if rows is None and head is not None and served.schema is not None:
            sifted = sift(served.schema, head, self.reader.source, missing=columns)
            rows = sifted.taken
        unable = [] if rows is None or rows.empty else refuses_missing(model, columns, rows.head(1))
        if unable:
            msg = (
                f"unseen: missing: {served.pinned} refuses a missing value in {listed(unable)}, so a new "
                f"category cannot be one. Leave `unseen` out, and write `{REJECT_LINE}`."
            )
            raise ModelError(msg)

    def left_out(self, parts: Parts, increment: Increment) -> Findings:
        """What became of rows that the model cannot take, and of new categories: facts, sentences, output.

        Raises:
            DataError: None of the rows of a whole table is left, or more are rejected than the config allows.
        """
        rows, bad = sum(receipt["rows"] for receipt in parts.receipts), parts.rejected_rows
        new, source = parts.counted("unseen"), parts.stream.workload.reader.source
        if bad:
            self._refuse_too_many(rows, bad, _most(parts.counted("rules")), source, increment)
        facts: dict[str, Fact] = {}
        answer = []
        if self.rejected is not None:
            facts["rejected_rows"] = bad
            why = f": {_most(parts.counted('rules'))}" if bad else ""
            answer.append(f"{bad:,} of {count(rows, 'row')} went to {self.rejected.target}{why}.")
            if bad == rows:
                answer.append(f"None of them was added to {self.output.target}; all of them count as done.")
                logger.warning("{}: {}", source, " ".join(answer))
        if self.unseen == "missing":
            cells = ", ".join(f"{name} {new[name]:,}" for name in sorted(new))
            facts["unseen_as_missing"] = cells or "none"
            if new:
                sentence = f"Categories that training did not have count as missing, in cells: {cells}."
                logger.warning("{}: {}", source, sentence)
                answer.append(sentence)
        outputs = [] if self.rejected is None else [self._rejected(self.rejected, parts, increment)]
        return Findings(answer=answer, facts=facts, outputs=outputs)

    def _refuse_too_many(self, rows: int, bad: int, rules: str, source: str, increment: Increment) -> None:
        whole = increment.present is None
        if bad == rows and whole:
            msg = f"{source}: the model can take none of the {count(rows, 'row')}: {rules}."
            raise DataError(msg)
        if bad > self.max_rejected_share * rows and (whole or rows >= FEWEST):
            enough = math.ceil(1000 * bad / rows) / 1000
            msg = (
                f"{source}: the model cannot take {bad:,} of {count(rows, 'row')}: {rules}. Nothing was "
                f"written, since {self.max_rejected_share:g} of the rows may be rejected; mend the table, or "
                f"write `max_rejected_share: {enough:g}`."
            )
            raise DataError(msg)

    def _rejected(self, writer: Writer, parts: Parts, increment: Increment) -> Output:
        """The rejected rows, which replace those of earlier runs, or are added to them as the others are.

        A run that was killed after it had added its rejected rows does not add them again.
        """
        present = None if increment.present is None else writer.provenance()
        rows: Iterator[pa.RecordBatch] = parts.rejected()
        if present is not None and self.watermark is not None:
            rows = _beyond(rows, mark_in(present, self.watermark, writer.target))
        facts = self.reached(parts, present, parts.rejected_rows)
        return Output("rejected", writer, rows, "", facts, present)


def _mixes_types(reader: Reader) -> bool:
    """Whether a table cannot be read just because cells of a column are of several types."""
    for each, readable in ((reader, False), (reader.loosely(), True)):
        try:
            each.names()
        except DataError:
            if readable:
                return False
        else:
            return readable
    return False


def _beyond(batches: Iterator[pa.RecordBatch], mark: Mark) -> Iterator[pa.RecordBatch]:
    """The rows beyond a mark; a batch without rows at least."""
    import pyarrow as pa

    for batch in batches:
        yield from pa.Table.from_batches([batch]).filter(mark.beyond()).combine_chunks().to_batches() or [
            batch.slice(0, 0)
        ]


def _most(rules: Mapping[str, int]) -> str:
    """The most frequent rules, with the number of rows that break each."""
    ordered = sorted(rules, key=lambda rule: (-rules[rule], rule))
    shown = [f"{rule} ({count(rules[rule], 'row')})" for rule in ordered[:MOST_RULES]]
    more = f"; and {len(ordered) - MOST_RULES} more rules" if len(ordered) > MOST_RULES else ""
    return f"{'; '.join(shown)}{more}"
