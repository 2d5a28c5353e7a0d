"""Secrets in texts: what a location may not hold, what takes their place, and what stays as it is."""

from __future__ import annotations

import io
import json
import sys
import time
from typing import TYPE_CHECKING

import pytest

from mxt.errors import DataError
from mxt.redaction import redacted, remember, secret_in, shown, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = "hunter2-5c1e"

REFUSED = {
    f"https://reader:{CANARY}@host/x.csv": "https://reader:env:NAME@host",
    f"http://{CANARY}@host": "https://env:NAME@host, or leave the user out",
    f"HTTPS://{CANARY}@host": "https://env:NAME@host",
    "http://u:12345678@host:80/x": "https://reader:env:NAME@host",
    f"simplecache::https://u:{CANARY}@host/x": "https://reader:env:NAME@host",
    f"https://env:T@x:{CANARY}@host": "https://reader:env:NAME@host",
    f"https://u%3A{CANARY}@host": "env:NAME@host",
    f"//u:{CANARY}@host/x": "https://reader:env:NAME@host",
    f"postgresql://me@corp.com:{CANARY}@[::1]:5432/db": "https://reader:env:NAME@host",
    f"postgresql://u:a/{CANARY}@host/db": "https://reader:env:NAME@host",
    f"postgresql://u:a@{CANARY}@host/db": "https://reader:env:NAME@host",
    f"postgresql://:{CANARY}@host": "https://reader:env:NAME@host",
    f"s3://AKIA4711:{CANARY}@bucket/x": "AWS_ACCESS_KEY_ID",
    f"s3://{CANARY}@bucket/x": "AWS_ACCESS_KEY_ID",
    "s3://env:K:env:S@bucket/x": "AWS_ACCESS_KEY_ID",
    f"abfs://container:{CANARY}@account/x": "from the environment",
    f"https://host/x?sig={CANARY}": "?sig=env:NAME",
    f"https://host/x?sv=2022-11-02&se=2027&sp=r&sig={CANARY}%3D": "?sig=env:NAME",
    f"https://host/x?v=1&api_key={CANARY}": "?sig=env:NAME",
    f"https://host/x?ApiKey={CANARY}": "?sig=env:NAME",
    f"https://host/x?X-Amz-Signature={CANARY}": "?sig=env:NAME",
    f"https://host/x?p%61ssword={CANARY}": "?sig=env:NAME",
    f"https://host/x%3Fpassword%3D{CANARY}": "?sig=env:NAME",
    f"https://host/x%253Fpassword%253D{CANARY}": "?sig=env:NAME",
    f"https://host/x#access_token={CANARY}": "?sig=env:NAME",
    f"https://host/x?key={CANARY}-and-more": "?sig=env:NAME",
    f"https://host/x?password=env:PW!{CANARY}": "?sig=env:NAME",
    f"zip://a.csv::https://host/a.zip?token={CANARY}": "?sig=env:NAME",
    f"mysql://host/db?passwd={CANARY}": "?sig=env:NAME",
    f"mssql://host?odbc_connect=DRIVER%3Dx%3BPWD%3D{CANARY}": "?sig=env:NAME",
    f"sc://host:1/;token={CANARY}": "?sig=env:NAME",
    "env:1": "env:NAME",
    "env:": "env:NAME",
}
"""Locations with a secret, and what the refusal advises."""

