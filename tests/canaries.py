"""Services on loopback that want secrets, and the search for the word that each of these secrets holds."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

WORD = "kanarienvogel"
FORMS = [WORD, *(base64.b64encode(b"x" * pad + WORD.encode())[4:-4].decode() for pad in range(3))]
"""The word as it is, and as it stands within Base64."""
POSTGRES = Path("/usr/lib/postgresql")


def canary(name: str) -> str:
    """A secret that holds the word, and signs that URLs give a meaning."""
    return f"{WORD}-{name}/7@:%x&y=z"


def found(files: Iterable[Path]) -> list[str]:
    """The files that hold the word, with what surrounds it."""
    hits = []
    for file in files:
        content = file.read_bytes() if file.is_file() else b""
        for form in FORMS:
            place = content.find(form.encode())
            if place >= 0:
                hits.append(f"{file}: {content[max(0, place - 80) : place + 80]!r}")
    return hits


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
    return port


def _listening(port: int, process: subprocess.Popen[bytes], seconds: float = 90) -> None:
    """Wait until a process listens."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, "the service has ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the service does not listen")


@contextlib.contextmanager
def _running(words: list[str], port: int, log: Path, **options: object) -> Iterator[None]:
    """A service in a process of its own, which ends with the block."""
    with log.open("wb") as file:
        process = subprocess.Popen(words, stdout=file, stderr=file, **options)  # type: ignore[call-overload] # any options
        try:
            _listening(port, process)
            yield
        finally:
            process.terminate()
            process.wait(20)


@contextlib.contextmanager
def postgres(folder: Path, password: str) -> Iterator[int]:
    """The port of a PostgreSQL server whose user `reader` has a password; skipped where there is none."""
    programs = max(POSTGRES.glob("*/bin"), default=None)
    if programs is None:
        pytest.skip(f"there is no PostgreSQL in {POSTGRES}")
    user = "postgres" if os.name == "posix" and os.geteuid() == 0 else None
    folder.mkdir(mode=0o755)
    secret = folder / "password"
    secret.write_text(password)
    if user:
        shutil.chown(folder, user)
        shutil.chown(secret, user)
        for each in folder.parents:  # which the server's user must enter
            if each.owner() == "root" and len(each.parts) > 2:
                each.chmod(0o755)
    data, port = folder / "data", free_port()
    initialise = [str(programs / "initdb"), "-D", str(data), "-U", "reader", "-A", "scram-sha-256"]
    subprocess.run(
        [*initialise, f"--pwfile={secret}", "--no-sync"],
        check=True,
        capture_output=True,
        user=user,
        cwd=folder,
    )
    secret.unlink()
    words = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), "-F"]
    with _running([*words, "-h", "127.0.0.1"], port, folder.parent / "postgres.log", user=user, cwd=folder):
        yield port


@contextlib.contextmanager
def mlflow_server(folder: Path) -> Iterator[int]:
    """The port of an MLflow server that keeps its store and its artifacts in a folder."""
    folder.mkdir()
    port = free_port()
    words = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    words += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    words += ["--artifacts-destination", str(folder / "artifacts")]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with _running(words, port, folder / "server.log", env={**os.environ, **quiet}, cwd=folder):
        yield port


class _Handler(BaseHTTPRequestHandler):
    """Keeps what is sent; gives files to those who know the secrets."""

    files: Mapping[str, bytes] = {}
    login = signature = ""
    received: list[tuple[str, str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.received.append((self.path, str(self.headers), body))
        self.send_response(200)
        self.end_headers()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.received.append((self.path, str(self.headers), b""))
        login = base64.b64encode(self.login.encode()).decode()
        known = self.headers["Authorization"] == f"Basic {login}" or self.headers["X-Data-Key"] == self.login
        if not known or parse_qs(url.query).get("sig") != [self.signature]:
            self.send_error(403, f"no {self.path}")
            return
        content = self.files[url.path]
        first, _, last = (self.headers["Range"] or "bytes=0-").removeprefix("bytes=").partition("-")
        part = content[int(first) : int(last) + 1 if last else None]
        self.send_response(206 if self.headers["Range"] else 200)
        self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if self.command == "GET":
            with contextlib.suppress(ConnectionError):  # the reader has seen enough
                self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def web_server(
    files: Mapping[str, bytes], login: str, signature: str
) -> Iterator[tuple[int, list[tuple[str, str, bytes]]]]:
    """The port of a web server with files and a webhook, and the path, headers and body of each request."""
    received: list[tuple[str, str, bytes]] = []
    facts = {"files": files, "login": login, "signature": signature, "received": received}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), facts))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port, received
    finally:
        server.shutdown()
