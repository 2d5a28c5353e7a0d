"""Explain one prediction of a registered model: its reasons in words, and a bar for each column.

The row is read from a file of customers, by its id, which the version's training names, or by its number.
Nothing is written. For example: mxt explain data/churn.csv --model churn@Champion --id 7590-VHVEG
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from typing import TYPE_CHECKING

from mxt.commands import base
from mxt.errors import OK, ConfigError, DataError, ModelError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

    import pandas as pd

    from mxt.datasets.readers.base import Reader
    from mxt.explainers.base import Explanation
    from mxt.explainers.base.units import Unit
    from mxt.models import Model
    from mxt.pages.reasons import Reasons
    from mxt.registries.served import Served


def arguments(parser: ArgumentParser) -> None:
    """Declare the table, the version and the row."""
    add = parser.add_argument
    add("table", metavar="TABLE", help="rows: a .csv, .tsv, .parquet or .jsonl file, or a folder of them")
    add("--model", metavar="NAME[@ALIAS|/VERSION]", help="version; Champion of the only model if left out")
    add("--id", metavar="ID", help="id of the row")
    add("--row", type=int, metavar="N", help="number of the row, counted from 0, instead of its id")
    add("--id-column", metavar="COLUMN", help="column of the ids; the one of the training if left out")
    add("--store", metavar="URI", help="MLflow's store; MLFLOW_TRACKING_URI or the project's if left out")
    add("--unit", choices=("margin", "probability"), default="margin", help="what contributions add up to")
    add("--background", metavar="TABLE", help="rows to compare with, for a model that is stored without any")
    add("--top", type=int, metavar="N", help="show the N largest contributions, and the sum of the others")
    add("--json", action="store_true", help="print one JSON object instead")


def main(options: Namespace) -> int:
    """Print the reasons.

    Raises:
        ConfigError: The options name no row or no version.
        MxtError: The row, the version or the store is not there.
    """
    _refuse_wrong(options)
    return base.shielded(lambda: _explain(options))


def _explain(options: Namespace) -> int:
    reasons = _reasons(options)
    if options.json:
        print(json.dumps(reasons.content(options.top)), flush=True)
    else:
        print("\n".join(_lines(reasons, options.top)), flush=True)
    return OK


def _refuse_wrong(options: Namespace) -> None:
    from mxt.configs import refuse_secret

    refuse_secret(options.table, "TABLE")
    refuse_secret(options.background or "", "--background")
    if (options.id is None) == (options.row is None):
        msg = "Name one row: by its id, as in --id 7590-VHVEG, or by its number from 0, as in --row 12."
        raise ConfigError(msg)
    if (options.row or 0) < 0 or (options.top is not None and options.top < 1):
        msg = "--row must be 0 or more, and --top 1 or more."
        raise ConfigError(msg)


def _reasons(options: Namespace) -> Reasons:
    from loguru import logger

    from mxt.pages.reasons import Reasons
    from mxt.registries.choices import chosen
    from mxt.registries.loaders.mlflow import MlflowLoader
    from mxt.registries.served import Served
    from mxt.registries.unfinished import why_unfinished
    from mxt.services.base.runs import translated

    service = base.open_store(options.store)
    with translated(service.tracking_uri):
        pinned = chosen(service.client(), options.model, service.tracking_uri)
        if why := why_unfinished(service.client(), pinned):
            logger.warning("{}", why)
        served = Served(pinned, MlflowLoader())
        inputs, source = _row(options, served)
        model = _model(options, served)
        begun = time.perf_counter()
        explanation = _explained(model, inputs, options.unit)
        seconds = time.perf_counter() - begun
        predictor = model.predictor
        return Reasons(
            pinned,
            source,
            served.recorded_target,
            inputs,
            model.predict(inputs),
            explanation,
            predictor.link if predictor.linked else None,
            seconds,
            served.captions,
        )


def _row(options: Namespace, served: Served) -> tuple[pd.DataFrame, str]:
    """The model's inputs of the row, and where it comes from."""
    from mxt.datasets.endings import reader_of_file
    from mxt.datasets.single_rows import row_by_id, row_by_number

    reader, columns = reader_of_file(options.table), _columns(served)
    if options.row is not None:
        row = row_by_number(_numbered(options, served, reader), options.row, columns)
    else:
        row = row_by_id(_identified(options, served, reader), options.id, columns)
    return _checked(served, row, options.table), options.table


