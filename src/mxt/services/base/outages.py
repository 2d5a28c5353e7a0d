"""Failures of MLflow and of the stores behind it, in words that hold no secret."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING

from mxt.datasets.databases import absent
from mxt.datasets.outages import REFUSING, causes, outage
from mxt.errors import MxtError, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

_STORES = {
    *("azure", "boto3", "botocore", "google", "mlflow", "requests", "s3transfer", "sqlalchemy", "urllib3"),
}
"""Packages whose errors come from MLflow, its store or its store of artifacts."""
_REFUSALS = {"CUSTOMER_UNAUTHORIZED", "PERMISSION_DENIED", "UNAUTHENTICATED"}
"""What MLflow calls the HTTP statuses 401 and 403."""
_DRIVERS = {
    "azure": "'mxt[azure]'",
    "boto3": "'mxt[s3]'",
    "botocore": "'mxt[s3]'",
    "google": "'mxt[gcs]'",
}
"""What pip is to install for stores of artifacts, by the module that is absent."""
_SQL = {"MySQLdb", "cx_Oracle", "oracledb", "pg8000", "psycopg", "psycopg2", "pymssql", "pymysql", "pyodbc"}
"""Modules of drivers of databases."""
_LOGINS = {
    "botocore": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "google": "GOOGLE_APPLICATION_CREDENTIALS",
    "azure": "AZURE_STORAGE_CONNECTION_STRING",
}
"""Where the credentials of stores of artifacts come from, by the package that needs them."""
_CLIENT = re.compile(
    r"google\.protobuf|mlflow\.(artifacts|entities|protos|store|tracking|utils\.(proto_json_utils|rest_utils))"
)
"""Modules that read what a store answers."""
GARBLED = "MLflow's client cannot read its answer; is the address that of an MLflow server?"
_TRACKING = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"


def of_a_store(error: BaseException) -> bool:
    """Whether an error comes from MLflow, or from a library that it reaches its stores by."""
    return not isinstance(error, MxtError) and (
        not {*_packages(error)}.isdisjoint(_STORES) or is_garbled(error)
    )


def is_garbled(error: BaseException) -> bool:
    """Whether a store gave an answer that MLflow's client cannot read, such as a proxy's page."""
    return any(map(_of_the_client, causes(error)))


def _of_the_client(error: BaseException) -> bool:
    package = type(error).__module__.partition(".")[0]
    if package == "mlflow":
        return "not in a valid JSON format" in str(error)
    if isinstance(error, (MxtError, OSError, ImportError)) or package in _STORES - {"google"}:
        return False
    frames = traceback.walk_tb(error.__traceback__)
    return any(_CLIENT.match(frame.f_globals.get("__name__", "")) for frame, _ in frames)


def is_outage(error: BaseException) -> bool:
    """Whether an error comes from a store that does not answer or refuses, not from what it holds."""
    import sqlalchemy as sa

    if not of_a_store(error):
        return False
    return (
        outage(error) is not None
        or is_garbled(error)
        or any(isinstance(cause, sa.exc.SQLAlchemyError) or _refusal(cause) for cause in causes(error))
    )


def without_driver(endpoint: str, error: BaseException) -> MxtError | None:
    """The error for a driver of a store that is not installed; None if that is not what failed."""
    for cause in causes(error):
        module = str(getattr(cause, "name", None) or "") if isinstance(cause, ImportError) else ""
        root = module.partition(".")[0]
        if root in _DRIVERS:
            return missing(f"MLflow at {endpoint}: its store of artifacts", _DRIVERS[root])
        lacking = absent(f"MLflow at {endpoint}", endpoint, cause) if root in _SQL or not module else None
        if lacking is not None:
            return lacking
    return None


def login(endpoint: str, error: BaseException) -> str:
    """A sentence with the variables that hold a store's credentials; empty if the store refused nothing."""
    cause = outage(error)
    refused = any(map(_refusal, causes(error)))
    if not refused and (cause is None or not cause.refused):
        return ""
    own = next((_LOGINS[name] for name in _packages(error) if name in _LOGINS), "")
    if not own and not endpoint.startswith(("http", "databricks")):
        return "Access is refused: check the user and the password of the store."
    return f"Access is refused: set {own or _TRACKING}."


def _packages(error: BaseException) -> Iterator[str]:
    return (type(cause).__module__.partition(".")[0] for cause in causes(error))


def _refusal(error: BaseException) -> bool:
    return getattr(error, "error_code", None) in _REFUSALS or (
        "Client Error" in str(error) and any(f"{status} Client Error" in str(error) for status in REFUSING)
    )
