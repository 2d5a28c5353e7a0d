"""Inheritance of a reader's fields: from one version or several, and never against the config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pytest
from pydantic import model_validator

from mxt.datasets.fitted import FittedRows
from mxt.datasets.readers.base.remembered import Remembered, remembered
from mxt.datasets.readers.csv import CsvReader
from mxt.errors import ConfigError, DataError
from mxt.registries.inheritance import described, inherit, refuse_without_ids
from mxt.registries.served import Served
from mxt.registries.versions import Pinned

if TYPE_CHECKING:
    from pathlib import Path

LATER = CsvReader(path="/later.csv")


@dataclass(frozen=True)
class Recorded(Served):
    """A version of which nothing but the record of its training is stored."""

    record: FittedRows | None = None

    @property
    def fitted(self) -> FittedRows | None:
        return self.record


def version(number: int, **fields: Any) -> Served:
    """A version whose training had a reader with these fields; without a record if there are none."""
    pinned = Pinned("churn", number, "", "", {})
    reader = remembered(CsvReader(path="/training.csv", **fields)) if fields else {}
    fitted = FittedRows(np.empty(0, np.uint64), 0, "key", "y", (), reader=reader)
    return Recorded(pinned, None, fitted if number else None)  # type: ignore[arg-type] # nothing is loaded


def test_versions_of_before_have_no_say() -> None:
    for versions in ([], [version(0)], [version(1)]):
        assert inherit(LATER, versions, "inputs") == (LATER, {}, "")
    known = inherit(LATER, [version(1), version(2, missing=("?",))], "inputs")
    assert known.fields == {"missing": ["?"]}
    assert known.origin == "the training of version 2"


def test_what_the_training_had_as_its_default_is_no_inheritance() -> None:
    assert inherit(LATER, [version(3, delimiter=",", missing=("",))], "inputs").reader is LATER


def test_versions_that_agree_are_one_voice_and_others_are_refused_by_field() -> None:
    same = inherit(LATER, [version(1, missing=("?",)), version(2, missing=("?",))], "inputs")
    assert same.fields == {"missing": ["?"]}
    pair = [version(1, delimiter=";"), version(2, delimiter="\t")]
    with pytest.raises(
        ConfigError, match=r"version 1 .*`delimiter: \";\"`.* version 2 .*`delimiter: \"\\t\"`"
    ):
        inherit(LATER, pair, "inputs")
    own = CsvReader(path="/later.csv", delimiter="|")
    assert inherit(own, pair, "inputs").reader is own


def test_ids_of_one_training_and_none_of_another_are_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("id,a\n1,2\n", encoding="utf-8")
    reader = CsvReader(path=str(path))
    assert inherit(reader, [version(1, id_column="id")], "inputs").reader.id_column == "id"
    with pytest.raises(ConfigError, match=r"`id_column: \"id\"`, and .* `id_column: null`"):
        inherit(reader, [version(1, id_column="id"), version(2, missing=("",))], "inputs")
    with pytest.raises(
        DataError, match=r"no columns \['key'\]; it has \['id', 'a'\].*`id_column: NAME` in `inputs`"
    ):
        refuse_without_ids(inherit(reader, [version(1, id_column="key")], "inputs"), "inputs")


class PairReader(CsvReader):
    """Reads CSV files whose decimals and delimiter must differ."""

    KIND: Literal["PairReader"] = "PairReader"  # type: ignore[assignment] # a kind of its own

    point: Remembered[str] = "."
    """The character before decimals."""

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.point == self.delimiter:
            msg = "point and delimiter are the same"
            raise ValueError(msg)
        return self


def test_fields_that_do_not_go_together_with_the_config_are_refused() -> None:
    fitted = FittedRows(np.empty(0, np.uint64), 0, "key", "y", (), reader={"point": ",", "delimiter": ";"})
    served = Recorded(Pinned("churn", 1, "", "", {}), None, fitted)  # type: ignore[arg-type] # as above
    assert inherit(PairReader(path="/a.csv"), [served], "inputs").fields == {"point": ",", "delimiter": ";"}
    with pytest.raises(ConfigError, match=r"the same\. The config leaves out point.*`point: \",\"`"):
        inherit(PairReader(path="/a.csv", delimiter=","), [served], "inputs")


def test_long_fields_are_summed_up_in_words() -> None:
    types = dict.fromkeys("abcd", "string")
    assert described({"types": types, "delimiter": "\t"}) == "delimiter '\\t', types of 4 columns"
