"""Databases by URL: no secret in a config, and none in a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from mxt.datasets.databases import DatabaseUrl, described, opened
from mxt.errors import DataError, ServiceError

if TYPE_CHECKING:
    from pathlib import Path

URL = TypeAdapter(DatabaseUrl)
SECRET = "hunter2-5c1e"  # noqa: S105 - what must not be shown


@pytest.mark.parametrize(
    "url", ["sqlite:///data/crm.db", "postgresql://reader@host/crm", "env:CHURN_DATABASE_URL"]
)
def test_a_url_without_a_password_is_taken(url: str) -> None:
    assert URL.validate_python(url) == url


@pytest.mark.parametrize(
    "url",
    [f"postgresql://reader:{SECRET}@host/crm", f"sqlite:///crm.db?password={SECRET}", "crm.db", "env:1"],
)
def test_a_url_with_a_password_is_not(url: str) -> None:
    with pytest.raises(ValidationError):
        URL.validate_python(url)


def test_options_are_not_shown() -> None:
    assert described("sqlite:///crm.db?mode=ro") == "sqlite:///crm.db"
    assert described("env:URL") == "env:URL"


def test_errors_quote_neither_statement_nor_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("URL", f"sqlite:///{tmp_path}/{SECRET}.db")
    with opened("env:URL") as engine, engine.connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1
    with pytest.raises(DataError) as caught, opened("env:URL") as engine, engine.connect() as connection:
        connection.execute(sa.text("SELECT :cell FROM nowhere"), {"cell": SECRET})
    assert str(caught.value) == "env:URL: a statement failed (OperationalError). Is there such a table?"


@pytest.mark.parametrize("url", ["nothing://host/crm", "not a url"])
def test_a_database_that_cannot_be_opened_is_a_service(url: str) -> None:
    with pytest.raises(ServiceError, match=r"cannot be opened .*its driver installed\?$"), opened(url):
        pass
