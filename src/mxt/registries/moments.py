"""Moments as text: UTC, whole seconds, as in 2026-11-21T20:15:00Z (RFC 3339)."""

from __future__ import annotations

from datetime import UTC, datetime

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """The moment as text; parts of a second are left out."""
    return moment.astimezone(UTC).strftime(_FORM)


def from_text(text: str) -> datetime:
    """The moment of `to_text`.

    Raises:
        ValueError: The text has another form.
    """
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)


def from_milliseconds(milliseconds: int) -> datetime:
    """The moment that MLflow tells as milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
