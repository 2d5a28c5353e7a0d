"""Alerts reach mail, webhook and desktop; where they do not, the log says so and nothing else happens."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from loguru import logger
from pydantic import ValidationError

from conftest import clean_environment
from mxt.datasets import deadlines
from mxt.services import AlertsService
from services.servers import MISBEHAVIOURS, answering, closed_port, mailbox, misbehaving
from sinks import webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = "canary4711"
DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")
TARGETS = "MXT_ALERTS_TARGETS"
MISSED = "WARNING Alert targets number [1] were not reached."
UNKNOWN = "WARNING Alert targets number [1] are not URLs that apprise knows."
NOTIFY = """
import sys
from mxt.services import AlertsService, LoggerService
LoggerService().start()
reached = AlertsService().notify("title", "message")
print(reached, "plyer" in sys.modules)
"""


@pytest.fixture(autouse=True)
def _no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DESKTOP:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What MXT logs, a line each."""
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line).rstrip()), format="{level} {message}")
    yield lines
    logger.remove(sink)


def elsewhere(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """How a script ends in a process of its own, on a machine without a desktop."""
    environment = {key: value for key, value in clean_environment(variables).items() if key not in DESKTOP}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )


def test_a_mail_arrives_as_it_was_written(monkeypatch: pytest.MonkeyPatch, logged: list[str]) -> None:
    with mailbox() as (url, arrived):
        monkeypatch.setenv(TARGETS, url)
        assert AlertsService().notify("DriftJob refusé", "rows < 10 & <b>drift</b>\nrun 5")
    assert arrived[0]["Subject"] == "DriftJob refusé"
    assert arrived[0]["To"] == "ops@example.org"
    text = arrived[0].get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines()[:2] == ["rows < 10 & <b>drift</b>", "run 5"]
    assert logged == []


def test_a_webhook_gets_title_and_message(monkeypatch: pytest.MonkeyPatch, logged: list[str]) -> None:
    with webhook() as (url, received):
        monkeypatch.setenv(TARGETS, url)
        assert AlertsService().notify("title é", "rows < 10\nrun 5")
    assert [(got["title"], got["message"]) for got in received] == [("title é", "rows < 10\nrun 5")]
    assert logged == []


