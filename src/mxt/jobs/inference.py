"""Inference: the predictions of a model for each row of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tqdm import tqdm

from mxt.datasets.fingerprint import fingerprint
from mxt.datasets.tables import to_frame
from mxt.jobs.base import Locals, ModelJob, ReaderKind, WriterKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    import pyarrow as pa

    from mxt.models import Model
    from mxt.schemas import InputsSchema


class InferenceJob(ModelJob):
    """Scores a table part by part; memory does not grow with its rows.

    Example:
        KIND: InferenceJob
        inputs: {KIND: CsvReader, path: data/churn.csv, id_column: customerID, missing: ["", " "]}
        outputs: {KIND: ParquetWriter, path: outputs/predictions.parquet}
    """

    KIND: Literal["InferenceJob"] = "InferenceJob"

    inputs: ReaderKind
    """The rows to score."""

    outputs: WriterKind
    """Where predictions go: a row for each row scored, with its id."""

    def run(self) -> Locals:
        context = self.context
        pinned = context.pin(self.alias_or_version)
        schema = self.loader.load_schema(pinned.uri)
        columns = None if schema is None else schema.columns
        with context.step(f"check {self.inputs.source}"):
            data = fingerprint(self._checked(schema, columns))
        context.link(data, next(self.inputs.batches(columns)).head(100), self.inputs.source, "inputs")
        model = context.load(self.loader, pinned.uri)
        rows = context.write(self.outputs, self._scored(model, schema, columns), "outputs")
        return context.conclude(passed=True, rows=rows, version=pinned)

    def _checked(self, schema: InputsSchema | None, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
        """The parts of the table, each checked before the model is loaded."""
        for batch in self.inputs.arrow(columns):
            if schema is not None:
                schema.check(to_frame([batch], self.inputs.id_column), self.inputs.source)
            yield batch

    def _scored(
        self, model: Model, schema: InputsSchema | None, columns: list[str] | None
    ) -> Iterator[pd.DataFrame]:
        """The predictions of each part, with a progress bar on a terminal."""
        for part in tqdm(self.inputs.batches(columns), desc="score", unit="part", disable=None):
            yield model.predict(part if schema is None else schema.check(part, self.inputs.source))
