"""URLs of services: their failures apart from faults of files."""

from __future__ import annotations

import errno
import traceback
from typing import TYPE_CHECKING

import pytest

from mxt.datasets.outages import Outage
from mxt.datasets.readers.csv import CsvReader
from mxt.datasets.remotes import known, reaching, remote, unreached
from mxt.errors import DataError, MxtError, ServiceError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter2-5c1e"  # noqa: S105 - what must not be shown


def test_files_of_this_machine_have_no_service_behind_them() -> None:
    here = ["/data/x.csv", "file:///data/x.csv", "memory://x.csv", "zip://x.csv::file:///data/a.zip"]
    there = ["s3://bucket/x.csv", "simplecache::s3://bucket/x.csv", "zip://x.csv::s3://bucket/a.zip"]
    assert [path for path in (*here, *there) if remote(path)] == there


def test_a_local_file_that_may_not_be_read_is_no_service() -> None:
    assert unreached("/data/x.csv", PermissionError(errno.EACCES, "no")) is None


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("s3://bucket/x.csv", "AWS_ACCESS_KEY_ID"),
        ("gs://bucket/x.csv", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("az://bucket/x.csv", "AZURE_STORAGE_ACCOUNT_KEY"),
        ("https://host/x.csv", "still valid"),
        ("sftp://host/x.csv", "the package for this kind of URL"),
    ],
)
def test_a_refusal_names_where_credentials_come_from(url: str, where: str) -> None:
    fault = unreached(url, PermissionError(errno.EACCES, SECRET))
    assert isinstance(fault, ServiceError)
    assert str(fault).startswith(f"{url}: access is refused (PermissionError). ")
    assert where in str(fault)
    assert SECRET not in str(fault)


def test_an_absent_file_and_errors_of_mxt_stay_what_they_are() -> None:
    otherwise = Outage("OSError")
    assert unreached("s3://bucket/x.csv", FileNotFoundError("x"), otherwise) is None
    assert unreached("s3://bucket/x.csv", DataError("x"), otherwise) is None
    assert isinstance(unreached("s3://bucket/x.csv", OSError("x"), otherwise), ServiceError)
    assert unreached("s3://bucket/x.csv", OSError("a damaged page")) is None


def test_whatever_a_file_system_of_a_url_raises_is_an_outage() -> None:
    message = r"does not answer as it should \(RuntimeError\)"
    with pytest.raises(ServiceError, match=message), reaching("s3://bucket/x.csv"):
        raise RuntimeError(SECRET)
    with pytest.raises(RuntimeError), reaching("/data/x.csv"):
        raise RuntimeError
    with pytest.raises(FileNotFoundError), reaching("s3://bucket/x.csv"):
        raise FileNotFoundError


def test_kinds_of_urls_that_fsspec_has_are_known() -> None:
    assert known("s3://bucket/x")
    assert not known("nowhere://bucket/x")


@pytest.mark.parametrize(
    "url", ["http://me:env:REMOTE_PW@127.0.0.1:9/x.csv?sig=env:REMOTE_PW", "env:REMOTE_LINK"]
)
def test_no_cause_of_a_fault_holds_what_a_variable_holds(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMOTE_PW", SECRET)
    monkeypatch.setenv("REMOTE_LINK", str(tmp_path / SECRET))
    with pytest.raises(MxtError) as raised:
        CsvReader(path=url, id_column="id").read()
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_the_cause_of_a_fault_of_a_path_without_variables_is_kept() -> None:
    cause = TimeoutError("x")
    with pytest.raises(ServiceError) as raised, reaching("s3://bucket/x.csv"):
        raise cause
    assert raised.value.__cause__ is cause
