"""Databases, through SQLAlchemy: how they are named and opened, and what messages say when they fail."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, StringConstraints

from mxt.configs import NO_SECRET_OPTION, reveal, without_secret_options
from mxt.errors import DataError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa


DatabaseUrl = Annotated[
    str,
    StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|[A-Za-z][A-Za-z0-9_+.-]*://([^:@/]*@)?[^@]*)$"),
    AfterValidator(without_secret_options),
    NO_SECRET_OPTION,
]
"""An SQLAlchemy URL without a password, or ``env:NAME`` for the variable that holds one."""


def described(url: str) -> str:
    """The URL as it may be shown: without options, and never with the secret behind ``env:NAME``."""
    return url if url.startswith("env:") else url.partition("?")[0]


@contextmanager
def opened(url: str) -> Iterator[sa.Engine]:
    """An engine for the database at `url`.

    Messages leave out SQLAlchemy's own text, which may hold secrets and cells.

    Raises:
        ServiceError: The database cannot be opened.
        DataError: A statement failed.
    """
    import sqlalchemy as sa

    engine = _engine(url)
    try:
        yield engine
    except sa.exc.InterfaceError as error:
        raise _unopened(url, error) from error
    except sa.exc.SQLAlchemyError as error:
        msg = f"{described(url)}: a statement failed ({type(error).__name__}). Is there such a table?"
        raise DataError(msg) from error
    finally:
        engine.dispose()


def _engine(url: str) -> sa.Engine:
    import sqlalchemy as sa

    try:
        return sa.create_engine(reveal(url) if url.startswith("env:") else url)
    except (sa.exc.ArgumentError, ModuleNotFoundError, ValueError) as error:
        raise _unopened(url, error) from error


def _unopened(url: str, error: Exception) -> ServiceError:
    kind = type(error).__name__
    return ServiceError(
        f"{described(url)}: cannot be opened ({kind}). Is the URL right, and its driver installed?"
    )