def _checked(served: Served, row: pd.DataFrame, source: str) -> pd.DataFrame:
    """The model's inputs of a row, in their types whatever cells other rows of the table have.

    Raises:
        DataError: The model cannot take the row.
    """
    from mxt.schemas.sifting import sift

    if served.schema is None:
        return row
    sifted = sift(served.schema, row, source)
    if sifted.faults:
        msg = f"{source}: the model cannot take this row: {sifted.sentence}."
        raise DataError(msg)
    return sifted.taken


def _identified(options: Namespace, served: Served, reader: Reader) -> Reader:
    """The reader of a table whose rows are known by their ids, as the version's training read its own.

    Raises:
        ConfigError: Neither the options nor the training name the column of the ids.
    """
    column = options.id_column or _id_column(served)
    if column is None:
        msg = f"The training of {served.pinned} names no id column; give --id-column NAME, or --row N."
        raise ConfigError(msg)
    return _as_trained(served, reader.model_copy(update={"id_column": column}))


def _numbered(options: Namespace, served: Served, reader: Reader) -> Reader:
    """The reader of a table whose rows are known by their numbers; ids are shown if the table has them."""
    own = _as_trained(served, reader.model_copy(update={"id_column": None}))
    column = options.id_column or _id_column(served)
    return own.model_copy(update={"id_column": column}) if column in own.names() else own


def _as_trained(served: Served, reader: Reader) -> Reader:
    """A reader that reads cells as the version's training did, by its record or else by its config."""
    from mxt.datasets.readers.base.remembered import recalled

    own = reader.model_copy(update=recalled(reader, _training_reader(served)))
    return served.reader(own.loosely())


def _id_column(served: Served) -> str | None:
    """The id column of the training; None if the training had none, or no record of it exists."""
    column = _training_reader(served).get("id_column")
    return column if isinstance(column, str) else None


def _training_reader(served: Served) -> Mapping[str, object]:
    """The fields of the reader of the training; empty if nothing recorded them."""
    from mxt.registries.digests import recorded

    if served.fitted is not None and served.fitted.reader:
        return served.fitted.reader
    inputs = recorded(served.pinned.run_id, "config.json").get("inputs")
    return inputs if isinstance(inputs, dict) else {}


def _columns(served: Served) -> list[str] | None:
    """The columns of the model; None if they are unknown."""
    return (served.schema.columns if served.schema is not None else served.model.predictor.columns) or None


def _model(options: Namespace, served: Served) -> Model:
    """The model, with the background of the options if they have one."""
    from mxt.datasets.endings import reader_of_file

    if options.background is None:
        return served.model
    table = reader_of_file(options.background).model_copy(update={"id_column": None})
    reader = _as_trained(served, table)
    rows = reader.read(_columns(served))
    known = rows if served.schema is None else served.schema.check(rows, options.background)
    return served.model.with_background(known)


def _explained(model: Model, inputs: pd.DataFrame, unit: Unit) -> Explanation:
    """The explanation of a row, estimated by sampling if there is no exact one.

    Raises:
        ModelError: The model cannot be explained; the message names the option that gives it a background.
    """
    from mxt.explainers.auto import AutoExplainer

    try:
        return model.explain(inputs, AutoExplainer(sampling=True, unit=unit))
    except ModelError as error:
        if model.background is not None or "background" not in str(error):
            raise
        msg = (
            "The model is explained beside rows like those of its training, and keeps none; name a table of "
            "some, which may be TABLE itself: --background TABLE"
        )
        raise ModelError(msg) from error


def _lines(reasons: Reasons, top: int | None) -> list[str]:
    from mxt.pages.reasons_screen import PLAIN_BARS, screen

    width = shutil.get_terminal_size().columns
    lines = [*screen(reasons, width, top)]
    encoding = sys.stdout.encoding or "ascii"
    try:
        "\n".join(lines).encode(encoding)
    except UnicodeEncodeError:
        plain = screen(reasons, width, top, PLAIN_BARS)
        return [line.encode(encoding, "replace").decode(encoding) for line in plain]
    return lines
