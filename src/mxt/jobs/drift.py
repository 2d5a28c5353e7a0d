"""Drift: has the data moved away from what the model was trained on?"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mxt.drift.base import Comparison, Drift
from mxt.errors import ModelError
from mxt.jobs.base import Locals, ModelJob, ReaderKind, WriterKind
from mxt.kinds import OneOf
from mxt.schemas.outputs import PREDICTION, PROBABILITY

if TYPE_CHECKING:
    import pandas as pd

    from mxt.schemas import InputsSchema

DriftKind = Annotated[Drift, OneOf]
_MEASURES = ({"KIND": "PsiDrift"}, {"KIND": "KsDrift"}, {"KIND": "MissingDrift"}, {"KIND": "UnseenDrift"})


class DriftJob(ModelJob):
    """Compares each input column, and the predictions, with the sample kept at training.

    Missing values and new categories are compared, not refused; the predictions are those of the rows
    that the model can take.

    Example:
        KIND: DriftJob
        current: {KIND: CsvReader, path: data/churn.csv, id_column: customerID, missing: ["", " "]}
        comparisons: {KIND: ParquetWriter, path: outputs/drift.parquet}
        alias_or_version: Challenger
    """

    KIND: Literal["DriftJob"] = "DriftJob"

    current: ReaderKind
    """The table to compare."""

    reference: ReaderKind | None = None
    """The table to compare with; the sample kept with the model version if left out."""

    measures: tuple[DriftKind, ...] = Field(default=_MEASURES, validate_default=True, min_length=1)
    """How columns are compared; each measure runs on every column it is defined for."""

    predictions: bool = True
    """Whether to compare the model's predictions too."""

    drifted_columns_allowed: Annotated[int, Field(ge=0)] = 0
    """The verdict is no if more columns than this have drifted."""

    comparisons: WriterKind
    """Where the comparisons go: a row for each column and measure."""

    def run(self) -> Locals:
        context = self.context
        pinned = context.pin(self.alias_or_version)
        schema = self.loader.load_schema(pinned.uri)
        if schema is None:
            msg = f"{pinned.uri} has neither schema nor signature, so its columns are not known."
            raise ModelError(msg)
        reference = self._reference(schema, pinned.uri)
        current = schema.check_types(
            context.read(self.current, "current", schema.columns), self.current.source
        )
        with context.step("compare"):
            found = [
                part for name in schema.columns for part in self._compare(reference[name], current[name])
            ]
            if self.predictions:
                found += self._compare_predictions(schema, pinned.uri, reference, current)
        table = _table(found)
        passed = self._record(table)
        return context.conclude(passed=passed, comparisons=table, version=pinned)

    def _reference(self, schema: InputsSchema, uri: str) -> pd.DataFrame:
        if self.reference is not None:
            return schema.check_types(
                self.context.read(self.reference, "reference", schema.columns), self.reference.source
            )
        kept = self.loader.load_background(uri)
        if kept is None:
            msg = f"{uri} keeps no sample of its training inputs; give the job a `reference`."
            raise ModelError(msg)
        return schema.check_types(kept, f"{uri} background")

    def _compare(self, reference: pd.Series, current: pd.Series) -> list[Comparison]:
        return [
            measure.compare(reference, current) for measure in self.measures if measure.applies_to(reference)
        ]

    def _compare_predictions(
        self, schema: InputsSchema, uri: str, reference: pd.DataFrame, current: pd.DataFrame
    ) -> list[Comparison]:
        """Compare probabilities, or predicted numbers, of the rows that the model can take."""
        model = self.context.load(self.loader, uri)
        valid = schema.valid_rows(current)
        self.context.facts["rows_the_model_cannot_take"] = int((~valid).sum())
        if not valid.any():
            return []
        before, after = model.predict(reference[schema.valid_rows(reference)]), model.predict(current[valid])
        names = [name for name in before.columns if name.startswith(PROBABILITY)][1:] or [PREDICTION]
        return [part for name in names for part in self._compare(before[name], after[name])]

    def _record(self, table: pd.DataFrame) -> bool:
        context = self.context
        context.write(self.comparisons, table, "comparisons")
        context.run.table(table, "drift.csv")
        drifted = sorted(set(table.index[table["drifted"]]))
        context.run.score({"drifted_columns": len(drifted)})
        context.facts |= {"drifted_columns": len(drifted), "drifted": ", ".join(map(str, drifted))}
        return len(drifted) <= self.drifted_columns_allowed


def _table(found: list[Comparison]) -> pd.DataFrame:
    import pandas as pd

    rows = pd.DataFrame([dataclasses.asdict(part) for part in found]).set_index("column")
    return rows.astype({"p_value": "float64"})