TAKEN = [
    "https://reader:env:DATA_PASSWORD@host/x.csv",
    "https://env:TOKEN@host/x.csv",
    "https://env:U:env:P@host/x.csv",
    "https://host/x.csv?sv=1&sig=env:AZ_SIG&x=1",
    "postgresql://u:env:PG@host:5432/db?sslmode=require",
    "env:SIGNED_URL",
    "https://host/x.csv?version=3",
    "https://host/x?page=2&monkey=3&author=tolkien&key=region",
    "https://host/a@b/x.csv",
    "http://host:5000/x@y",
    "http://[::1]:5000/x",
    "data/a@b.csv",
    "data/a?b.csv",
    "data/secret=1/x.parquet",
    "C:/x.csv",
    "C:\\data\\x.csv",
    "file:///C:/x.csv",
    "models:/churn@Champion",
    "mailto:me@example.org",
    "postgresql://u@host:5432/db",
    "sftp://user@host/x",
    "abfs://container@account.dfs.core.windows.net/x.csv",
    "gs://bucket/x?generation=3",
    "s3://bucket/a@b:c/key:with:colon",
    "zip://x.csv::file:///data/a.zip",
    "github://mxt-toolkit:mxt@v1.0/data/x.csv",
    "simplecache::github://mxt-toolkit:mxt@v1.0/data/x.csv",
    "sqlite:////srv/jobs@2/mlflow.db",
    "sqlite:///C:\\x.db",
    "spark://a:7077,b:7077",
    "sc://host:1/;x=y",
    "memory://a:b",
    "hdfs://namenode:8020/x",
]


@pytest.mark.parametrize("location", REFUSED)
def test_a_location_with_a_secret_is_refused_with_the_way_to_give_it_and_shown_without(location: str) -> None:
    why = secret_in(location)
    assert REFUSED[location] in why
    assert CANARY not in why
    for text in (location, f"GET {location} failed", json.dumps({"path": location}), f"('{location}',)"):
        assert "%25" in text or CANARY not in shown(text)  # of what is encoded twice nothing is read
        assert "%" in text or CANARY not in without_secrets(text)


@pytest.mark.parametrize("start", ["http:/", "https:", r"https:\\", "http:///"])
def test_a_location_that_is_nearly_a_url_is_refused_too(start: str) -> None:
    assert "https://env:NAME@host" in secret_in(f"{start}{CANARY}@host")


@pytest.mark.parametrize("location", TAKEN)
def test_a_location_without_a_secret_is_taken_and_kept_as_it_is(location: str) -> None:
    assert secret_in(location) == ""
    assert without_secrets(location) == location
    assert without_secrets(json.dumps({"path": location})) == json.dumps({"path": location})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"https://user:{CANARY}@host/x.csv?v=3", "https://host/x.csv"),
        ("https://reader:env:PW@host/x.csv?v=3&sig=env:SIG", "https://reader:env:PW@host/x.csv?sig=env:SIG"),
        ("read https://h/x.csv?v=3&sig=env:SIG: 0.1 s", "read https://h/x.csv?sig=env:SIG: 0.1 s"),
        (f"403 for url: https://b.s3.org/x?X-Amz-Signature={CANARY}", "403 for url: https://b.s3.org/x"),
        (f"url: /x?sig={CANARY} (Caused by y)", "url: /x (Caused by y)"),
        (f"cannot reach http://user:{CANARY}@host/x now", "cannot reach http://host/x now"),
        (f"connection to host=h password={CANARY} user=u", "connection to host=h password=*** user=u"),
        (f"headers {{'Authorization': 'Bearer {CANARY}'}}", "headers {'Authorization': 'Bearer ***'}"),
        (f"sc://host:15002/;token={CANARY}", "sc://host:15002"),
        ("sqlite:///crm.db?mode=ro", "sqlite:///crm.db"),
        ("/data/a?b.csv: no such file", "/data/a?b.csv: no such file"),
        (
            "See http://127.0.0.1:5000/#/runs/x?workflowType=y",
            "See http://127.0.0.1:5000/#/runs/x?workflowType=y",
        ),
        ("Is the password right?", "Is the password right?"),
        ("spark.my.password", "spark.my.password"),
    ],
)
def test_a_text_is_shown_without_users_options_and_passwords(text: str, expected: str) -> None:
    assert shown(text) == expected
    assert shown(shown(text)) == expected


