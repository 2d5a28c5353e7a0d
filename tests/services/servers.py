"""Servers on loopback: one that answers all alike, ones that misbehave, one for mail, and a dead port."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
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


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
MISBEHAVIOURS: dict[str, tuple[bytes, bytes]] = {
    "silent": (b"", b""),
    "dripping": (HEAD, b"{" + b" " * 999),
    "dripping headers": (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 1000),
    "busy": (b"HTTP/1.1 429 Later\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n", b""),
    "redirecting": (b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n", b""),
    "to a file": (b"HTTP/1.1 302 Found\r\nLocation: file:///etc/hosts\r\nContent-Length: 0\r\n\r\n", b""),
    "no HTTP": (b"\x00\xff" * 500, b""),
    "cut off": (HEAD + b"{", b""),
}
"""What a server sends at once to each request, and what it sends then, a byte each twentieth of a second."""


@contextmanager
def misbehaving(how: str) -> Iterator[tuple[str, list[bytes]]]:
    """``host:port`` of a server that does as `MISBEHAVIOURS` says, and the requests that it has read."""
    asked: list[bytes] = []
    at_once, later = MISBEHAVIOURS[how]
    over = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if how == "silent":
                over.wait()
                return
            while request := connection.recv(1 << 16):
                asked.append(request)
                connection.sendall(at_once)
                for byte in b"" if request.startswith(b"HEAD ") else later:
                    if over.wait(0.05):
                        return
                    connection.sendall(bytes([byte]))
                if how in {"no HTTP", "cut off"}:
                    return

    def serve(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            over.set()
            server.shutdown(socket.SHUT_RDWR)


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
