"""An output that is not whole yet: its finished parts, kept beside it, so that a job can go on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import socket
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mxt.datasets.tables import from_ipc, to_ipc
from mxt.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pyarrow as pa

TABLE = "arrow"
"""Suffix of a part's table."""

ROWS = "rows"
"""Suffix of the digests of the rows that a part was made of."""


@dataclass(frozen=True)
class Staging:
    """A folder with the files of each finished part, and a receipt that tells their digests.

    A receipt is written last, and each file takes its name when it is whole, so what a receipt tells of
    is there. Parts of another config or model are of another `key`, and are thrown away. Parts of another
    `state` of the table are kept, and count again if their rows turn out to be the same.
    """

    folder: Path
    key: str
    """What the parts depend on beside the rows, as text."""
    state: str
    """What the rows come from, and when that changed, as text."""
    run: str = ""
    """What tells this run from all others, if the state may stay when the rows change; else empty."""
    plan: str = ""
    """What was settled before the first part, on which parts depend too; empty if nothing was."""

    @contextlib.contextmanager
    def held(
        self, share: str = "", *, fresh: bool = False, settle: Callable[[], str] | None = None
    ) -> Iterator[Staging]:
        """Hold the folder; no other run may work on the same share of the parts meanwhile.

        Args:
            share: Name of the share; the whole if empty.
            fresh: Whether to throw away what earlier runs have left; a share keeps what others may use.
            settle: Makes the plan, unless an earlier run with this key has left one. Where several shares
                make one at once, that of the first holds for all.

        Yields:
            The folder, and its plan.

        Raises:
            DataError: Another run holds it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "lock").touch()
        except OSError as error:
            msg = f"{self.folder}: cannot be written ({error.strerror})."
            raise DataError(msg) from error
        with self._locked("lock", shared=bool(share)), self._locked(f"lock-{share}") if share else _nothing():
            if fresh and not share:
                self._sweep(kept=set())
            try:
                settled = self if settle is None else replace(self, plan=self._settled(settle))
                if not share:
                    self._sweep(kept={self._plan_path.name, *(f"{part:08d}" for part in settled.finished())})
                yield settled
            finally:
                if not share and not any(self.folder.glob("*.json")):
                    self.clear()

    def keep(self, part: int, files: Mapping[str, pa.RecordBatch | bytes], facts: dict[str, Any]) -> None:
        """Keep the files of a part by their suffix, and then its receipt."""
        digests = {}
        for suffix, content in files.items():
            found = content if isinstance(content, bytes) else to_ipc(content)
            self._write(f"{part:08d}.{suffix}", found)
            digests[suffix] = hashlib.sha256(found).hexdigest()
        self._sign({**facts, "key": self._key_digest, "digests": digests}, part, self._now)

    def whole(self) -> dict[int, dict[str, Any]]:
        """The receipts of the parts of this state whose files are as they were written, by number."""
        return self.current(self.finished())

    def current(self, finished: Mapping[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
        """Those receipts of finished parts that are of this state."""
        return {part: told for part, told in finished.items() if told.get("state") == self._now}

    def finished(self) -> dict[int, dict[str, Any]]:
        """The same, of this and of other states."""
        parts = sorted(int(path.stem) for path in self.folder.glob("*.json") if path.stem.isdecimal())
        return {part: receipt for part in parts if (receipt := self.receipt(part)) is not None}

    def same(self, part: int, rows: bytes, columns: str) -> dict[str, Any] | None:
        """The receipt of a part if it was finished with the same rows; it is one of this state from now on.

        Its file `ROWS` must hold these `rows`, and its receipt tell of these `columns`.
        """
        receipt = self.receipt(part)
        if receipt is None or receipt.get("columns") != columns or self.content(part, ROWS) != rows:
            return None
        return self._sign(receipt, part, self._now)

    def doubt(self) -> None:
        """Let all parts be of no state, so that their rows are compared again."""
        for part, receipt in self.finished().items():
            self._sign(receipt, part, "")

    def receipt(self, part: int) -> dict[str, Any] | None:
        """The receipt of a part of this key, if its files are as they were written."""
        path = self.folder / f"{part:08d}.json"
        with contextlib.suppress(OSError, ValueError, KeyError):
            receipt: dict[str, Any] = json.loads(path.read_bytes())
            told = receipt["digests"].items()
            same = receipt["key"] == self._key_digest
            if same and all(self._digest(path, suffix) == digest for suffix, digest in told):
                return receipt
        return None

    def forget(self, parts: Iterable[int]) -> None:
        """Throw away the receipts of parts, so that they are worked on again."""
        for part in parts:
            (self.folder / f"{part:08d}.json").unlink(missing_ok=True)

    @property
    def _key_digest(self) -> str:
        return _digest(f"{self.key}{self.plan}")

    @property
    def _plan_path(self) -> Path:
        return self.folder / f"plan-{_digest(self.key + self.state)[:16]}"

    def _settled(self, settle: Callable[[], str]) -> str:
        """The plan of the first run that wrote one, whole; a link to a name that is taken fails."""
        path = self._plan_path
        if not path.exists():
            new = f"{path.name}.{socket.gethostname()}.{os.getpid()}"
            self._write(new, settle().encode())
            with contextlib.suppress(FileExistsError):
                os.link(self.folder / new, path)
            (self.folder / new).unlink()
        return path.read_text(encoding="utf-8")

    @property
    def _now(self) -> str:
        return _digest(f"{self.state}{self.run}")

    def _sign(self, receipt: dict[str, Any], part: int, state: str) -> dict[str, Any]:
        signed = {**receipt, "state": state}
        self._write(f"{part:08d}.json", json.dumps(signed, sort_keys=True).encode())
        return signed

    def content(self, part: int, suffix: str) -> bytes:
        """A file of a part."""
        return (self.folder / f"{part:08d}.{suffix}").read_bytes()

    def tables(self, parts: Iterable[int]) -> Iterator[pa.RecordBatch]:
        """The tables of parts, in the order asked for."""
        for part in parts:
            yield from_ipc(self.content(part, TABLE))

    def clear(self) -> None:
        """Throw everything away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _sweep(self, kept: set[str]) -> None:
        """Throw away all files but locks and those whose names start as one `kept`."""
        for path in self.folder.iterdir():
            stem = path.name.partition(".")[0]
            if not path.name.startswith("lock") and (stem not in kept or path.suffix == ".new"):
                path.unlink()

    @contextlib.contextmanager
    def _locked(self, name: str, *, shared: bool = False) -> Iterator[None]:
        """Hold a lock file; the system lets go of it when the process ends, however it does."""
        with (self.folder / name).open("a+") as file:
            if not _lock(file, shared=shared):
                msg = f"{self.folder}: another run works on this output ({', '.join(self._holders())})."
                raise DataError(msg)
            if not shared:
                now = datetime.now(UTC).isoformat(timespec="seconds")
                told = f"process {os.getpid()} on {socket.gethostname()} since {now}\n"
                with contextlib.suppress(OSError):  # it holds on a full disk too, untold
                    file.truncate(0)
                    os.write(file.fileno(), told.encode())
            yield

    def _holders(self) -> list[str]:
        """Who holds the locks, in their own words."""
        held = []
        for path in sorted(self.folder.glob("lock*")):
            with path.open("r+") as file:
                if not _lock(file, shared=True):
                    held.append(file.read().strip())
        return held

    def _write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        new = path.with_name(f"{name}.{secrets.token_hex(8)}.new")  # process numbers repeat among machines
        try:
            new.write_bytes(content)
            new.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                new.unlink()
            msg = f"{path}: cannot be written ({error.strerror}); the previous output is untouched."
            raise DataError(msg) from error

    def _digest(self, receipt: Path, suffix: str) -> str:
        with receipt.with_suffix(f".{suffix}").open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _lock(file: IO[str], *, shared: bool) -> bool:
    """Whether the file could be locked; where the system has no such locks, every run may go on."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@contextlib.contextmanager
def _nothing() -> Iterator[None]:
    yield
