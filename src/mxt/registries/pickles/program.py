"""Reading the program that a pickle is, by Python's own unpickler, with stand-ins for all that it names.

Nothing is imported and nothing is called: a step that would import gives a `Global`, and one that would call
gives a `Made`. A step that only some readers of pickles take, such as a whole number of C, is taken.
"""

from __future__ import annotations

import _compat_pickle
import contextlib
import copyreg
import io
import math
import pickle
import struct
from typing import TYPE_CHECKING, Any

from mxt.registries.pickles.values import Global, Made, item_size, items_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxt.registries.pickles.values import Budget

LONGEST_NAME = 300
COMPUTED = "(a name that the pickle computes)"
_LAST_OLD_PROTOCOL = 2
"""Up to it, names of Python 2 stand for those of Python 3."""
_IMPORTS = {"builtins.__import__", "importlib.import_module", "cloudpickle.cloudpickle.subimport"}
_ARRAY = "joblib.numpy_pickle.NumpyArrayWrapper"
_RECONSTRUCTORS = {"copyreg._reconstructor", "copy_reg._reconstructor"}
_CALLS = (pickle.REDUCE, pickle.NEWOBJ, pickle.NEWOBJ_EX, pickle.OBJ, pickle.INST, pickle.BUILD)
_CONSTANTS = (
    *(pickle.UNICODE, pickle.BINUNICODE, pickle.SHORT_BINUNICODE, pickle.BINUNICODE8, pickle.STRING),
    *(pickle.BINSTRING, pickle.SHORT_BINSTRING, pickle.BINBYTES, pickle.SHORT_BINBYTES, pickle.BINBYTES8),
    pickle.BYTEARRAY8,
)
_WRONG = (
    *(LookupError, TypeError, AttributeError, ArithmeticError, RecursionError),
    *(struct.error, pickle.UnpicklingError),
)
"""What the unpickler raises for a broken pickle, beside a ValueError."""
_OTHER = object()
"""A value that names nothing."""


