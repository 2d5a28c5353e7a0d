"""Files that are not what they seem: devices, unknown URLs, broken content; and folders of parts."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from contracts.stores import CANARY
from mxt.datasets import places
from mxt.datasets.readers.base import Reader
from mxt.datasets.readers.base.files import FileReader
from mxt.datasets.readers.parquet import ParquetReader
from mxt.errors import DataError, ServiceError
from mxt.kinds import members
from services.servers import answering, closed_port

if TYPE_CHECKING:
    from pathlib import Path

FILE_READERS = {name: kind for name, kind in members(Reader).items() if issubclass(kind, FileReader)}
each_reader = pytest.mark.parametrize("name", FILE_READERS)


def refusal(name: str, path: Path | str) -> str:
    """The message with which a reader refuses a path."""
    reader = FILE_READERS[name](path=str(path))
    with pytest.raises(DataError) as caught:
        reader.read()
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


@each_reader
def test_a_pipe_is_refused_and_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "neither a file nor a folder" in refusal(name, tmp_path / "pipe")


@each_reader
@pytest.mark.parametrize("device", ["/dev/zero", "file:///dev/zero"])
def test_a_device_is_refused_and_not_read_for_ever(name: str, device: str) -> None:
    assert "neither a file nor a folder" in refusal(name, device)


@each_reader
@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nowhere://bucket/table", "no file system is known for this kind of URL"),
        ("dir://table", "no file system is known for this kind of URL"),
        ("reference://table", "no file system is known for this kind of URL"),
        ("memory://nowhere/table", "no such file or folder"),
    ],
)
def test_a_url_that_leads_nowhere_is_told(name: str, url: str, told: str) -> None:
    assert told in refusal(name, url)


@each_reader
@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (401, ServiceError, r"access is refused \(HTTP 401\)"),
        (403, ServiceError, r"access is refused \(HTTP 403\)"),
        (404, DataError, r"no such file or folder\.$"),
        (429, ServiceError, r"the service does not answer as it should \(HTTP 429\)"),
        (503, ServiceError, r"the service does not answer as it should \(HTTP 503\)"),
    ],
)
def test_a_server_that_gives_no_table_is_told_from_a_table_that_is_not_there(
    name: str, status: int, error: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABLE_SIG", CANARY)
    with (
        answering(status) as (host, asked),
        pytest.raises(error, match=rf"^http://{host}/table\?sig=env:TABLE_SIG: {message}") as caught,
    ):
        FILE_READERS[name](path=f"http://{host}/table?sig=env:TABLE_SIG").read()
    assert CANARY not in str(caught.value)
    assert asked[0] == f"/table?sig={CANARY}"


@each_reader
def test_a_server_that_is_down_speaks_no_tls_or_keeps_silent_is_a_service(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, answering(200) as (plain, _):
        hosts = [f"http://127.0.0.1:{closed_port()}", "http://nowhere.invalid", f"https://{plain}"]
        for host in (*hosts, f"http://127.0.0.1:{silent.getsockname()[1]}"):
            with pytest.raises(
                ServiceError, match=rf"^{host}/table: the service does not answer as it should"
            ):
                FILE_READERS[name](path=f"{host}/table").read()


def test_an_answer_that_ends_too_early_is_a_service() -> None:
    with answering(200, b"id,a\n" + b"x,1\n" * 9, promised=1000) as (host, _), pytest.raises(ServiceError):
        FILE_READERS["CsvReader"](path=f"http://{host}/table.csv").read()


def test_a_table_of_a_server_is_read() -> None:
    with answering(200, b"id,a\nx,1\n") as (host, _):
        assert FILE_READERS["CsvReader"](path=f"http://{host}/table.csv").read()["a"].tolist() == [1]


@each_reader
def test_a_folder_without_files_has_no_rows(name: str, tmp_path: Path) -> None:
    assert "no rows" in refusal(name, tmp_path) or "cannot be read" in refusal(name, tmp_path)


@each_reader
def test_an_empty_file_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "table").touch()
    assert "cannot be read" in refusal(name, tmp_path / "table")


@each_reader
def test_content_of_another_format_is_refused_without_a_word_of_it(name: str, tmp_path: Path) -> None:
    (tmp_path / "table").write_bytes(b'a,b\n"' + CANARY.encode() + b"\xff\xfe,{[1,2\n3")
    assert CANARY not in refusal(name, tmp_path / "table")


@pytest.mark.parametrize("damage", ["cut short", "bytes turned over", "footer turned over"])
def test_a_damaged_parquet_file_is_refused(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pd.DataFrame({"text": [f"{CANARY}-{row}" for row in range(5000)]}).to_parquet(path, compression=None)
    whole = path.read_bytes()
    turned = bytes(255 - byte for byte in whole[100:60_000])
    path.write_bytes(
        {
            "cut short": whole[: len(whole) // 2],
            "bytes turned over": whole[:100] + turned + whole[60_000:],
            "footer turned over": whole[:-200] + bytes(255 - byte for byte in whole[-200:-8]) + whole[-8:],
        }[damage]
    )
    assert CANARY not in refusal("ParquetReader", path)


def test_the_names_of_the_folders_above_are_no_columns(tmp_path: Path) -> None:
    folder = tmp_path / "year=2024" / "month=2"
    folder.mkdir(parents=True)
    frame = pd.DataFrame({"x": [1, 2]})
    frame.to_parquet(folder / "table.parquet")
    assert list(ParquetReader(path=str(folder / "table.parquet")).read().columns) == ["x"]
    assert list(ParquetReader(path=str(folder)).read().columns) == ["x"]
    assert ParquetReader(path=str(tmp_path)).read().to_dict("list") == {
        "x": [1, 2],
        "year": [2024, 2024],
        "month": [2, 2],
    }


def test_parts_are_chosen_by_filters_on_their_folders(tmp_path: Path) -> None:
    for year in (2023, 2024, 2025):
        (tmp_path / f"year={year}").mkdir()
        pd.DataFrame({"x": [year * 10]}).to_parquet(tmp_path / f"year={year}" / "part.parquet")
    (tmp_path / "year=2025" / "part.parquet").write_bytes(b"never opened")
    table = ParquetReader(path=str(tmp_path), filters=(("year", "<", 2025),), columns=("x",)).read()
    assert table["x"].tolist() == [20230, 20240]
