"""The sandbox: a process that computes and answers, and can do nothing else.

It is for work on files of strangers. The process has an empty environment, reads what it is named and
Python's libraries, writes nothing, starts nothing, talks to nobody, and ends by its deadline. Linux enforces
this by Landlock, seccomp and resource limits; on a machine without them the work is refused.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import mxt
from mxt.errors import ModelError, ServiceError, printable
from mxt.sandbox.kernel import Unfit, architecture

if TYPE_CHECKING:
    from collections.abc import Sequence

_START = "import sys; sys.path.append(sys.argv[1]); from mxt.sandbox import inside; inside.main()"
_PATIENCE = 0.1
"""Seconds between two looks at a process that works."""
_THREADS = 512
"""Threads at which a process is killed; it is the kernel that counts, except for root."""
_REASON = 500
"""Characters that are taken of a reason that a confined process gives."""
_CHUNK = 1 << 20
DONE, FAILED, UNFIT = b"+", b"-", b"!"
"""First byte of an answer: a result follows, the reason why there is none, or what the machine lacks."""


@dataclass(frozen=True)
class Order:
    """What a confined process is to do; its command line holds this as JSON."""

    program: str
    arguments: list[str]
    seconds: float
    memory: int
    reads: list[str]
    parent: int
    """Number of the process that waits for the answer."""


def confined(
    program: str, arguments: Sequence[str], *, seconds: float, memory: int, reads: Sequence[Path]
) -> bytes:
    """What a function returns that is called in a confined process; its bytes are to be trusted by nobody.

    Args:
        program: The function, as ``package.module:name``; it takes the arguments, and returns bytes.
        arguments: Texts.
        seconds: Deadline, in seconds of the clock and of the processor.
        memory: Bytes of address space that the process may use, Python and its libraries included; an answer
            is no longer than this.
        reads: Files and folders that it may read beside Python's libraries.

    Raises:
        ServiceError: This machine cannot confine a process.
        ModelError: The function failed, ran too long, or needed too much memory.
    """
    try:
        architecture()
    except Unfit as error:
        raise ServiceError(_unfit(str(error))) from error
    named = [str(Path(path).resolve()) for path in reads]
    order = Order(program, [*arguments], seconds, memory, named, os.getpid())
    with subprocess.Popen(  # noqa: S603 - this very Python, and MXT's own program
        [sys.executable, "-I", "-c", _START, str(Path(mxt.__file__).parents[1]), json.dumps(asdict(order))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        start_new_session=True,
    ) as process:
        try:
            content = _answer(process, time.monotonic() + seconds, memory)
        finally:
            process.kill()
    return _result(content, process.returncode)


def _answer(process: subprocess.Popen[bytes], deadline: float, longest: int) -> bytes:
    """What a process writes until it ends.

    Raises:
        ModelError: It does not end by the deadline, writes too much, or starts too many threads.
    """
    content, pipe = bytearray(), cast("IO[bytes]", process.stdout)
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            _refuse_many_threads(process.pid)
            if not selector.select(min(_PATIENCE, left)):
                continue
            chunk = os.read(pipe.fileno(), _CHUNK)
            if not chunk:
                return bytes(content)
            content += chunk
            if len(content) > longest:
                msg = f"its answer is longer than {longest:,} bytes"
                raise ModelError(msg)
    msg = "it did not end by its deadline, and was killed"
    raise ModelError(msg)


def _refuse_many_threads(number: int) -> None:
    try:
        count = sum(1 for _ in os.scandir(f"/proc/{number}/task"))
    except OSError:
        return
    if count > _THREADS:
        msg = f"it started more than {_THREADS} threads, and was killed"
        raise ModelError(msg)


def _result(content: bytes, code: int) -> bytes:
    """The result in an answer.

    Raises:
        ServiceError: The answer is that this machine cannot confine a process.
        ModelError: There is no result.
    """
    first, rest = content[:1], content[1:]
    if first == DONE:
        return rest
    reason = printable(rest[: 4 * _REASON].decode("utf-8", "replace"))[:_REASON]
    if first == UNFIT:
        raise ServiceError(_unfit(reason))
    if first == FAILED:
        raise ModelError(reason)
    msg = f"it ended without an answer (exit code {code}); it may have needed more memory than it gets"
    raise ModelError(msg)


def _unfit(reason: str) -> str:
    return (
        f"This machine cannot confine a process, so files of strangers are not opened here: {reason}. "
        "Use a machine with Linux 5.13 or later, in which Landlock and seccomp are not turned off."
    )
