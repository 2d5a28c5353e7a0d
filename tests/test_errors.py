"""Errors keep their class and message wherever they go, and memory that ran out is no bug."""

from __future__ import annotations

import errno
import os
import pickle

import pytest

from mxt.errors import (
    ConfigError,
    DataError,
    MissingExtraError,
    ModelError,
    MxtError,
    ServiceError,
    cut,
    full_disk_as_error,
    memory_as_error,
    missing,
    named,
    nearest,
    out_of_memory,
    restated,
)


def test_each_failure_has_an_exit_code_of_its_own() -> None:
    kinds = (ConfigError, DataError, ModelError, ServiceError, MissingExtraError)
    assert [kind.exit_code for kind in kinds] == [2, 3, 4, 5, 7]


def test_a_name_with_blanks_at_an_end_is_listed_in_quotes() -> None:
    assert [named(name) for name in (" >50K", "<=50K ", "Two year", "", 3)] == [
        "' >50K'",
        "'<=50K '",
        "Two year",
        "''",
        "3",
    ]


def test_a_wrong_name_is_near_the_known_name_that_it_resembles_most() -> None:
    assert nearest("tenuer", ["tender", "tenure"]) == "tenure"
    assert nearest("tenuer", ["price"]) == ""
    assert [nearest("Churned", ["churn"], cutoff) for cutoff in (0.6, 0.8)] == ["churn", ""]


def test_an_absent_package_is_named_by_the_command_that_installs_it() -> None:
    error = missing("x.csv: this kind of URL", "'mxt[s3]'")
    assert isinstance(error, MissingExtraError)
    assert str(error).endswith("needs a package that is not installed; run: pip install 'mxt[s3]'")


@pytest.mark.parametrize("error", [DataError("no rows"), MissingExtraError("LightGBM", "lightgbm")])
def test_a_pickled_error_keeps_its_class_and_message(error: MxtError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled in the line itself
    assert type(again) is type(error)
    assert str(again) == str(error)


def test_an_absent_library_is_reported_with_the_command_that_installs_it() -> None:
    message = str(MissingExtraError("LightGBM", "lightgbm"))
    assert message == "LightGBM is not installed; run: pip install 'mxt[lightgbm]'"


def test_an_error_is_restated_in_its_class_whatever_that_takes() -> None:
    again = restated(MissingExtraError, "part 3: LightGBM is not installed")
    assert isinstance(again, MissingExtraError)
    assert str(again) == "part 3: LightGBM is not installed"


@pytest.mark.parametrize(
    ("error", "ran_out"),
    [
        (MemoryError(), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("can't start new thread"), True),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (RuntimeError("bad argument"), False),
        (DataError("the column bad_alloc is missing"), False),
    ],
)
def test_memory_ran_out_whatever_library_says_so(error: Exception, ran_out: bool) -> None:  # noqa: FBT001 - a case
    assert out_of_memory(error) == ran_out
    raised: type[Exception] = ServiceError if ran_out else type(error)
    with pytest.raises(raised), memory_as_error():
        raise error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_service_error_that_names_the_file(number: int) -> None:
    full = OSError(number, os.strerror(number), "/from", None, "/to/model.ubj")
    named = pytest.raises(ServiceError, match=r"^/to/model.ubj: cannot be written \(.+\)\. Make room")
    with named, full_disk_as_error():
        raise full
    with pytest.raises(PermissionError), full_disk_as_error():
        raise PermissionError


def test_a_message_keeps_the_ends_of_what_is_too_long_to_read() -> None:
    error = DataError(f"The row {'7' * 1_000_000} has no age; give it one.")
    message = str(error)
    assert len(message) < 500
    assert message.startswith("The row 777")
    assert "[...]" in message
    assert message.endswith("has no age; give it one.")
    assert str(restated(DataError, f"part 3: {error}")) == f"part 3: {message}"


@pytest.mark.parametrize(
    ("message", "length"), [("a b " * 1_000_000, 2100), ("a\n" * 1_000_000, 500), ("x " * 1000, 2000)]
)
def test_a_message_has_an_end_whatever_it_is_made_of(message: str, length: int) -> None:
    assert len(cut(message)) <= length
    assert (cut(message) == message) == (len(message) <= length)
