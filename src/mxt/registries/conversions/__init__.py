"""Conversions: a pickle becomes a file that holds data only and predicts the same bits.

The pickle is opened in the sandbox, and nowhere else. What comes back is a file, which is read again in a
second sandbox; MXT itself compares bytes.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import pydantic
from pydantic import PositiveInt, StringConstraints, TypeAdapter, ValidationError

from mxt.datasets.writers.base.files import replacing
from mxt.errors import ConfigError, DataError, ModelError
from mxt.predictors.base.outputs import Label
from mxt.registries import digests
from mxt.registries.conversions import golden
from mxt.registries.conversions.forms import FORMS
from mxt.registries.conversions.sources import source_of
from mxt.sandbox import confined

if TYPE_CHECKING:
    import pandas as pd

SECONDS = 300.0
"""Deadline of each of the two processes."""
_MEMORY, _MEMORY_BY_BYTE = 4 << 30, 16
_LONGEST_LINE = 10 << 20
_INSIDE = "mxt.registries.conversions.inside"


@dataclass(frozen=True)
class Conversion:
    """A model that was converted, and what is known of it."""

    file: Path
    """The new file."""
    library: str
    """The library that reads it: xgboost, lightgbm, catboost or sklearn."""
    kind: str
    """The class that the pickle held, as ``XGBClassifier``."""
    columns: tuple[str, ...]
    """The columns that it takes, in order."""
    classes: tuple[Label, ...]
    """Labels in the order of its outputs; empty for regression. LightGBM's text does not hold them."""
    rows: int
    """Golden rows for which it predicts the same bits."""
    digest: str
    """SHA-256 of the new file."""
    original: str
    """SHA-256 of the pickle."""


@pydantic.dataclasses.dataclass(frozen=True)
class _Facts:
    """What the sandbox says of a model."""

    library: Literal["xgboost", "lightgbm", "catboost", "sklearn"]
    kind: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w{0,99}$")]
    columns: tuple[str, ...]
    classes: tuple[Label, ...]
    predicted: PositiveInt
    """Bytes of its predictions."""


def convert(source: str, rows: str | None = None) -> Conversion:
    """Convert a pickle into UBJSON, LightGBM's text, CatBoost's binary form or skops.

    The new file lies beside the pickle; that of a model in MLflow, in the current folder. Nothing is
    overwritten.

    Args:
        source: A pickle, the folder of an MLflow model, or a URI such as ``models:/churn/3``.
        rows: A table to draw golden rows from; the model's schema, if it has one, is used if this is None.

    Raises:
        ConfigError: There is no schema, and no table is named.
        DataError: The table or the new file cannot be read or written, or the new file is there already.
        ModelError: The pickle cannot be converted; the message says why.
        ServiceError: This machine has no sandbox.
    """
    pickle = source_of(source)
    table = golden.from_table(rows) if rows is not None else pickle.rows
    if table is None:
        msg = (
            f"{pickle.name} has no schema to draw golden rows from; name a table with rows that the model "
            "takes, such as its training's, by --rows TABLE"
        )
        raise ConfigError(msg)
    with tempfile.TemporaryDirectory(prefix="mxt-convert-") as folder:
        try:
            facts, content = _converted(Path(folder), pickle.content, table)
        except ModelError as error:
            msg = f"{pickle.name} cannot be converted: {error}."
            raise ModelError(msg) from error
    file = pickle.target.with_name(pickle.target.name + FORMS[facts.library].ending)
    _write(file, content)
    return Conversion(
        file=file,
        library=facts.library,
        kind=facts.kind,
        columns=facts.columns,
        classes=facts.classes,
        rows=len(table),
        digest=digests.sha256(content),
        original=digests.sha256(pickle.content),
    )


def _converted(folder: Path, content: bytes, table: pd.DataFrame) -> tuple[_Facts, bytes]:
    """What is known of a pickle's model, and its new file, which predicts the same bits.

    Raises:
        ModelError: It cannot be converted.
    """
    old, rows, new = (folder / name for name in ("old", "rows.parquet", "new"))
    old.write_bytes(content)
    table.to_parquet(rows)
    memory = _MEMORY + _MEMORY_BY_BYTE * len(content)
    reads = [old, rows]
    given = confined(f"{_INSIDE}:opened", [*map(str, reads)], seconds=SECONDS, memory=memory, reads=reads)
    facts, predicted, file = _parsed(given)
    new.write_bytes(file)
    arguments = [str(new), facts.library, facts.kind, str(rows)]
    again = confined(f"{_INSIDE}:reopened", arguments, seconds=SECONDS, memory=memory, reads=[new, rows])
    if again != predicted:
        msg = f"its {FORMS[facts.library].ending} file predicts other bits for the {len(table)} golden rows"
        raise ModelError(msg)
    return facts, file


def _parsed(given: bytes) -> tuple[_Facts, bytes, bytes]:
    """The facts, the predictions and the file in what the sandbox gave, each of the form that it must have.

    Raises:
        ModelError: Something has another form.
    """
    line, _, rest = given.partition(b"\n")
    msg = "what the sandbox gave is no model; the pickle may be hostile"
    try:
        facts = TypeAdapter(_Facts).validate_json(line[:_LONGEST_LINE])
    except ValidationError as error:
        raise ModelError(msg) from error
    predicted, file = rest[: facts.predicted], rest[facts.predicted :]
    if not file.startswith(FORMS[facts.library].beginning):
        raise ModelError(msg)
    return facts, predicted, file


def _write(file: Path, content: bytes) -> None:
    """Write a new file whole, or not at all, and over none.

    Raises:
        DataError: It is there already, or cannot be written.
    """
    try:
        file.open("xb").close()  # takes the name, which nobody can have taken meanwhile
        try:
            with replacing(str(file)) as new:
                new.write(content)
        except BaseException:
            file.unlink()
            raise
    except FileExistsError as error:
        msg = f"{file} is there already, and nothing is overwritten; move it away, or convert a copy."
        raise DataError(msg) from error
    except OSError as error:
        msg = f"{file} cannot be written ({error.strerror})."
        raise DataError(msg) from error
