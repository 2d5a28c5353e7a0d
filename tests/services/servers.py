"""Servers on loopback: one that answers all alike, one that takes mail, and a port where none listens."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage


def closed_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
    return port


@contextmanager
def answering(status: int, body: bytes = b"", promised: int | None = None) -> Iterator[tuple[str, list[str]]]:
    """``host:port`` of a web server with one answer to everything, and the paths of the requests.

    Args:
        status: The HTTP status of the answer.
        body: What it holds.
        promised: How long it says that it is; as long as it is if left out.
    """
    asked: list[str] = []
    length = str(len(body) if promised is None else promised)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.send_response(status)
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def do_HEAD(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", length)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def mailbox() -> Iterator[tuple[str, list[EmailMessage]]]:
    """An apprise URL that mails to a server on loopback, and the mails that arrive there."""
    arrived: list[EmailMessage] = []

    class Keeper:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - SMTP's
            arrived.append(message_from_bytes(envelope.content, policy=policy.default))
            return "250 OK"

    controller = Controller(Keeper(), hostname="127.0.0.1", port=closed_port())
    controller.start()
    try:
        yield f"mailto://127.0.0.1:{controller.port}?from=mxt@example.org&to=ops@example.org", arrived
    finally:
        controller.stop()
