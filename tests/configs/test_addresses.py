"""Addresses: two spellings of one thing meet, and two things do not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mxt.configs.addresses import Address

HERE = str(Path.cwd())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/x/a.csv", "/x/../x/./a.csv"),
        ("/x/a.csv", "file:///x/a.csv"),
        ("/x/a.csv", "//x/a.csv"),
        ("/x/a.csv", "LOCAL:///x//a.csv"),
        (f"{HERE}/a.csv", "file:a.csv"),
        ("/x", "/x/deep/a.csv"),
        ("/x/a.zip", "zip://a.csv::/x/a.zip"),
        ("s3://bucket/a/b", "S3A://Bucket//a/b/"),
        ("s3://bucket/a", "simplecache::s3://bucket/a/b"),
        ("gs://bucket/a", "gcs://bucket/./a"),
        ("http://me:secret@host/a", "https://HOST/a?signature=x"),
    ],
)
def test_two_spellings_of_one_place_meet(one: str, other: str) -> None:
    assert Address.of(one).meets(Address.of(other))
    assert Address.of(other).meets(Address.of(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/x/a.csv", "/x/a.csv.gz"),
        ("/x/a", "/x/ab"),
        ("/x/a.csv", "/x/A.csv"),
        ("s3://bucket/a", "s3://bucket/ab"),
        ("s3://bucket/a", "s3://bucket/A"),
        ("s3://bucket/a", "gs://bucket/a"),
        ("/bucket/a", "s3://bucket/a"),
        ("abfs://one@account/a", "abfs://two@account/a"),
    ],
)
def test_two_places_do_not_meet(one: str, other: str) -> None:
    assert not Address.of(one).meets(Address.of(other))


def database(url: str, table: str = "") -> Address:
    address = Address.of_database(url, table)
    assert address is not None
    return address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("sqlite:////x/a.db", "scored"), ("sqlite+pysqlite:////x/y/../a.db?timeout=3", "main.Scored")),
        (("sqlite:///a.db", "scored"), (f"sqlite:////{HERE}/a.db", "scored")),
        (("sqlite:////x/a.db", "scored"), ("sqlite:///file:/x/a.db?uri=true", "scored")),
        (("sqlite:////x/a.db", "scored"), ("sqlite:////x/a.db",)),
        (("postgresql://host/db", "scored"), ("postgres://me@HOST:5432/db?sslmode=require", "public.scored")),
        (("mysql://host/db", "scored"), ("mariadb+pymysql://host:3306/db", "db.scored")),
        (("env:DB", "scored"), ("env:DB", "scored")),
    ],
)
def test_two_spellings_of_one_table_meet(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert database(*one).meets(database(*other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("sqlite:////x/a.db", "scored"), ("sqlite:////x/a.db", "customers")),
        (("sqlite:////x/a.db", "scored"), ("sqlite:////x/b.db", "scored")),
        (("postgresql://host/db", "scored"), ("postgresql://host/db", "archive.scored")),
        (("postgresql://host/db", "scored"), ("postgresql://host:5433/db", "scored")),
    ],
)
def test_two_tables_do_not_meet(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert not database(*one).meets(database(*other))


def test_a_database_in_a_file_meets_the_file_and_one_in_memory_meets_nothing() -> None:
    assert database("sqlite:////x/a.db", "scored").meets(Address.of("/x/a.db"))
    assert database("sqlite:////x/a.db", "scored").meets(Address.of("/x"))
    assert not Address.of("/x/a.db/deep").meets(database("sqlite:////x/a.db", "scored"))
    assert {Address.of_database(url, "scored") for url in ("sqlite://", "sqlite:///:memory:")} == {None}


def test_links_and_further_names_of_a_file_meet_once_they_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    os.link(tmp_path / "a", tmp_path / "hard")
    (tmp_path / "soft").symlink_to("a")
    (tmp_path / "folder").symlink_to(tmp_path)
    own = Address.of(str(tmp_path / "a"))
    for name in ("hard", "soft", "folder/a"):
        other = Address.of(str(tmp_path / name))
        assert not own.meets(other)
        assert own.real().meets(other.real())
    (tmp_path / "dangling").symlink_to("new")
    new, link = (Address.of(str(tmp_path / name)).real() for name in ("new", "dangling"))
    assert new.meets(link)


def test_a_url_in_a_variable_is_that_url_once_it_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB", "postgresql://me:secret@host/db")
    held, plain = database("env:DB", "scored"), database("postgresql://host/db", "scored")
    assert not held.meets(plain)
    assert held.real().meets(plain)
    assert held.real().shown == "env:DB"
