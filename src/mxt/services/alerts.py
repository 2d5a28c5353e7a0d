"""Alerts: notify people of how a job ended; a notification that fails never changes how the job ends."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import TYPE_CHECKING, Annotated

from loguru import logger
from pydantic import Field

from mxt.configs import Secret
from mxt.errors import MissingExtraError
from mxt.redaction import remember, shown
from mxt.services.base import Service

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_TARGETS = "env:MXT_ALERTS_TARGETS"
_DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")


class AlertsService(Service):
    """Notifies the desktop, if there is one, and the targets that the environment names.

    Targets are apprise URLs, such as ``mailtos://user:password@smtp.example.org?to=ops@example.org``,
    ``slack://...`` or ``json://...``; they hold secrets, so they come from environment variables only.
    """

    enable: bool = True
    """Whether to notify at all."""

    app_name: str = "MXT"
    """Name of the sender of notifications."""

    timeout: Annotated[int, Field(ge=1)] = 10
    """Seconds that a desktop notification stays."""

    targets: tuple[Secret, ...] = (DEFAULT_TARGETS,)
    """Environment variables, each of which holds apprise URLs separated by spaces."""

    def start(self) -> None:
        """Do nothing: each notification opens a connection of its own."""

    def stop(self) -> None:
        """Do nothing: each notification closes its connection."""

    def notify(self, title: str, message: str) -> bool:
        """Send a notification, and return whether it reached anyone; failures are logged, never raised."""
        if not self.enable:
            return False
        reached = [self._safely(send, title, message) for send in (self._send_desktop, self._send_targets)]
        return any(reached)

    def _safely(self, send: Callable[[str, str], bool], title: str, message: str) -> bool:
        try:
            return send(title, message)
        except MissingExtraError as error:
            logger.warning("The notification was not sent: {}", error)
        except Exception as error:  # noqa: BLE001 - no failure of a notification may change a job's result
            logger.warning("The notification was not sent ({}).", type(error).__name__)
        return False

    def _send_desktop(self, title: str, message: str) -> bool:
        if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in _DESKTOP):
            return False
        from plyer import notification

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notification.notify(
                title=shown(title)[:64],
                message=shown(message)[:256],
                app_name=self.app_name,
                timeout=self.timeout,
            )
        return True

    def _send_targets(self, title: str, message: str) -> bool:
        urls = [url for name in self.targets for url in self._urls(name)]
        if not urls:
            return False
        try:
            import apprise
        except ImportError as error:
            library, extra = "apprise", "alerts"
            raise MissingExtraError(library, extra) from error
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would log URLs with their secrets
        senders = [apprise.Apprise(asset=apprise.AppriseAsset(app_id=self.app_name)) for _ in urls]
        added = [sender.add(url) for sender, url in zip(senders, urls, strict=True)]
        if not all(added):
            unknown = [number for number, known in enumerate(added, start=1) if not known]
            logger.warning("Alert targets number {} are not URLs that apprise knows.", unknown)
        text = apprise.NotifyFormat.TEXT  # or a mail would take < and > for HTML
        reached = [bool(sender.notify(shown(message), shown(title), body_format=text)) for sender in senders]
        if not all(reached):
            logger.warning("Of {} alert targets, at least one was not reached.", len(urls))
        return any(reached)

    def _urls(self, target: str) -> list[str]:
        name = target.removeprefix("env:")
        if name not in os.environ and target != DEFAULT_TARGETS:
            logger.warning("The alert target {} is not set in the environment.", name)
        urls = os.environ.get(name, "")
        remember(name, urls)
        return urls.split()