def test_a_notification_holds_no_secret_not_even_of_its_own_target(monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as (url, received):
        monkeypatch.setenv(TARGETS, f"{url}?+X-Key=canary-4711")
        AlertsService().notify("read https://u:canary@h/x?sig=canary", "refused: canary-4711")
    assert [(got["title"], got["message"]) for got in received] == [
        ("read https://h/x", "refused: env:MXT_ALERTS_TARGETS")
    ]


def test_one_variable_can_hold_two_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    with mailbox() as (mail, arrived), webhook() as (hook, received):
        monkeypatch.setenv(TARGETS, f"{mail} {hook}")
        assert AlertsService().notify("title", "message")
    assert arrived[0]["Subject"] == received[0]["title"] == "title"


def test_targets_come_from_every_variable_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as (first, to_ops), webhook() as (second, to_legal):
        monkeypatch.setenv("OPS", first)
        monkeypatch.setenv("LEGAL", second)
        assert AlertsService(targets=("env:OPS", "env:LEGAL")).notify("title", "message")
    assert len(to_ops) == len(to_legal) == 1


@pytest.mark.parametrize("dead_first", [True, False])
def test_a_dead_target_does_not_keep_the_next_from_being_told(
    dead_first: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
    logged: list[str],
) -> None:
    with webhook() as (url, received):
        targets = [f"json://127.0.0.1:{closed_port()}", url]
        monkeypatch.setenv(TARGETS, " ".join(targets if dead_first else reversed(targets)))
        assert AlertsService().notify("title", "message"), "someone was reached"
    assert len(received) == 1
    assert logged == [f"WARNING Alert targets number [{1 if dead_first else 2}] were not reached."]


@pytest.mark.parametrize("how", MISBEHAVIOURS)
def test_whatever_a_target_does_it_costs_no_more_than_the_deadline_and_keeps_no_other_from_news(
    how: str, monkeypatch: pytest.MonkeyPatch, logged: list[str]
) -> None:
    monkeypatch.setattr(deadlines, "SECONDS", 1.0)
    begun = time.monotonic()
    with misbehaving(how) as (host, asked), webhook() as (url, received):
        monkeypatch.setenv(TARGETS, f"json://{host} {url} json://{host}/again")
        assert AlertsService().notify("title", "message")
    assert time.monotonic() - begun < 5
    assert len(received) == 1
    late = how in {"silent", "dripping", "dripping headers"}
    assert logged == (
        ["WARNING Alert targets number [1, 3] did not answer after 1.0 s."]
        if late
        else ["WARNING Alert targets number [1, 3] were not reached."]
    )
    requests = b"".join(asked).count(b" HTTP/1.1\r\n")
    assert requests == (0 if how == "silent" else 2), "no redirect is followed: it would get the tokens"


def test_switched_off_nothing_is_sent(monkeypatch: pytest.MonkeyPatch, logged: list[str]) -> None:
    monkeypatch.setenv("DISPLAY", ":nonsense")
    with webhook() as (url, received):
        monkeypatch.setenv(TARGETS, url)
        assert not AlertsService(enable=False).notify("title", "message")
    assert received == []
    assert logged == []


def test_without_a_desktop_plyer_is_not_even_imported() -> None:
    ended = elsewhere(NOTIFY)
    assert ended.stdout == "False False\n"
    assert ended.stderr == ""


@pytest.mark.parametrize("name", DESKTOP)
def test_a_broken_desktop_is_logged_in_one_line(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    logged: list[str],
    recwarn: pytest.WarningsRecorder,
) -> None:
    monkeypatch.setenv(name, "nonsense")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not AlertsService().notify("title", "message")
    assert len(logged) == 1
    assert logged[0].startswith("WARNING The notification was not sent (")
    assert [str(warning.message) for warning in recwarn if warning.category is UserWarning] == []


def test_a_broken_desktop_does_not_keep_targets_from_being_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", "nonsense")
    monkeypatch.setenv("PATH", str(tmp_path))
    with webhook() as (url, received):
        monkeypatch.setenv(TARGETS, url)
        assert AlertsService().notify("title", "message")
    assert len(received) == 1


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (f"json://user:{CANARY}@127.0.0.1:{{closed}}/{CANARY}?+X-Token={CANARY}", [MISSED]),
        (f"mailto://user:{CANARY}@127.0.0.1:{{closed}}?from=a@example.org&to=b@example.org", [MISSED]),
        (f"json://user:{CANARY}@127.0.0.1:99999/{CANARY}", [MISSED]),
        (f"json://user:{CANARY}@{{failing}}/{CANARY}", [MISSED]),
        (f"nosuch://user:{CANARY}@example.org/{CANARY}", [UNKNOWN, MISSED]),
        (f"slack://{CANARY}", [UNKNOWN, MISSED]),
        (f"tgram://{CANARY}/x", [UNKNOWN, MISSED]),
        (CANARY, [UNKNOWN, MISSED]),
    ],
    ids=[
        "webhook down",
        "mail server down",
        "no such port",
        "HTTP 500",
        "no such scheme",
        "no channel",
        "no token",
        "no URL",
    ],
)
def test_a_target_that_is_not_reached_is_told_without_its_secrets(
    target: str,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    logged: list[str],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with answering(500) as (failing, asked):
        monkeypatch.setenv(TARGETS, target.format(closed=closed_port(), failing=failing))
        assert AlertsService().notify("title", "message") is False
    assert logged == told
    out, err = capfd.readouterr()
    assert CANARY not in out + err + caplog.text
    assert len(asked) == ("failing" in target)


def test_a_named_variable_that_is_not_set_is_told(logged: list[str]) -> None:
    assert AlertsService(targets=("env:OPS",)).notify("title", "message") is False
    assert logged == ["WARNING The alert target OPS is not set in the environment."]


@pytest.mark.parametrize("value", [None, "", "  "])
def test_the_variable_that_no_config_named_may_be_unset(
    value: str | None, monkeypatch: pytest.MonkeyPatch, logged: list[str]
) -> None:
    if value is not None:
        monkeypatch.setenv(TARGETS, value)
    assert AlertsService().notify("title", "message") is False
    assert logged == []


@pytest.mark.parametrize(
    "target", ["json://127.0.0.1:8099", f"mailtos://user:{CANARY}@example.org", "env:", "env:1", TARGETS]
)
def test_a_config_names_variables_and_never_targets(target: str) -> None:
    with pytest.raises(ValidationError, match="should match pattern"):
        AlertsService(targets=(target,))


def test_without_apprise_the_log_holds_the_install_command() -> None:
    without = "import sys; sys.modules['apprise'] = None"
    ended = elsewhere(without + NOTIFY, MXT_ALERTS_TARGETS="json://127.0.0.1")
    assert ended.stdout == "False False\n"
    told = "The notification was not sent: apprise is not installed; run: pip install 'mxt[alerts]'\n"
    assert ended.stderr.endswith(f"WARNING {told}")
    assert ended.stderr.count("\n") == 1
