"""Where each format keeps a table: each writer of the family, with the reader of the same name."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from mxt.datasets.readers.base import Reader
from mxt.datasets.writers.base import Writer
from mxt.kinds import members

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-7f3a9"
"""A cell that no message may hold."""

TYPES = {"text": "string", "flag": "bool", "when": "timestamp[us]"}
"""Types that a format without types of its own does not declare."""

TEXTS = ("plain", "ünï—码😀", 'say "hi"', "a,b;c", "two\nlines\r\n", " lead", "007", "it's", "NaN", None)


@dataclass(frozen=True)
class Store:
    """One place of one format, to write to and to read from."""

    writer: Writer
    kind: type[Reader]
    options: dict[str, Any]

    def reader(self, **more: object) -> Reader:
        """The reader of what the writer writes, whose rows have ids."""
        return self.kind(**{"id_column": "id", **self.options, **more})

    def read(self, **more: object) -> pd.DataFrame:
        """The table that the store holds, with its rows in the order of ids and its columns in ours."""
        table = self.reader(**more).read().sort_index()
        return table[[name for name in every_type(1).columns if name in table.columns]]


def stores() -> list[str]:
    """Every writer that a reader of its name matches, and once more each that can write a folder of parts."""
    found = {
        name: kind
        for name, kind in members(Writer).items()
        if name.replace("Writer", "Reader") in members(Reader)
    }
    return [
        *found,
        *(f"{name} by part" for name, kind in found.items() if "partition_by" in kind.model_fields),
    ]


def store(name: str, folder: Path | str) -> Store:
    """The store of a name of `stores`, in a folder or under a URL."""
    kind, _, by = name.partition(" by ")
    writer = members(Writer)[kind]
    reader = members(Reader)[kind.replace("Writer", "Reader")]
    place: dict[str, Any] = {"path": f"{folder}/stored"}
    options = dict(place)
    if "url" in writer.model_fields:
        url = f"sqlite:///{folder}/stored.db"
        place, options = {"url": url, "table": "stored"}, {"url": url, "query": "stored"}
    if by:
        place["partition_by"] = (by,)
    if "types" in reader.model_fields:
        options["types"] = TYPES
    return Store(writer(**place), reader, options)


def every_type(rows: int, width: int = 0) -> pd.DataFrame:
    """A table of every type; texts are made `width` characters longer.

    Missing values start in the second row, so that formats without types see one of each first.
    """
    row = np.arange(rows)
    return pd.DataFrame(
        {
            "whole": np.where(row % 5 == 4, -(2**62) + row, row),
            "real": np.where(row % 7 == 3, np.nan, (row + 1) / 3 * np.where(row % 2, 1e-300, -1e12)),
            "text": pd.array(
                [None if (text := TEXTS[at % len(TEXTS)]) is None else text + "x" * width for at in row],
                dtype="str",
            ),
            "flag": row % 3 == 0,
            "when": pd.Timestamp("2024-02-29 23:59:58.000001") + pd.to_timedelta(row * 3601, unit="s"),
            "part": pd.array(np.where(row % 4 == 0, "north east", "south/west"), dtype="str"),
        },
        index=pd.Index([f"id-{at:06}" for at in row], name="id", dtype="str"),
    )


def special(path: Path, what: str) -> Path:
    """A special file; a device where this user may make one."""
    if what == "pipe":
        os.mkfifo(path)
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as own:
            own.bind(os.path.relpath(path))
    elif what == "device":
        if os.geteuid():
            pytest.skip("only root may make a device")
        os.mknod(path, 0o020600, os.makedev(1, 3))
    return path
