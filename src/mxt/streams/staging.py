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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mxt.datasets.tables import from_ipc, to_ipc
from mxt.errors import DataError
from mxt.streams.locks import locked

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
    is there. The name of a file holds its digest, so that a process of an earlier run that has not ended
    yet overwrites none that a receipt of this run tells of. Parts of another config or model are of another
    `key`, and are thrown away. Parts of another `state` of the table are kept, and count again if their
    rows turn out to be the same.
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
    earlier: str = ""
    """The key that the same parts had in the form of an earlier release, if they count; else empty."""

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
        with contextlib.ExitStack() as held:
            held.enter_context(locked(self.folder, "lock", shared=bool(share)))
            if share:
                held.enter_context(locked(self.folder, f"lock-{share}"))
            if fresh and not share:
                self._sweep(kept=set())
            try:
                settled = self if settle is None else replace(self, plan=self._settled(settle))
                if not share:
                    kept = (f"{part:08d}" for part in settled.parts() if settled.told(part) is not None)
                    self._sweep({self._plan_path.name, *kept})
                yield settled
            finally:
                if not share:
                    self._let_go()

    def keep(
        self, part: int, files: Mapping[str, pa.RecordBatch | bytes], facts: dict[str, Any]
    ) -> dict[str, Any]:
        """Keep the files of a part by their suffix, and then its receipt, which is returned."""
        digests = {}
        for suffix, content in files.items():
            found = content if isinstance(content, bytes) else to_ipc(content)
            digests[suffix] = hashlib.sha256(found).hexdigest()
            self._write(_name(part, digests[suffix], suffix), found)
        receipt = {**facts, "part": part, "key": self._key_digest, "digests": digests}
        return self._sign(receipt, self._now)

    def parts(self) -> list[int]:
        """The numbers of all parts that have a receipt, of whatever key."""
        return sorted(int(path.stem) for path in self.folder.glob("*.json") if path.stem.isdecimal())

    def current(self, finished: Mapping[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
        """Those receipts of finished parts that are of this state."""
        return {part: told for part, told in finished.items() if told.get("state") == self._now}

    def finished(self) -> dict[int, dict[str, Any]]:
        """The receipts of the parts of this key whose files are as they were written, by number."""
        return {part: receipt for part in self.parts() if (receipt := self.receipt(part)) is not None}

    def same(self, part: int, rows: bytes, columns: str) -> dict[str, Any] | None:
        """The receipt of a part if it was finished with the same rows; it is one of this state from now on.

        Its file `ROWS` must hold these `rows`, and its receipt tell of these `columns`.
        """
        receipt = self.receipt(part)
        if receipt is None or receipt.get("columns") != columns or self.content(receipt, ROWS) != rows:
            return None
        return self._sign(receipt, self._now)

    def doubt(self) -> None:
        """Let all parts be of no state, so that their rows are compared again."""
        for part in self.parts():
            receipt = self.told(part)
            if receipt is not None:
                self._sign(receipt, "")

    def receipt(self, part: int) -> dict[str, Any] | None:
        """The receipt of a part of this key, if its files are as they were written."""
        receipt = self.told(part)
        with contextlib.suppress(OSError):
            if receipt is not None and all(
                self._digest(_name(part, digest, suffix)) == digest
                for suffix, digest in receipt["digests"].items()
            ):
                return receipt
        return None

    def told(self, part: int) -> dict[str, Any] | None:
        """The receipt of a part, if it is of this key; its files are not looked at."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            receipt: dict[str, Any] = json.loads((self.folder / f"{part:08d}.json").read_bytes())
            if receipt["key"] in self._key_digests:
                return receipt
        return None

    def forget(self, parts: Iterable[int]) -> None:
        """Throw away the receipts of parts, so that they are worked on again.

        Without any, the folder goes when it is let go of.
        """
        for part in parts:
            (self.folder / f"{part:08d}.json").unlink(missing_ok=True)

    @property
    def _key_digest(self) -> str:
        return _digest(f"{self.key}{self.plan}")

    @property
    def _key_digests(self) -> set[str]:
        """Those of the parts that count."""
        return {_digest(f"{key}{self.plan}") for key in (self.key, self.earlier) if key}

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

    def _sign(self, receipt: dict[str, Any], state: str) -> dict[str, Any]:
        signed = {**receipt, "state": state}
        self._write(f"{receipt['part']:08d}.json", json.dumps(signed, sort_keys=True).encode())
        return signed

    def content(self, receipt: Mapping[str, Any], suffix: str) -> bytes:
        """A file of a part, by its receipt; empty if it has none with this suffix."""
        digest = receipt["digests"].get(suffix)
        return b"" if digest is None else (self.folder / _name(receipt["part"], digest, suffix)).read_bytes()

    def tables(self, receipts: Iterable[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
        """The tables of parts, in the order of their receipts."""
        for receipt in receipts:
            yield from_ipc(self.content(receipt, TABLE))

    def _let_go(self) -> None:
        """Throw away what nobody will ask for: all without a finished part, else files that are half written.

        A worker that was stopped may have left one, which would take room on a disk that is full.
        """
        if not self.parts():
            self._remove()
            return
        for path in self.folder.glob("*.new"):
            path.unlink(missing_ok=True)

    def _remove(self) -> None:
        """Throw everything away, under another name: this one may be another run's at once."""
        gone = self.folder.with_name(f"{self.folder.name}.{secrets.token_hex(8)}.old")
        with contextlib.suppress(OSError):
            self.folder.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)

    def _sweep(self, kept: set[str]) -> None:
        """Throw away all files but locks and those whose names start as one `kept`."""
        for path in self.folder.iterdir():
            stem = path.name.partition(".")[0]
            if not path.name.startswith("lock") and (stem not in kept or path.suffix == ".new"):
                path.unlink(missing_ok=True)

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

    def _digest(self, name: str) -> str:
        with (self.folder / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _name(part: int, digest: str, suffix: str) -> str:
    return f"{part:08d}.{digest[:16]}.{suffix}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
