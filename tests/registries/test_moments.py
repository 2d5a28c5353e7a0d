"""A moment is written in UTC with whole seconds, and read back the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mxt.registries import moments

EVENING = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)


def test_a_moment_of_any_zone_is_written_in_utc_and_read_back() -> None:
    text = moments.to_text(EVENING.astimezone(timezone(timedelta(hours=-7))))
    assert text == "2026-11-21T20:15:00Z"
    assert moments.from_text(text) == EVENING


def test_fractions_of_a_second_are_cut_off() -> None:
    assert moments.to_text(EVENING.replace(microsecond=999_999)) == "2026-11-21T20:15:00Z"


@pytest.mark.parametrize("text", ["2026-11-21", "2026-11-21T20:15:00+01:00", "2026-11-21T20:15:00.5Z", ""])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not match format"):
        moments.from_text(text)


def test_milliseconds_count_from_1970() -> None:
    assert moments.from_milliseconds(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert moments.from_milliseconds(86_400_500) == datetime(1970, 1, 2, 0, 0, 0, 500_000, tzinfo=UTC)


def test_now_is_in_utc() -> None:
    assert moments.now().utcoffset() == timedelta()
