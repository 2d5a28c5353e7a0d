"""Where an output comes from: facts that are written into the output's own metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mxt.datasets.tables import type_named
from mxt.redaction import without_secrets

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = "columns"
"""The fact that holds the columns of an output and their types."""

_TEXTS = ("string", "large_string", "string_view")


@dataclass(frozen=True)
class Provenance:
    """Where an output comes from, written into the output's own metadata."""

    facts: Mapping[str, str] = field(default_factory=dict)
    """Job, run, model URI and version, config digest, data digest, unit, package versions, columns."""

    @classmethod
    def from_json(cls, content: str | bytes) -> Provenance:
        """The provenance that `to_json` wrote."""
        return cls({str(key): str(value) for key, value in json.loads(content).items()})

    def to_json(self) -> str:
        return json.dumps(dict(self.facts), sort_keys=True)

    @property
    def texts(self) -> frozenset[str]:
        """The columns that hold texts, by whichever of Arrow's types; empty if it declares no columns."""
        columns = json.loads(self.facts.get(COLUMNS, "{}"))
        return frozenset(name for name, kind in columns.items() if kind in _TEXTS)

    def without_rows(self) -> pa.RecordBatch:
        """A batch of no rows with the columns of the output.

        Raises:
            DataError: It declares a column of a type that tables of this toolkit do not have.
        """
        import pyarrow as pa

        columns = json.loads(self.facts.get(COLUMNS, "{}"))
        schema = pa.schema([(name, type_named(kind)) for name, kind in columns.items()])
        return pa.RecordBatch.from_pylist([], schema)

    def of(self, schema: pa.Schema) -> Provenance:
        """This provenance, of a table with these columns, and without secrets."""
        columns = {field.name: str(field.type) for field in schema}
        facts = {key: without_secrets(value) for key, value in self.facts.items()}
        return Provenance({**facts, COLUMNS: json.dumps(columns)})
