"""Work on a cluster: a worker loads the stream once, and works on groups of its parts."""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mxt.errors import DataError, MxtError, ServiceError, restated
from mxt.executors.base import attempted, failed
from mxt.packages import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from mxt.executors.base import Receipt, Stream

_LOADED: dict[str, Stream] = {}
"""The stream that this process works on, by its digest."""


@dataclass(frozen=True)
class StreamFile:
    """A pickled stream in a folder that all workers share; it is too large to be sent with each task."""

    path: str
    digest: str
    """SHA-256 of the file, which is a pickle and may not be another's."""
    versions: Mapping[str, str]
    """Versions of the packages that must be the same on all machines."""

    @classmethod
    def write(cls, stream: Stream) -> StreamFile:
        """Write a stream to a file that only this user may read.

        Raises:
            DataError: The folder cannot be written.
        """
        import cloudpickle

        content = cloudpickle.dumps(stream)
        try:
            descriptor, path = tempfile.mkstemp(".pickle", "stream-", stream.folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
        except OSError as error:
            msg = f"{stream.folder}: cannot be written ({error.strerror})."
            raise DataError(msg) from error
        return cls(path, hashlib.sha256(content).hexdigest(), _versions(*stream.packages))

    def remove(self) -> None:
        """Remove the file."""
        Path(self.path).unlink(missing_ok=True)

    def load(self) -> Stream:
        """The stream; each process reads the file once.

        Raises:
            ServiceError: The file cannot be read here, was changed, or needs other packages.
        """
        if self.digest not in _LOADED:
            _LOADED.clear()
            _LOADED[self.digest] = self._read()
            gc.collect()
            gc.freeze()  # Spark collects garbage after each task, and would traverse the model each time
        return _LOADED[self.digest]

    def _read(self) -> Stream:
        os.environ.setdefault("MXT_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))
        here = _versions(*self.versions)
        other = [
            f"{name} {here.get(name, 'none')} instead of {there}"
            for name, there in self.versions.items()
            if here.get(name) != there
        ]
        if other:
            msg = f"The packages differ: {', '.join(other)}. Install the same everywhere."
            raise ServiceError(msg)
        try:
            content = Path(self.path).read_bytes()
        except OSError as error:
            msg = (
                f"{self.path}: cannot be read ({error.strerror}). "
                "Put the output in a folder that all machines share, and run all workers as the same user."
            )
            raise ServiceError(msg) from error
        if hashlib.sha256(content).hexdigest() != self.digest:
            msg = f"{self.path}: the file has been changed. Check who may write there."
            raise ServiceError(msg)
        stream: Stream = pickle.loads(content)  # noqa: S301 - its digest shows that we wrote it
        return stream


@dataclass(frozen=True)
class Group:
    """Parts that one task of the cluster works on, one after the other."""

    file: StreamFile
    numbers: tuple[int, ...]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The pickled `outcome` as a table of one cell; Spark calls this with empty batches."""
        import pyarrow as pa

        for _ in batches:
            pass
        yield pa.record_batch({"outcome": pa.array([pickle.dumps(self.outcome())], pa.binary())})

    def outcome(self) -> list[Receipt] | MxtError:
        """The receipts of the parts, or the error that kept the worker from its work."""
        try:
            return list(self._receipts(self.file.load()))
        except MxtError as error:
            return restated(type(error), f"{error} (So says a worker on {socket.gethostname()}.)")

    def single(self) -> list[Group]:
        """A group for each part."""
        return [Group(self.file, (number,)) for number in self.numbers]

    def _receipts(self, stream: Stream) -> Iterator[Receipt]:
        """A receipt for each part; parts that a dead worker had finished are not worked on again."""
        kept = {number: receipt for number in self.numbers if (receipt := stream.kept(number))}
        yield from kept.values()
        for part in stream.parts([number for number in self.numbers if number not in kept]):
            try:
                yield attempted(stream, part)
            except SystemExit as error:  # it would end the worker as if it had crashed
                yield failed(part, error)


def _versions(*names: str) -> dict[str, str]:
    return versions("cloudpickle", *names)
