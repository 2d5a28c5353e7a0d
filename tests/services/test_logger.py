"""Logs go to the standard error stream and to a file, and never show what variables held."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from loguru import logger
from pydantic import ValidationError

from mxt.errors import ServiceError
from mxt.services import LoggerService

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "canary-4711"
LINE = "0123456789" * 10


@pytest.fixture(autouse=True)
def _silent_after() -> Iterator[None]:
    yield
    logger.remove()


def write(service: LoggerService, *lines: str) -> None:
    service.start()
    for line in lines:
        service.logger().info(line)
    service.stop()


def fail(secret: str) -> None:
    """Fail where a variable holds a secret."""
    try:
        int(secret[:0])
    except ValueError:
        logger.exception("a step failed")


def in_folder(folder: Path) -> list[str]:
    """The lines of all logs in a folder, oldest first."""
    files = sorted(folder.iterdir(), key=lambda path: (path.name == "mxt.log", path.name))
    return [line.split()[-1] for path in files for line in path.read_text().splitlines()]


def test_text_has_time_level_and_message_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    write(LoggerService(), "read inputs: 0.1 s")
    out, err = capfd.readouterr()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO    read inputs: 0\.1 s\n", err)
    assert out == ""


def test_a_name_of_a_megabyte_is_cut(capfd: pytest.CaptureFixture[str]) -> None:
    write(LoggerService(), f"the row {'7' * 1_000_000} is new")
    line = capfd.readouterr().err
    assert len(line) < 600
    assert line.endswith(" is new\n")


def test_json_is_one_object_a_line_whatever_the_message_holds(capfd: pytest.CaptureFixture[str]) -> None:
    message = 'two\nlines, "quotes", {braces}, é and <red>'
    write(LoggerService(format="json"), message, "next")
    out, err = capfd.readouterr()
    records = [json.loads(line)["record"] for line in err.splitlines()]
    assert [(record["level"]["name"], record["message"]) for record in records] == [
        ("INFO", message),
        ("INFO", "next"),
    ]
    assert out == ""


@pytest.mark.parametrize(
    ("level", "kept"),
    [
        ("DEBUG", ["DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR"]),
        ("INFO", ["INFO", "SUCCESS", "WARNING", "ERROR"]),
        ("SUCCESS", ["SUCCESS", "WARNING", "ERROR"]),
        ("WARNING", ["WARNING", "ERROR"]),
        ("ERROR", ["ERROR"]),
    ],
)
def test_the_level_is_the_least_severe_that_is_written(
    level: Any, kept: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    service = LoggerService(level=level, file=str(tmp_path / "mxt.log"))
    service.start()
    for name in ("DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR"):
        logger.log(name, name)
    service.stop()
    assert [line.split()[-1] for line in capfd.readouterr().err.splitlines()] == kept
    assert in_folder(tmp_path) == kept


def test_a_relative_file_lies_under_the_projects_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    config = '{"file": "logs/mxt.log"}'
    write(LoggerService.model_validate_json(config, context={"root": str(tmp_path)}), "hello")
    assert (tmp_path / "logs" / "mxt.log").read_text().endswith("hello\n")
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("name", ["{time}.log", "{x}.log", "{", "a b é%20.log"])
def test_a_file_is_named_as_it_is_written(name: str, tmp_path: Path) -> None:
    write(LoggerService(file=str(tmp_path / name)), "hello")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_is_added_to_and_never_emptied(tmp_path: Path) -> None:
    for line in ("first", "second"):
        write(LoggerService(file=str(tmp_path / "mxt.log")), line)
    assert in_folder(tmp_path) == ["first", "second"]


def test_rotation_bounds_each_file_and_loses_no_line(tmp_path: Path) -> None:
    lines = [f"{LINE}{number}" for number in range(30)]
    write(LoggerService(file=str(tmp_path / "mxt.log"), rotation="1 KB"), *lines)
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) > 3
    assert max(sizes) <= 1000
    assert in_folder(tmp_path) == lines


@pytest.mark.parametrize("retention", [1, 2])
def test_retention_keeps_that_many_files_and_the_newest_lines(retention: int, tmp_path: Path) -> None:
    lines = [f"{LINE}{number}" for number in range(30)]
    write(LoggerService(file=str(tmp_path / "mxt.log"), rotation="1 KB", retention=retention), *lines)
    assert len(list(tmp_path.iterdir())) == retention
    kept = in_folder(tmp_path)
    assert kept == lines[-len(kept) :]


@pytest.mark.parametrize("unwritable", ["folder", "file/mxt.log"])
def test_a_file_that_cannot_be_written_is_a_service_error(
    unwritable: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("a file where a folder should be")
    service = LoggerService(file=str(tmp_path / unwritable))
    with pytest.raises(ServiceError, match=rf"The log file {tmp_path / unwritable} cannot be written \(.+\)"):
        service.start()
    service.stop()
    logger.error("after the failure")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("url", ["s3://bucket/mxt.log", "https://example.org/mxt.log", "env:NAME", ""])
def test_a_log_is_not_written_to_a_url(url: str) -> None:
    with pytest.raises(ValidationError):
        LoggerService(file=url)


@pytest.mark.parametrize("path", ["/var/log/a:b.log", "./a:b.log", "../logs/12:30.log"])
def test_a_path_may_hold_a_colon(path: str, tmp_path: Path) -> None:
    service = LoggerService.model_validate_json(json.dumps({"file": path}), context={"root": str(tmp_path)})
    assert Path(service.file or "") == (tmp_path / path).resolve()


@pytest.mark.parametrize("form", ["text", "json"])
def test_tracebacks_show_no_values(form: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    service = LoggerService(format=form, level="DEBUG", file=str(tmp_path / "mxt.log"))
    service.start()
    fail(CANARY)
    service.stop()
    written = capfd.readouterr().err, (tmp_path / "mxt.log").read_text()
    for text in written:
        assert "int(secret[:0])" in text
        assert CANARY not in text


@pytest.mark.parametrize("form", ["text", "json"])
def test_lines_and_the_texts_of_errors_hold_no_secret(
    form: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    service = LoggerService(format=form, file=str(tmp_path / "mxt.log"))
    service.start()
    logger.warning("read {}", f"https://u:{CANARY}@h/x?sig={CANARY}")
    try:
        try:
            int(f"x://u:{CANARY}@h")
        except ValueError as error:
            msg = f"password={CANARY}"
            raise RuntimeError(msg) from error
    except RuntimeError:
        logger.exception("a step failed")
    service.stop()
    for text in (capfd.readouterr().err, (tmp_path / "mxt.log").read_text()):
        assert "read https://h/x" in text
        assert "RuntimeError: password=***" in text
        assert CANARY not in text


def test_stopped_it_writes_no_more(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    service = LoggerService(file=str(tmp_path / "mxt.log"))
    write(service, "before")
    logger.error("after")
    service.stop()
    assert in_folder(tmp_path) == ["before"]
    assert "after" not in capfd.readouterr().err


def test_a_job_within_a_job_can_stop_in_any_order(capfd: pytest.CaptureFixture[str]) -> None:
    outer, inner = LoggerService(), LoggerService()
    outer.start()
    write(inner, "inner")
    outer.stop()
    assert capfd.readouterr().err.count("inner") == 1


@pytest.mark.parametrize("library", ["alembic", "mlflow"])
def test_libraries_tell_warnings_only(library: str) -> None:
    logging.getLogger(library).setLevel(logging.INFO)
    LoggerService(level="DEBUG").start()
    assert not logging.getLogger(library).isEnabledFor(logging.INFO)
    assert logging.getLogger(library).isEnabledFor(logging.WARNING)
