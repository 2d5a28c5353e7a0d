"""Failures of MLflow's stores: what they mean, and where credentials come from, without a secret."""

from __future__ import annotations

import pytest
import requests
import sqlalchemy as sa
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST, UNAUTHENTICATED

from mxt.datasets.databases import opened
from mxt.errors import DataError, MissingExtraError, ServiceError
from mxt.services.base.outages import is_outage, login, of_a_store, without_driver
from mxt.services.base.runs import translated

SECRET = "hunter2-5c1e"  # noqa: S105 - what must not be shown
SERVER = "https://mlflow.example.org"


class NoCredentialsError(Exception):
    """As botocore has it, which MXT does not install by itself."""

    __module__ = "botocore.exceptions"


def unreachable() -> MlflowException:
    """As MLflow raises it where its server is down."""
    error = MlflowException("API request failed")
    error.__cause__ = requests.ConnectionError("refused")
    return error


@pytest.mark.parametrize(
    ("error", "where"),
    [
        (MlflowException("no", UNAUTHENTICATED), "MLFLOW_TRACKING_USERNAME"),
        (MlflowException("no", PERMISSION_DENIED), "MLFLOW_TRACKING_TOKEN"),
        (NoCredentialsError(SECRET), "AWS_ACCESS_KEY_ID"),
    ],
)
def test_a_refusal_names_where_credentials_come_from(error: Exception, where: str) -> None:
    assert where in login(SERVER, error)
    with pytest.raises(ServiceError, match=where), translated(SERVER):
        raise error


def test_what_is_no_refusal_asks_for_no_credentials() -> None:
    assert login(SERVER, unreachable()) == login(SERVER, MlflowException("no", RESOURCE_DOES_NOT_EXIST)) == ""


@pytest.mark.parametrize(
    ("module", "install"),
    [
        ("boto3", "mxt[s3]"),
        ("google.cloud", "mxt[gcs]"),
        ("azure.identity", "mxt[azure]"),
        ("psycopg2", "psycopg2-binary"),
    ],
)
def test_a_store_whose_package_is_absent_names_the_command(module: str, install: str) -> None:
    with pytest.raises(MissingExtraError, match=r"pip install") as caught, translated(SERVER):
        raise ModuleNotFoundError(SECRET, name=module)
    assert install in str(caught.value)
    assert SECRET not in str(caught.value)


def test_an_absent_package_of_a_table_is_not_laid_at_the_store() -> None:
    with pytest.raises(MissingExtraError) as caught, translated(SERVER), opened("mssql+pyodbc://host/crm"):
        pass
    assert str(caught.value).startswith("mssql+pyodbc://host/crm: ")


def test_other_packages_that_are_absent_are_no_business_of_a_store() -> None:
    assert without_driver(SERVER, ModuleNotFoundError("x", name="of_a_plug_in")) is None
    assert without_driver(SERVER, ValueError("x")) is None


def test_a_store_that_is_down_is_told_from_a_model_that_is_not_there() -> None:
    down = [unreachable(), sa.exc.OperationalError("SELECT", {}, Exception("down")), NoCredentialsError()]
    others = [MlflowException("no", RESOURCE_DOES_NOT_EXIST), DataError("x"), OSError("x"), KeyError("x")]
    assert [error for error in (*down, *others) if is_outage(error)] == down
    assert [of_a_store(error) for error in others] == [True, False, False, False]
