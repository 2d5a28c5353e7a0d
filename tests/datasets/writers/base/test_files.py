"""Files that take the place of others in one step, and what killed processes left."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from fsspec import AbstractFileSystem, register_implementation

from contracts.stores import CANARY, every_type
from mxt.datasets.readers.parquet import ParquetReader
from mxt.datasets.writers.base.files import exchange, replacing, staged_name
from mxt.datasets.writers.csv import CsvWriter
from mxt.datasets.writers.parquet import ParquetWriter
from mxt.errors import DataError, ServiceError
from services.servers import answering


def test_a_file_is_replaced_when_the_block_ends_well_and_only_then(tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_text("old")
    with contextlib.suppress(ZeroDivisionError), replacing(str(path)) as file:
        file.write(b"half" * (1 // 0))
    assert path.read_text() == "old"
    with replacing(str(path)) as file:
        file.write(b"new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["table"]  # noqa: PTH208 - names alone


@pytest.mark.parametrize("by", [(), ("part",)])
def test_what_killed_writes_left_is_hidden_and_goes_with_the_next(
    by: tuple[str, ...], tmp_path: Path
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    dead, own, running = (
        Path(staged_name(f"{tmp_path}/table").replace(f".{os.getpid()}.", f".{number}."))
        for number in (ended.pid, os.getpid(), os.getppid())
    )
    other = tmp_path / f".table.of.another.{ended.pid}.part"
    for left in (dead, own, running, other):
        if by:
            left.mkdir()
            (left / "part-0.parquet").write_bytes(b"half")
        else:
            left.write_bytes(b"half")
    writer = ParquetWriter(path=str(tmp_path / "table"), partition_by=by)
    assert writer.write(every_type(9)) == 9
    assert {path for path in tmp_path.iterdir() if path.name.endswith(".part")} == {running, other}
    assert len(ParquetReader(path=str(tmp_path)).read()) == 9, "what is hidden is no part of the folder"


class Failing(AbstractFileSystem):  # type: ignore[misc] # fsspec publishes no types
    """A bucket that answers every request with one error."""

    protocol = "failing"
    error: Exception = OSError()

    def info(self, *_: object, **__: object) -> dict[str, object]:
        raise self.error

    def _open(self, *_: object, **__: object) -> object:
        raise self.error

    def rm(self, *_: object, **__: object) -> None:
        raise self.error


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TimeoutError(CANARY), ServiceError),
        (PermissionError(CANARY), ServiceError),
        (OSError(CANARY), ServiceError),
        (requests.ConnectionError(CANARY), ServiceError),
        (FileNotFoundError(CANARY), DataError),
    ],
    ids=lambda part: type(part).__name__ if isinstance(part, Exception) else "",
)
def test_a_bucket_that_fails_is_a_service_and_one_that_is_not_there_is_data(
    error: Exception, expected: type[Exception], suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_implementation("failing", Failing, clobber=True)
    monkeypatch.setattr(Failing, "error", error)
    writer = {"csv": CsvWriter, "parquet": ParquetWriter}[suffix](path=f"failing://bucket/table.{suffix}")
    with pytest.raises(expected, match=r"^failing://bucket/table") as caught:
        writer.write(every_type(3))
    assert CANARY not in str(caught.value)
    if isinstance(error, FileNotFoundError):
        assert writer.provenance() is None
        return
    with pytest.raises(ServiceError, match=r"^failing://bucket/table"):
        writer.provenance()


def test_a_web_server_takes_no_output() -> None:
    with answering(404) as (host, _), pytest.raises(DataError, match="can be read, not written"):
        ParquetWriter(path=f"http://{host}/table.parquet").write(every_type(3))


def test_two_folders_swap_their_names_in_one_step(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").write_text("a file")
    if exchange(tmp_path / "one", tmp_path / "other"):
        assert (tmp_path / "one").read_text() == "a file"
        assert (tmp_path / "other").is_dir()
    assert not exchange(tmp_path / "one", tmp_path / "nowhere")


def test_folders_are_made_on_the_way_to_an_output(tmp_path: Path) -> None:
    for by in ((), ("part",)):
        place = tmp_path / "not" / "yet" / f"table{len(by)}"
        ParquetWriter(path=str(place), partition_by=by).write(every_type(9))
        assert len(ParquetReader(path=str(place)).read()) == 9
