"""Addresses of clusters: which are taken, what is shown of them, and what is refused at once."""

from __future__ import annotations

import socket

import pytest
from pydantic import TypeAdapter, ValidationError

from mxt.errors import ConfigError, ServiceError
from mxt.executors.base import sessions
from mxt.executors.base.sessions import Master, Option, Value

MASTER: TypeAdapter[str] = TypeAdapter(Master)
OPTION: TypeAdapter[str] = TypeAdapter(Option)
VALUE: TypeAdapter[str] = TypeAdapter(Value)


TAKEN = (
    *("local", "local[*]", "local[2,4]", "local-cluster[2,1,1024]"),
    *("spark://a:7077,b:7077", "sc://host", "sc://h:1/;x=y", "env:X"),
)


@pytest.mark.parametrize("master", TAKEN)
def test_addresses_of_spark_are_taken(master: str) -> None:
    assert MASTER.validate_python(master) == master


@pytest.mark.parametrize("master", ["yarn", "spark://host", "http://host:80", "sc://user@host", "env:1", ""])
def test_other_addresses_are_refused(master: str) -> None:
    with pytest.raises(ValidationError):
        MASTER.validate_python(master)


@pytest.mark.parametrize(
    "option",
    [
        *("spark.my.password", "spark.hadoop.s3a.secret.key", "spark.some.token", "spark.ssl.KeyPassword"),
        "spark.hadoop.fs.azure.account.key.store.dfs.core.windows.net",
        "spark.hadoop.fs.azure.sas.container.store.blob.core.windows.net",
    ],
)
def test_options_with_secrets_and_others_than_sparks_are_refused(option: str) -> None:
    assert OPTION.validate_python("spark.executor.memory") == "spark.executor.memory"
    for name in (option, option.removeprefix("spark.")):
        with pytest.raises(ValidationError, match="without a secret"):
            OPTION.validate_python(name)


@pytest.mark.parametrize(
    "value",
    [
        *("https://reader:hunter2@host/jars", "https://host/x.jar?sig=hunter2", "http://hunter2@host"),
        "-Xmx1g -Djavax.net.ssl.keyStorePassword=hunter2",
        "jdbc:mysql://host/db?user=me&PASSWORD=hunter2",
        "-Dspark.hadoop.fs.s3a.secret.key=hunter2",
    ],
)
def test_the_value_of_an_option_holds_no_secret_either(value: str) -> None:
    for plain in ("4g", "true", "-XX:+UseG1GC -Dfile.encoding=UTF-8", "https://host/x.jar?version=3"):
        assert VALUE.validate_python(plain) == plain
    with pytest.raises(ValidationError, match=r"spark-defaults\.conf") as refused:
        VALUE.validate_python(value)
    assert "hunter2" not in str(refused.value.errors()[0]["msg"])


def test_an_address_may_have_several_masters_and_no_port() -> None:
    assert sessions._places("spark://a:7077,b:7078") == [("a", 7077), ("b", 7078)]
    assert sessions._places("sc://host/;x=y") == [("host", 15002)]


@pytest.mark.parametrize("value", ["canary", "env:OTHER"])
def test_a_variable_without_an_address_is_named_and_not_quoted(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTER", value)
    with pytest.raises(ConfigError, match="CLUSTER holds no address") as refused:
        sessions._address("env:CLUSTER")
    assert "canary" not in str(refused.value)
    monkeypatch.setenv("CLUSTER", "sc://host/;token=x")
    assert sessions._address("env:CLUSTER") == "sc://host/;token=x"


def test_a_cluster_that_does_not_answer_is_refused_before_spark_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)  # as if pyspark were installed
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"sc://127.0.0.1:{taken.getsockname()[1]}/;token=canary"
        with pytest.raises(
            ServiceError, match=r"^sc://127\.0\.0\.1:\d+: no Spark answers within 10 s"
        ) as late:
            sessions._require(address)
    assert "canary" not in str(late.value)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "Job aborted\npyspark.errors.PythonException: ...\nValueError: a cell\n",
            "ValueError",
        ),
        ("a cell without a name", "RuntimeError"),
    ],
)
def test_an_error_of_spark_is_named_by_the_class_of_the_workers_error(text: str, name: str) -> None:
    assert sessions._named(RuntimeError(text)) == name