class Program(pickle._Unpickler):  # noqa: SLF001 - Python's own, written in Python, so that its steps can be replaced
    """One pickle in a file, and what reading it brought to light."""

    stack: list[Any]
    metastack: list[list[Any]]
    memo: dict[int, Any]
    pop_mark: Callable[[], list[Any]]
    load_list: Callable[[], None]

    def __init__(self, stream: io.BytesIO, budget: Budget) -> None:
        super().__init__(stream, encoding="latin-1")
        self.stream = stream
        """The file, at the first step."""
        self.budget = budget
        self.names: set[str] = set()
        self.constants: list[bytes | str] = []
        """Bytes and texts, in which other pickles may lie."""
        self.raw: list[tuple[int, int]] = []
        """Where raw arrays lie between the steps: from, to."""
        self.called = False
        """Whether anything would have been called."""
        self.ended = False
        """Whether it was read to its end."""
        self.read, self.readline = stream.read, stream.readline  # frames bound nothing, as in Python's C code
        self.proto, self.metastack, self.stack = 0, [], []
        self.append = self.stack.append

    def load(self) -> None:
        """Read up to the end of the program.

        Raises:
            ValueError: It is broken, or no program; what was read until then is known.
        """
        while not self.ended:
            place = self.stream.tell()
            code = self.read(1)
            step = _STEPS.get(code)
            if step is None:
                what = "no step of a pickle" if code else "the end of the file, before the end of the pickle"
                msg = f"byte {place} is {what}"
                raise ValueError(msg)
            self.budget.take()
            self.called |= code in _CALLS
            try:
                step(self)
                if code in _CONSTANTS:
                    self.constants.append(self.stack[-1])
            except _WRONG as error:
                msg = f"byte {place} is a step that fails ({type(error).__name__})"
                raise ValueError(msg) from error

    def find_class(self, module: str, name: str) -> Global:
        """Note a global by its module and name, as Python 3 calls it."""
        if self.proto <= _LAST_OLD_PROTOCOL:
            module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
            module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        return self._note(f"{module}.{name}")

    def _note(self, name: str) -> Global:
        self.names.add(name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}...")
        self.budget.bound(self.names)
        return Global(name)

    def persistent_load(self, pid: object) -> object:
        """What stands for an object that lies outside the pickle."""
        del pid
        return _OTHER

    def get_extension(self, code: int) -> None:
        """Note the global that an extension of copyreg stands for."""
        known: dict[int, tuple[str, str]] = getattr(copyreg, "_inverted_registry", {})
        if code not in known:
            msg = f"it names the extension {code} of copyreg, which is not registered here"
            raise ValueError(msg)
        self.append(self.find_class(*known[code]))

    def stop(self) -> None:
        self.stack.pop()
        self.ended = True

    def integer(self) -> None:
        text, value = self.readline().strip().removesuffix(b"L"), 0
        for base in (0, 10):
            with contextlib.suppress(ValueError):
                value = int(text, base)
        self.append(value)

    def byte_array(self) -> None:
        self.append(self.read(*struct.unpack("<Q", self.read(8))))

    def stack_global(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        by_text = isinstance(name, str) and isinstance(module, str)
        self.append(self.find_class(module, name) if by_text else self._note(COMPUTED))

    def call(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        self._instantiate(function, arguments if isinstance(arguments, tuple) else ())

    def call_with_names(self) -> None:
        self.stack.pop()
        self.call()

    def _instantiate(self, function: object, arguments: tuple[object, ...] | list[object]) -> None:
        name = function.name if isinstance(function, Global) else ""
        first = arguments[0] if arguments else None
        if name in _IMPORTS and isinstance(first, str):
            self._note(first)
        if name in _RECONSTRUCTORS and isinstance(first, Global):
            name = first.name
        self.append(Made(name, tuple(arguments)))

    def make_dict(self) -> None:
        taken = self.pop_mark()  # after which `append` is that of another stack
        self.append(items_of(taken))

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._add([key, value])

    def set_items(self) -> None:
        self._add(self.pop_mark())

    def _add(self, taken: list[object]) -> None:
        if isinstance(self.stack[-1], dict):
            self.stack[-1].update(items_of(taken))

    def build(self) -> None:
        state = self.stack.pop()
        made = self.stack[-1]
        if isinstance(made, Made):
            made.state = state
            if made.by == _ARRAY:
                self._skip_array(state)

    def _skip_array(self, state: object) -> None:
        """Pass over the numbers of an array, which joblib writes after the step that describes it.

        Raises:
            ValueError: How long they are is not clear.
        """
        facts = state if isinstance(state, dict) else {}
        shape, size = facts.get("shape"), item_size(facts.get("dtype"))
        if size is None or not isinstance(shape, tuple) or not all(isinstance(n, int) for n in shape):
            msg = f"byte {self.stream.tell()} begins an array of joblib whose length is not clear"
            raise ValueError(msg)
        if size == 0:  # Python's objects, as a pickle of their own
            inner = Program(self.stream, self.budget)
            inner.names, inner.constants, inner.raw = self.names, self.constants, self.raw
            inner.load()
            return
        if isinstance(facts.get("numpy_array_alignment_bytes"), int):
            self.stream.seek(int.from_bytes(self.read(1), "little"), io.SEEK_CUR)
        begin = self.stream.tell()
        self.stream.seek(begin + size * math.prod(shape))
        self.raw.append((begin, self.stream.tell()))


_STEPS: dict[bytes, Callable[[Any], object]] = {
    **{bytes([code]): step for code, step in pickle._Unpickler.dispatch.items()},  # noqa: SLF001
    pickle.FRAME: lambda program: program.read(8),
    pickle.STOP: Program.stop,
    pickle.INT: Program.integer,
    pickle.LONG: Program.integer,
    pickle.BYTEARRAY8: Program.byte_array,
    pickle.NEXT_BUFFER: lambda program: program.append(_OTHER),
    pickle.READONLY_BUFFER: lambda _: None,
    pickle.STACK_GLOBAL: Program.stack_global,
    pickle.REDUCE: Program.call,
    pickle.NEWOBJ: Program.call,
    pickle.NEWOBJ_EX: Program.call_with_names,
    pickle.BUILD: Program.build,
    pickle.DICT: Program.make_dict,
    pickle.SETITEM: Program.set_item,
    pickle.SETITEMS: Program.set_items,
    pickle.APPEND: lambda program: program.stack.pop(),
    pickle.APPENDS: lambda program: program.pop_mark(),
    pickle.ADDITEMS: lambda program: program.pop_mark(),
    pickle.FROZENSET: lambda program: program.load_list(),  # it hashes nothing
}
"""What each step of a pickle does here."""
