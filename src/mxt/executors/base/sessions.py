"""Sessions of Apache Spark: addresses of clusters, starting and stopping, with Spark's log in a file."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from mxt.configs import NO_SECRET, revealed
from mxt.errors import ConfigError, MissingExtraError, MxtError, ServiceError
from mxt.redaction import NAMED, secret_in, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyspark.sql import SparkSession

REACHED_SECONDS = 10.0
"""How long to wait for a cluster to accept a connection."""

CONNECT_PORT = 15002
"""The port of a Spark Connect server whose address names none."""

EXTRA = ("pyspark", "spark")
"""The package, and MXT's extra that installs it."""

_HOST = r"[A-Za-z0-9._-]+"
_MASTER = (
    rf"^({NAMED}|local(-cluster)?(\[[0-9*, ]+\])?"
    rf"|spark://{_HOST}:[0-9]+(,{_HOST}:[0-9]+)*|sc://{_HOST}(:[0-9]+)?(/[^@]*)?)$"
)
_OPTION = r"^spark\.[A-Za-z0-9_.-]+$"
_SECRETS = r"(?i:passw|pwd|secret|token|credential|(access|account|private|shared|api)[._-]?key|\.sas\b)"
_INSTEAD = "secrets belong in its spark-defaults.conf"
_QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
_ALONE = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


def _master(master: str) -> str:
    if not re.search(_MASTER, master):
        msg = "should be local[workers,attempts], spark://host:port, sc://host:port or env:NAME"
        raise ValueError(msg)
    return master


def _option(name: str) -> str:
    if not re.search(_OPTION, name) or re.search(_SECRETS, name):
        msg = f"should be an option of Spark without a secret; {_INSTEAD}"
        raise ValueError(msg)
    return name


def _value(value: str) -> str:
    if secret_in(value) or re.search(rf"{_SECRETS}[^=\s]*=", value):
        kind = "secret"
        raise PydanticCustomError(
            kind, f"the value may not hold a secret, as a URL or an option in it does; {_INSTEAD}"
        )
    return value


Master = Annotated[str, AfterValidator(_master), Field(json_schema_extra={"pattern": _MASTER}), NO_SECRET]
"""The address of a cluster as Spark takes it, or ``env:NAME`` for one that holds a secret."""

Option = Annotated[str, AfterValidator(_option)]
"""The name of an option of Spark, without a secret: other users of the machine can see the options."""

Value = Annotated[str, AfterValidator(_value)]
"""The value of an option, without a password, token or signature in it."""


@contextlib.contextmanager
def opened(master: str, options: Mapping[str, str]) -> Iterator[SparkSession]:
    """A session that ends with the block; work that is not done by then is given up.

    Raises:
        MissingExtraError: The package is absent.
        ConfigError: The variable with the address is not set, or holds none.
        ServiceError: There is no Java, the cluster does not answer, or Spark fails.
    """
    address = _address(master)
    _require(address)
    log = Path(tempfile.mkdtemp(prefix="mxt-spark-")) / "spark.log"
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, log.parent, ignore_errors=True)
        try:
            spark = _started(address, options, log)
            try:
                yield spark
            finally:
                with contextlib.suppress(Exception):  # a cluster that has died cannot be stopped
                    spark.stop()
        except MxtError:
            raise
        except ImportError as error:  # a package that only Spark Connect needs
            raise MissingExtraError(*EXTRA) from error
        except Exception as error:
            if log.exists():
                stack.pop_all()
            where = f"its log is {log}" if log.exists() else "its server has the log"
            msg = (
                f"Spark at {shown(master)} failed ({_named(error)}); {where}. "
                "The workers need the Python and the packages of this machine."
            )
            raise ServiceError(msg) from error


def _address(master: str) -> str:
    address = revealed(master)
    if address.startswith("env:") or not re.search(_MASTER, address):
        msg = (
            f"The variable {master.removeprefix('env:')} holds no address of Spark, such as sc://host:15002."
        )
        raise ConfigError(msg)
    return address


def _require(address: str) -> None:
    """Raise at once what Spark would raise after minutes."""
    if importlib.util.find_spec("pyspark") is None:
        raise MissingExtraError(*EXTRA)
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None and not address.startswith("sc://"):
        msg = "Spark needs Java, and there is none. Install Java 17 or later, or set JAVA_HOME to its folder."
        raise ServiceError(msg)
    if not address.startswith(("spark://", "sc://")):
        return
    for place in _places(address):
        with contextlib.suppress(OSError), socket.create_connection(place, REACHED_SECONDS):
            return
    seconds = f"{REACHED_SECONDS:.0f} s"
    msg = f"{shown(address)}: no Spark answers within {seconds}. Start it, or correct `master`."
    raise ServiceError(msg)


def _places(address: str) -> list[tuple[str, int]]:
    """Hosts and ports; a cluster may have several masters."""
    names = (name.partition(":") for name in address.partition("://")[2].partition("/")[0].split(","))
    return [(host, int(port or CONNECT_PORT)) for host, _, port in names]


def _started(address: str, options: Mapping[str, str], log: Path) -> SparkSession:
    from pyspark.sql import SparkSession

    if address.startswith("sc://"):
        return SparkSession.builder.remote(address).config(map=dict(options)).getOrCreate()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    alone = _ALONE if address.startswith("local") else {}
    builder = SparkSession.builder.master(address).appName("mxt").config(map={**_QUIET, **alone, **options})
    with _errors_to(log):
        return builder.getOrCreate()


@contextlib.contextmanager
def _errors_to(log: Path) -> Iterator[None]:
    """Write the standard error stream to a file, also that of processes started meanwhile."""
    sys.stderr.flush()
    ours = os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(ours, 2)
        os.close(ours)


def _named(error: Exception) -> str:
    """The class of the error, or of the worker's error in it; never the text, which may quote a table."""
    names = re.findall(r"^(?:[a-z_]\w*\.)*([A-Z]\w*(?:Error|Exception))\b", str(error), re.MULTILINE)
    return names[-1] if names else type(error).__name__
