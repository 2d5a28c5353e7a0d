"""Alerts: notify people of how a job ended; a notification that fails never changes how the job ends."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from functools import partial
from typing import TYPE_CHECKING, Annotated, ParamSpec, TypeVar

from loguru import logger
from pydantic import Field

from mxt.configs import Secret
from mxt.datasets.deadlines import at_once
from mxt.errors import MissingExtraError
from mxt.redaction import remember, shown
from mxt.services.base import Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from apprise import Apprise

P = ParamSpec("P")
T = TypeVar("T")

DEFAULT_TARGETS = "env:MXT_ALERTS_TARGETS"
_ASSET = {"http_redirects": False, "_service_timeout": 0.0}
"""Where a target redirects to would get the tokens in its headers; apprise's own limit leaves threads behind
that Python would wait for."""
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
        """Send a notification, and return whether it reached anyone; failures are logged, never raised.

        Desktop and targets are notified at the same time, and all of them together have one deadline.
        """
        if not self.enable:
            return False
        targets = self._safely(self._targets) or []
        title, message = shown(title), shown(message)  # the targets' own secrets are known by now
        sends: list[Callable[[str, str], bool]] = [self._send_desktop]
        sends += [partial(_send, target) for target in targets]
        answers, seconds = at_once([partial(self._safely, send, title, message) for send in sends])
        if 0 not in answers:
            logger.warning("The desktop did not answer after {:.1f} s.", seconds)
        numbers = range(1, len(sends))
        if late := [number for number in numbers if number not in answers]:
            logger.warning("Alert targets number {} did not answer after {:.1f} s.", late, seconds)
        if missed := [number for number in numbers if not answers.get(number, True)]:
            logger.warning("Alert targets number {} were not reached.", missed)
        return any(answers.values())

    def _safely(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What some work gives; None if it failed, which is logged."""
        try:
            return work(*args, **kwargs)
        except MissingExtraError as error:
            logger.warning("The notification was not sent: {}", error)
        except Exception as error:  # noqa: BLE001 - no failure of a notification may change a job's result
            logger.warning("The notification was not sent ({}).", type(error).__name__)
        return None

    def _send_desktop(self, title: str, message: str) -> bool:
        if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in _DESKTOP):
            return False
        from plyer import notification

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notification.notify(
                title=title[:64], message=message[:256], app_name=self.app_name, timeout=self.timeout
            )
        return True

    def _targets(self) -> list[Apprise]:
        """One sender for each target; of none, apprise is not imported."""
        urls = [url for name in self.targets for url in self._urls(name)]
        if not urls:
            return []
        try:
            import apprise
        except ImportError as error:
            library, extra = "apprise", "alerts"
            raise MissingExtraError(library, extra) from error
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would log URLs with their secrets
        asset = apprise.AppriseAsset(app_id=self.app_name)
        for name, value in _ASSET.items():
            setattr(asset, name, value)
        senders = [apprise.Apprise(asset=asset) for _ in urls]
        added = [sender.add(url) for sender, url in zip(senders, urls, strict=True)]
        if not all(added):
            unknown = [number for number, known in enumerate(added, start=1) if not known]
            logger.warning("Alert targets number {} are not URLs that apprise knows.", unknown)
        return senders

    def _urls(self, target: str) -> list[str]:
        name = target.removeprefix("env:")
        if name not in os.environ and target != DEFAULT_TARGETS:
            logger.warning("The alert target {} is not set in the environment.", name)
        urls = os.environ.get(name, "")
        remember(name, urls)
        return urls.split()


def _send(target: Apprise, title: str, message: str) -> bool:
    import apprise

    text = apprise.NotifyFormat.TEXT  # or a mail would take < and > for HTML
    return bool(target.notify(title=title, body=message, body_format=text))
