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
from pathlib import Path
from typing import TYPE_CHECKING

import mxt
from mxt.errors import ModelError, ServiceError
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
    heard, answer = os.pipe()
    order = {
        "program": program,
        "arguments": [*arguments],
        "seconds": seconds,
        "memory": memory,
        "reads": [str(Path(path).resolve()) for path in reads],
        "parent": os.getpid(),
        "answer": answer,
    }
    with os.fdopen(heard, "rb", buffering=0) as pipe:
        try:
            process = _started(answer)
        finally:
            os.close(answer)
        try:
            _give(process, json.dumps(order).encode())
            content = _heard(process, pipe.fileno(), time.monotonic() + seconds, memory)
        finally:
            process.kill()
            process.wait()
    return _result(content, process.returncode)


def _started(answer: int) -> subprocess.Popen[bytes]:
    """A new Python that knows nothing of this process but the pipe for its answer."""
    return subprocess.Popen(  # noqa: S603 - this very Python, and MXT's own program
        [sys.executable, "-I", "-c", _START, str(Path(mxt.__file__).parents[1])],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        pass_fds=(answer,),
        start_new_session=True,
    )


def _give(process: subprocess.Popen[bytes], order: bytes) -> None:
    if process.stdin is not None:
        try:
            process.stdin.write(order)
            process.stdin.close()
        except BrokenPipeError:
            process.wait(timeout=1)


def _heard(process: subprocess.Popen[bytes], pipe: int, deadline: float, longest: int) -> bytes:
    """What a process writes into a pipe until it closes it and ends.

    Raises:
        ModelError: It does not end by the deadline, writes too much, or starts too many threads.
    """
    content = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            _refuse_many_threads(process.pid)
            if not selector.select(min(_PATIENCE, left)):
                continue
            chunk = os.read(pipe, _CHUNK)
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
    from mxt.sandbox.inside import DONE, FAILED, UNFIT

    first, rest = content[:1], content[1:]
    if first == DONE:
        return rest
    text = rest[: 4 * _REASON].decode("utf-8", "replace")
    reason = "".join(letter if letter.isprintable() else " " for letter in text)[:_REASON]
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