@pytest.mark.parametrize(
    "spelt", ["p@ss wörd/1", "p%40ss%20w%C3%B6rd%2F1", "p%40ss+w%C3%B6rd%2F1", "p@ss w\\u00f6rd/1"]
)
def test_a_value_that_was_revealed_is_hidden_however_it_is_spelt(spelt: str) -> None:
    remember("PASSWORD", "p@ss wörd/1")
    assert shown(f"refused: {spelt}.") == "refused: env:PASSWORD."


def test_of_a_url_that_was_revealed_the_secrets_alone_are_hidden_too() -> None:
    remember(
        "CRM", f"postgresql://reader:{CANARY}%40@db.example.org/crm?sslmode=require&sslpassword=s3cret-9"
    )
    told = f"reader at db.example.org did not require {CANARY}@ or {CANARY}%40 or s3cret-9"
    assert shown(told) == "reader at db.example.org did not require env:CRM or env:CRM or env:CRM"
    remember("SHORT", "churn")
    assert shown("churn") == "churn"
    remember("WORD", "customer")
    assert shown("customer of customers") == "env:WORD of customers"
    assert without_secrets("id_column: customer") == "id_column: customer", "programs read this again"


def test_the_values_of_variables_with_names_of_secrets_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    monkeypatch.setenv("SOME_TOKEN", sys.prefix)
    assert shown(f"{CANARY} in {sys.prefix}") == f"env:AWS_SECRET_ACCESS_KEY in {sys.prefix}"


def printed(write: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> str:
    """What is written to the standard error stream while it shows no secret."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with redacted("stderr"):
        write()
    assert sys.stderr is stream
    return stream.getvalue()


def test_a_stream_hides_what_comes_in_pieces_and_ends_without_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def pieces() -> None:
        for piece in ("at http://u:", CANARY, "@host", "\nnext ", "?"):
            sys.stderr.write(piece)
        sys.stderr.flush()
        sys.stderr.writelines([f"password={CANARY}"])

    assert printed(pieces, monkeypatch) == "at http://host\nnext ?password=***"


def test_a_stream_keeps_back_no_more_than_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def flood() -> None:
        sys.stderr.write("x" * 100_000)
        assert sys.stderr.tell() == 100_000

    assert printed(flood, monkeypatch) == "x" * 100_000


LENGTH = 300_000
ENDLESS = {
    "a name": "password" * (LENGTH // 8) + "=",
    "names": "x." * (LENGTH // 2),
    "options": "?" + "_token" * (LENGTH // 6),
    "URLs": "http://" * (LENGTH // 7),
    "users": "//a:b" * (LENGTH // 5),
    "encoded users": "//" + "%3A" * (LENGTH // 3),
    "punctuation": "a://b?" + ":.,;" * (LENGTH // 4) + "x",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_word_is_searched_in_time_that_grows_with_its_length(name: str) -> None:
    begun = time.process_time()
    shown(f"{ENDLESS[name]} a=b @")
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("place", [0, 7490, 50_000, 99_990])
def test_a_secret_is_hidden_wherever_it_stands_in_an_endless_word(place: int) -> None:
    path = "a" * place
    for url in (f"http://host/{path}?sig={CANARY}", f"postgresql://{path}:{CANARY}@host/x"):
        message = str(DataError(f"{url}{'b' * 100_000} is not there."))
        assert CANARY[:4] not in message
        assert CANARY[-4:] not in message
        assert len(message) < 1000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"/x.password={CANARY}", "/x.password=***"),
        (f"/secret={CANARY}", f"/secret={CANARY}"),
        (f"a=password={CANARY}", "a=password=***"),
        (f"http://h/;a=1?token={CANARY} x", "http://h x"),
        (f"http://h/x#http://h/y?token={CANARY}", "http://h/x#http://h/y"),
        (f"'http://u:{CANARY}@h' \"@\"", "'http://h' \"@\""),
    ],
)
def test_where_a_name_or_a_url_begins_is_known_amid_others(text: str, expected: str) -> None:
    assert shown(text) == expected
