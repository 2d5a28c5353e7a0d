"""Addresses: what a config reads and writes, in one spelling, so that fields of one thing meet."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass, replace

from mxt.configs.locations import revealed

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):(?://)?")
_ALIASES = {
    "s3a": "s3",
    "gcs": "gs",
    "abfss": "abfs",
    "az": "abfs",
    "https": "http",
    "local": "file",
    "postgres": "postgresql",
    "mariadb": "mysql",
}
"""Names of one and the same kind of URL."""
_FILE_DATABASES = {"sqlite", "duckdb"}
_PORTS = {"postgresql": ":5432", "mysql": ":3306", "mssql": ":1433", "oracle": ":1521"}
"""The ports of databases whose URL names none."""
_OPEN_SCHEMAS = {"", "main", "public", "dbo"}
"""Schemas that a table belongs to whose name has none before it."""


@dataclass(frozen=True)
class Address:
    """A file, an object of a bucket, or a table of a database."""

    place: str
    """Absolute path, or URL."""
    shown: str
    """How messages name it."""
    local: bool = True
    """Whether the place is a path."""
    table: str = ""
    """In a database; empty for the whole of it."""
    looked_up: bool = False
    """Whether a query reads the table within brackets alone, as one that leaves out the rows of an output."""
    named: str = ""
    """The URL as the config has it, if variables in it hold a part of it."""
    file: tuple[int, int] | None = None
    """Device and number of a file that is there, once it was looked for."""

    @classmethod
    def of(cls, path: str, shown: str = "") -> Address:
        """The address of a path or URL; of chained URLs, that of what they open, such as an archive."""
        last = path.rpartition("::")[2] if re.match(r"[A-Za-z][A-Za-z0-9+.-]+(://[^:]*)?::", path) else path
        scheme = _SCHEME.match(last)
        kind = _named(scheme[1]) if scheme else "file"
        rest = last[scheme.end() :] if scheme else last
        if kind == "file":
            return cls(_absolute(rest), shown or path)
        host, _, key = rest.partition("?")[0].partition("/")
        user = host.rpartition("@")[2] if ":" in host.rpartition("@")[0] else host
        place = posixpath.normpath("/".join([user.lower(), *filter(None, key.split("/"))]))
        named = path if "env:" in path else ""
        return cls(f"{kind}://{place}", shown or f"{kind}://{place}", local=False, named=named)

    @classmethod
    def of_database(cls, url: str, table: str = "", shown: str = "") -> Address | None:
        """The address of a table, or of a database without one; None for a database in memory."""
        dialect, _, rest = url.partition("://")
        kind, rest = _named(dialect.partition("+")[0]), rest.partition("?")[0]
        if url.startswith("env:"):
            return cls(url, shown or url, local=False, table=_plain(table), named=url)
        if kind in _FILE_DATABASES:
            path = rest.removeprefix("/").removeprefix("file:")
            own = cls(_absolute(path), shown or path)
            return None if path in {"", ":memory:"} else replace(own, table=_plain(table))
        host, _, name = rest.rpartition("@")[2].partition("/")
        place = f"{kind}://{host.lower().removesuffix(_PORTS.get(kind, ':'))}/{name}"
        return cls(place, shown or place, local=False, table=_plain(table, name))

    def real(self) -> Address:
        """The address behind links and variables, where these can be followed."""
        if self.named:
            url = revealed(self.named)
            own = Address.of_database(url, self.table, self.shown) if self.place == self.named else None
            return replace(own or Address.of(url, self.shown), looked_up=self.looked_up, named="").real()
        if not self.local:
            return self
        place = _absolute(os.path.realpath(self.place))
        try:
            facts = os.stat(place)  # noqa: PTH116 - a text, as all places
        except OSError:
            return replace(self, place=place)
        return replace(self, place=place, file=(facts.st_dev, facts.st_ino))

    def meets(self, other: Address) -> bool:
        """Whether two addresses are of one thing, or one lies within the other."""
        if self.local != other.local:
            return False
        if self.place == other.place or (self.file is not None and self.file == other.file):
            return not (self.table and other.table) or self.table == other.table
        return self.within(other) or other.within(self)

    def within(self, other: Address) -> bool:
        """Whether this address lies in the folder of another."""
        return self.place.startswith(f"{other.place.rstrip('/')}/") and not other.table


def _absolute(path: str) -> str:
    """A path without dots, whose links stay, and which begins with one slash."""
    return re.sub("^//+", "/", os.path.abspath(path))  # noqa: PTH100 - pathlib keeps dots


def _plain(table: str, database: str = "") -> str:
    """The name of a table, without a schema that goes without saying."""
    schema, _, name = table.casefold().rpartition(".")
    return name if schema.rpartition(".")[2] in {*_OPEN_SCHEMAS, database.casefold()} else table.casefold()


def _named(scheme: str) -> str:
    return _ALIASES.get(scheme.lower(), scheme.lower())
