"""Reading the program that a pickle is, step by step, without running any of it.

A pickle is a program for a machine with a stack and a memo. Of its values only those are followed that name
globals, or that say how long the raw arrays are which joblib writes between the steps. Others are `OTHER`.
"""

from __future__ import annotations

import _compat_pickle
import copyreg
import io
import math
import pickletools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mxt.registries.pickles.values import LONGEST, Budget, Global, Made, item_size, items_of, line_of

LONGEST_NAME = 300
COMPUTED = "(a name that the pickle computes)"
_LAST_OLD_PROTOCOL = 2
"""Up to it, names of Python 2 stand for those of Python 3."""
_IMPORTS = {"builtins.__import__", "importlib.import_module", "cloudpickle.cloudpickle.subimport"}
_ARRAY = "joblib.numpy_pickle.NumpyArrayWrapper"
_RECONSTRUCTORS = {"copyreg._reconstructor", "copy_reg._reconstructor"}
_CALLS = {"REDUCE", "NEWOBJ", "NEWOBJ_EX", "OBJ", "INST", "BUILD"}
_STEPS = {opcode.code: opcode for opcode in pickletools.opcodes}
_MARK, OTHER = object(), object()


@dataclass
class Program:
    """One pickle in a file, and what reading it brought to light."""

    stream: io.BytesIO
    """The file, at the first step."""
    budget: Budget
    names: set[str] = field(default_factory=set)
    constants: list[bytes | str] = field(default_factory=list)
    """Bytes and texts, in which other pickles may lie."""
    raw: list[tuple[int, int]] = field(default_factory=list)
    """Where raw arrays lie between the steps: from, to."""
    called: bool = False
    """Whether anything would have been called."""
    ended: bool = False
    """Whether it was read to its end."""
    protocol: int = 0
    stack: list[object] = field(default_factory=list)
    memo: dict[int, object] = field(default_factory=dict)

    def read(self) -> None:
        """Read up to the end of the program.

        Raises:
            ValueError: It is broken, or no program; what was read until then is known.
        """
        try:
            for opcode, argument in self._steps():
                self.budget.take()
                self.called |= opcode.name in _CALLS
                self._step(opcode, argument)
        except IndexError as error:
            msg = "it takes more from its stack than there is"
            raise ValueError(msg) from error

    def _steps(self) -> Iterator[tuple[pickletools.OpcodeInfo, object]]:
        stream = self.stream
        while True:
            code = stream.read(1)
            opcode = _STEPS.get(code.decode("latin-1"))
            if opcode is None:
                what = "no step of a pickle" if code else "the end of the file, before the end of the pickle"
                msg = f"byte {stream.tell() - len(code)} is {what}"
                raise ValueError(msg)
            if opcode.name in {"GLOBAL", "INST"}:
                yield opcode, (line_of(stream), line_of(stream))
            else:
                yield opcode, opcode.arg.reader(stream) if opcode.arg else None
            if code == b".":
                self.ended = True
                return

    def _step(self, opcode: pickletools.OpcodeInfo, argument: object) -> None:
        name, stack = opcode.name, self.stack
        if isinstance(argument, (str, bytes, bytearray)) and name not in {"GET", "PUT", "PERSID"}:
            self.constants.append(bytes(argument) if isinstance(argument, bytearray) else argument)
            stack.append(argument if isinstance(argument, str) else OTHER)
        elif isinstance(argument, tuple):
            named = self._named(*argument)
            if name == "INST":
                self._until_mark()
            stack.append(named)
        elif special := _SPECIAL.get(name):
            special(self, argument)
        elif opcode.stack_before or not isinstance(argument, int) or isinstance(argument, bool):
            self._generic(opcode)
        else:
            stack.append(argument)

    def _generic(self, opcode: pickletools.OpcodeInfo) -> None:
        """Any other step: what it takes and gives are values that name nothing."""
        taken = opcode.stack_before
        if pickletools.markobject in taken:
            self._until_mark()
            taken = taken[: taken.index(pickletools.markobject)]
        kept = [self.stack.pop() for _ in taken]
        same = len(kept) == len(opcode.stack_after) == 1 and opcode.stack_before[0] in opcode.stack_after
        self.stack += kept if same else [OTHER] * len(opcode.stack_after)

    def _until_mark(self) -> list[object]:
        """Take the values above the last mark, and the mark."""
        taken: list[object] = []
        while (value := self.stack.pop()) is not _MARK:
            taken.append(value)
        return taken[::-1]

    def _named(self, module: object, name: object) -> Global:
        """Note a global by its module and name, as Python 3 calls it."""
        if not (isinstance(module, str) and isinstance(name, str)):
            return self._note(COMPUTED)
        if self.protocol <= _LAST_OLD_PROTOCOL:
            module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
            module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        return self._note(f"{module}.{name}")

    def _note(self, name: str) -> Global:
        self.names.add(name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}...")
        self.budget.bound(self.names)
        return Global(name)

    def mark(self, _: object) -> None:
        self.stack.append(_MARK)

    def declare(self, protocol: object) -> None:
        self.protocol = int(str(protocol))

    def put(self, place: object) -> None:
        self.memo[int(str(place))] = self.stack[-1]

    def memoize(self, _: object) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def get(self, place: object) -> None:
        self.stack.append(self.memo.get(int(str(place)), OTHER))

    def stack_global(self, _: object) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.stack.append(self._named(module, name))

    def extension(self, code: object) -> None:
        inverted: dict[int, tuple[str, str]] = getattr(copyreg, "_inverted_registry", {})
        if int(str(code)) not in inverted:
            msg = f"it names the extension {code} of copyreg, which is not registered here"
            raise ValueError(msg)
        self.stack.append(self._named(*inverted[int(str(code))]))

    def make_tuple(self, _: object) -> None:
        taken = self._until_mark()
        self.stack.append(tuple(taken) if len(taken) <= LONGEST else OTHER)

    def make_dict(self, _: object) -> None:
        self.stack.append(items_of(self._until_mark()))

    def set_item(self, _: object) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._add([key, value])

    def set_items(self, _: object) -> None:
        self._add(self._until_mark())

    def _add(self, taken: list[object]) -> None:
        """Add keys and values to the dictionary on the stack, where they may describe an array."""
        known = self.stack[-1]
        if isinstance(known, dict) and len(known) <= LONGEST:
            known.update(items_of(taken))

    def call(self, _: object) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        given = arguments if isinstance(arguments, tuple) else ()
        name = function.name if isinstance(function, Global) else ""
        if name in _IMPORTS and given and isinstance(given[0], str):
            self._note(given[0])
        if name in _RECONSTRUCTORS and given and isinstance(given[0], Global):
            name = given[0].name
        self.stack.append(Made(name, given))

    def build(self, _: object) -> None:
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
        shape, kind = facts.get("shape"), facts.get("dtype")
        size = item_size(kind)
        if size is None or not isinstance(shape, tuple) or not all(isinstance(n, int) for n in shape):
            msg = f"byte {self.stream.tell()} begins an array of joblib whose length is not clear"
            raise ValueError(msg)
        if size == 0:  # Python's objects, as a pickle of their own
            inner = Program(self.stream, self.budget, self.names, self.constants, self.raw)
            inner.read()
            return
        if isinstance(facts.get("numpy_array_alignment_bytes"), int):
            padding = self.stream.read(1)
            self.stream.seek(int.from_bytes(padding, "little"), io.SEEK_CUR)
        begin = self.stream.tell()
        self.stream.seek(begin + size * math.prod(shape))
        self.raw.append((begin, self.stream.tell()))


def _tuple_of(program: Program, count: int) -> None:
    taken = [program.stack.pop() for _ in range(count)]
    program.stack.append(tuple(taken[::-1]))


_SPECIAL: dict[str, Callable[[Program, object], None]] = {
    "PROTO": Program.declare,
    "FRAME": lambda _program, _: None,
    "MARK": Program.mark,
    "POP": lambda program, _: program.stack.__delitem__(-1),
    "DUP": lambda program, _: program.stack.append(program.stack[-1]),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), Program.put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), Program.get),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), Program.extension),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), Program.call),
    "MEMOIZE": Program.memoize,
    "STACK_GLOBAL": Program.stack_global,
    "EMPTY_TUPLE": lambda program, _: _tuple_of(program, 0),
    "TUPLE1": lambda program, _: _tuple_of(program, 1),
    "TUPLE2": lambda program, _: _tuple_of(program, 2),
    "TUPLE3": lambda program, _: _tuple_of(program, 3),
    "TUPLE": Program.make_tuple,
    "EMPTY_DICT": lambda program, _: program.stack.append({}),
    "DICT": Program.make_dict,
    "SETITEM": Program.set_item,
    "SETITEMS": Program.set_items,
    "BUILD": Program.build,
}
"""Steps whose values are followed."""
