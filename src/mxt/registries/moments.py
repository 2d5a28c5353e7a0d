"""Moments in UTC, and as texts with whole seconds, such as 2026-11-21T20:15:00Z (RFC 3339)."""

from __future__ import annotations

from datetime import UTC, datetime

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """A moment as text; fractions of a second are cut off."""
    return moment.astimezone(UTC).strftime(_FORM)


def from_text(text: str) -> datetime:
    """The moment that `to_text` wrote.

    Raises:
        ValueError: The text has another form.
    """
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)


def from_milliseconds(milliseconds: int) -> datetime:
    """The moment that MLflow stores as milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
