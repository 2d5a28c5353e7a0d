"""Staging: the finished parts of an output, kept beside it until all are done, so that a job can go on."""

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
from typing import TYPE_CHECKING, cast

from mxt.datasets.tables import from_ipc, to_ipc
from mxt.errors import DataError
from mxt.streams.locks import locked
from mxt.streams.receipts import ROWS, TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pyarrow as pa

    from mxt.streams.receipts import KeptPart, PartFacts


@dataclass(frozen=True)
class Staging:
    """A folder with the files of each finished part, and a receipt with their digests.

    Each file gets its name once it is whole, and the receipt is written last: the files of a receipt are
    always there. A file's name holds its digest, so that a process of an earlier run that has not ended yet
    cannot overwrite files of this run. Parts with another `key`, of another config or model, are thrown away.
    Parts of another `state` of the table are kept, and count again if their rows turn out to be the same.
    """

    folder: Path
    key: str
    """What the parts depend on beside the rows, as text."""
    state: str
    """What the rows come from, and when that changed, as text."""
    run: str = ""
    """An identifier of this run, if the rows may change while `state` stays the same; else empty."""
    plan: str = ""
    """The plan settled before the first part, which the parts depend on too; empty if there is none."""
    earlier: str = ""
    """The key that an earlier release gave the same parts, if such parts count; else empty."""

    @contextlib.contextmanager
    def held(
        self, share: str = "", *, fresh: bool = False, settle: Callable[[], str] | None = None
    ) -> Iterator[Staging]:
        """Hold the folder; no other run may work on the same share of the parts meanwhile.

        Args:
            share: Name of the share; the whole if empty.
            fresh: Whether to throw away what earlier runs have left; a share keeps what others may use.
            settle: Makes the plan, unless an earlier run with this key has left one. If several shares
                settle at once, the plan that is written first holds for all.

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
                    kept = (f"{part:08d}" for part in settled.parts() if settled.recorded(part) is not None)
                    self._sweep({self._plan_path.name, *kept})
                yield settled
            finally:
                if not share:
                    self._let_go()

    def keep(self, part: int, files: Mapping[str, pa.RecordBatch | bytes], facts: PartFacts) -> KeptPart:
        """Keep the files of a part by their suffix, and then its receipt, which is returned."""
        digests = {}
        for suffix, file in files.items():
            content = file if isinstance(file, bytes) else to_ipc(file)
            digests[suffix] = hashlib.sha256(content).hexdigest()
            self._write(_name(part, digests[suffix], suffix), content)
        return self._sign({**facts, "part": part, "key": self._key_digest, "digests": digests}, self._now)

    def parts(self) -> list[int]:
        """The numbers of all parts that have a receipt, of whatever key."""
        return sorted(int(path.stem) for path in self.folder.glob("*.json") if path.stem.isdecimal())

    def finished(self) -> dict[int, KeptPart]:
        """The receipts of the parts of this key whose files are as they were written, by number."""
        return {part: receipt for part in self.parts() if (receipt := self.receipt(part)) is not None}

    def is_current(self, receipt: KeptPart) -> bool:
        """Whether a part was made from the table as it is now."""
        return receipt.get("state") == self._now

    def unchanged(self, part: int, rows: bytes, columns: str) -> KeptPart | None:
        """The receipt of a part that was finished with the same rows; the part is current from now on.

        Args:
            part: Its number.
            rows: What its file `ROWS` must hold.
            columns: The columns that its receipt must name.
        """
        receipt = self.receipt(part)
        if receipt is None or receipt.get("columns") != columns or self.content(receipt, ROWS) != rows:
            return None
        return self._sign(receipt, self._now)

    def doubt(self) -> None:
        """Let no part be current, so that the rows of each are compared before it counts."""
        for part in self.parts():
            receipt = self.recorded(part)
            if receipt is not None:
                self._sign(receipt, "")

    def receipt(self, part: int) -> KeptPart | None:
        """The receipt of a part of this key, if its files are as they were written."""
        receipt = self.recorded(part)
        with contextlib.suppress(OSError):
            if receipt is not None and all(
                self._digest(_name(part, digest, suffix)) == digest
                for suffix, digest in receipt["digests"].items()
            ):
                return receipt
        return None

    def recorded(self, part: int) -> KeptPart | None:
        """The receipt of a part, if it is of this key; its files are not verified."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            receipt: KeptPart = json.loads((self.folder / f"{part:08d}.json").read_bytes())
            if receipt["key"] in {_digest(f"{key}{self.plan}") for key in (self.key, self.earlier) if key}:
                return receipt
        return None

    def forget(self, parts: Iterable[int]) -> None:
        """Throw away the receipts of parts, so that they are worked on again.

        If none is left, the folder is removed when the run lets go of it.
        """
        for part in parts:
            (self.folder / f"{part:08d}.json").unlink(missing_ok=True)

    def content(self, receipt: KeptPart, suffix: str) -> bytes:
        """A file of a part, by its receipt; empty if it has none with this suffix."""
        digest = receipt["digests"].get(suffix)
        if digest is None:
            return b""
        try:
            return (self.folder / _name(receipt["part"], digest, suffix)).read_bytes()
        except OSError as error:
            msg = f"{self.folder}: a finished part cannot be read ({error.strerror}); {self._kept}"
            raise DataError(msg) from error

    def tables(self, receipts: Iterable[KeptPart]) -> Iterator[pa.RecordBatch]:
        """The tables of parts, in the order of their receipts."""
        for receipt in receipts:
            yield from_ipc(self.content(receipt, TABLE))

    def _sign(self, receipt: Mapping[str, object], state: str) -> KeptPart:
        signed = {**receipt, "state": state}
        self._write(f"{receipt['part']:08d}.json", json.dumps(signed, sort_keys=True).encode())
        return cast("KeptPart", signed)

    @property
    def _key_digest(self) -> str:
        return _digest(f"{self.key}{self.plan}")

    @property
    def _now(self) -> str:
        return _digest(f"{self.state}{self.run}")

    @property
    def _plan_path(self) -> Path:
        return self.folder / f"plan-{_digest(self.key + self.state)[:16]}"

    def _settled(self, settle: Callable[[], str]) -> str:
        """The plan that was written first: linking to a name that is taken fails."""
        path = self._plan_path
        if not path.exists():
            new = f"{path.name}.{socket.gethostname()}.{os.getpid()}"
            self._write(new, settle().encode())
            with contextlib.suppress(FileExistsError):
                os.link(self.folder / new, path)
            (self.folder / new).unlink()
        return path.read_text(encoding="utf-8")

    def _let_go(self) -> None:
        """Remove the folder if it has no finished part, and else the files that are half written.

        A worker that was stopped may have left such a file, and the disk may be full.
        """
        if not self.parts():
            # Under another name first: another run may make a folder of this name at once.
            gone = self.folder.with_name(f"{self.folder.name}.{secrets.token_hex(8)}.old")
            with contextlib.suppress(OSError):
                self.folder.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)
            return
        for path in self.folder.glob("*.new"):
            path.unlink(missing_ok=True)

    def _sweep(self, kept: set[str]) -> None:
        """Throw away all files but locks and those whose names start with one of `kept`."""
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
            msg = f"{path}: cannot be written ({error.strerror}); {self._kept}"
            raise DataError(msg) from error

    @property
    def _kept(self) -> str:
        """What is true of the output and the parts after a failure, as the end of a sentence."""
        if self.folder.exists():
            return "this run has not written the output."
        return "the folder was removed while the job ran, with the parts in it. Run again."

    def _digest(self, name: str) -> str:
        with (self.folder / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _name(part: int, digest: str, suffix: str) -> str:
    return f"{part:08d}.{digest[:16]}.{suffix}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
