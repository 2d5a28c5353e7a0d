"""What runs in a confined process: it gives up its rights, works, and answers with bytes on a pipe."""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import NoReturn

from mxt.errors import MxtError
from mxt.sandbox import DONE, FAILED, UNFIT, Order, landlock, limits, seccomp
from mxt.sandbox.kernel import Unfit

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_NO_HOME = "/nonexistent"


def main() -> NoReturn:
    """Confine this process, do the work that the command line describes, and end."""
    order = Order(**json.loads(sys.argv[2]))
    answer = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what libraries print
    try:
        confine(order)
    except (Unfit, OSError, ValueError) as error:
        _send(answer, UNFIT, str(error).encode())
    try:
        module, _, name = order.program.partition(":")
        result = getattr(importlib.import_module(module), name)(*order.arguments)
        content = bytes(memoryview(result))
    except MxtError as error:
        _send(answer, FAILED, str(error).encode())
    except BaseException as error:  # noqa: BLE001 - SystemExit of a hostile file as well; the text may quote data
        _send(answer, FAILED, type(error).__name__.encode())
    _send(answer, DONE, content)


def confine(order: Order) -> None:
    """Give up every right that the work does not need.

    Raises:
        Unfit: This machine cannot confine a process, or it turned out not to be confined.
    """
    os.environ |= dict.fromkeys(_ONE_THREAD, "1") | {"HOME": _NO_HOME}
    sys.dont_write_bytecode = True
    if len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208 - Landlock holds for this thread alone
        msg = "Python was started with threads"
        raise Unfit(msg)
    limits.limit(order.seconds, order.memory)
    limits.give_up_rights()
    limits.end_with(order.parent)
    landlock.restrict(order.reads)
    seccomp.restrict(os.getpid())
    _prove()


def _prove() -> None:
    """Raise Unfit if this process can list the root folder or open a socket."""
    import ctypes

    try:
        os.listdir("/")  # noqa: PTH208 - one call, of which the error counts
    except PermissionError:
        if ctypes.CDLL(None).socket(1, 1, 0) == -1:
            return
    msg = "the kernel took the rules, but does not keep them"
    raise Unfit(msg)


def _send(answer: int, first: bytes, content: bytes) -> NoReturn:
    """Write the answer and end at once, with all threads."""
    left = memoryview(first + content)
    while left:
        left = left[os.write(answer, left) :]
    os._exit(0)
