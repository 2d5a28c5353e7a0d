"""Every global that a pickle names is listed without opening it, however it is wrapped."""

from __future__ import annotations

import base64
import bz2
import contextlib
import copyreg
import gzip
import io
import lzma
import os
import pickle
import random
import zipfile
import zlib
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pytest

from mxt.registries.pickles import globals_of
from mxt.registries.pickles.program import COMPUTED, Program
from mxt.registries.pickles.values import Budget
from sweeps import trials

SYSTEM = f"{os.system.__module__}.system"
ARRAY = {"joblib.numpy_pickle.NumpyArrayWrapper", "numpy.dtype", "numpy.ndarray"}


class Hostile:
    """An object whose pickle runs a program."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("true",)


class Loading:
    """An object whose pickle loads another one."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        return pickle.loads, (self.content,)


EVIL = pickle.dumps(Hostile())
ARRAY_OF_OBJECTS = (
    b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)R}(S'shape'\n)S'dtype'\ncnumpy\ndtype\n(S'O8'\ntRub"
)
NESTED_ARRAYS = ARRAY_OF_OBJECTS * 1000


def dumped(content: object, **options: Any) -> bytes:
    stream = io.BytesIO()
    joblib.dump(content, stream, **options)
    return stream.getvalue()


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize("protocol", range(6))
def test_each_protocol_names_its_globals(protocol: int) -> None:
    assert globals_of(pickle.dumps([1, Hostile()], protocol)) == (SYSTEM,)
    assert globals_of(pickle.dumps({"a": [1.5, None, (2, b"x")]}, protocol)) in ((), ("_codecs.encode",))


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"(S'true'\nios\nsystem\n.", {"os.system"}),
        (b"c__builtin__\neval\n(S'1'\ntR.", {"builtins.eval"}),  # of Python 2
        (b"\x80\x04\x8c\x02os\x94\x8c\x06system\x9400h\x00h\x01\x93.", {"os.system"}),  # from the memo
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", {"os.system"}),
        (b"\x80\x02U\x02osU\x06system\x93.", {"os.system"}),
        (b"\x80\x04\x8c\x02os2\x8c\x00R\x93.", {COMPUTED}),  # a name that is made
        (b"\x80\x04\x8c\x02osN\x93.", {COMPUTED}),
        (b"\x80\x04cos\npath.join\n.", {"os.path.join"}),
        (b"I0x10\n0L1" + b"1" * 5000 + b"L\n0cos\nsystem\n.", {"os.system"}),  # numbers that C alone reads
        (b"\x80\x04\x95\x03" + bytes(7) + b"cos\nsystem\n.", {"os.system"}),  # a frame that C alone ignores
        ("\x80\x03cö\né\n.".encode().replace("\x80".encode(), b"\x80"), {"ö.é"}),
        (b"\x80\x02cbuiltins\n__import__\n\x8c\x03ptyq\x00\x85R.", {"builtins.__import__", "pty"}),
    ],
)
def test_each_way_to_name_a_global_is_read(content: bytes, names: set[str]) -> None:
    assert {*globals_of(content)} == names


def test_an_extension_is_named_as_it_is_registered() -> None:
    content = b"\x80\x02\x82\xee)R."
    with pytest.raises(ValueError, match="the extension 238 of copyreg, which is not registered"):
        globals_of(content)
    copyreg.add_extension("os", "system", 238)
    try:
        assert globals_of(content) == ("os.system",)
    finally:
        copyreg.remove_extension("os", "system", 238)


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(EVIL),
        pickle.dumps(pickle.dumps(pickle.dumps(EVIL))),
        pickle.dumps({"text": pickle.dumps(Hostile(), 0).decode("latin-1")}),
        pickle.dumps([bytearray(EVIL)], 5),
        pickle.dumps(base64.b64encode(EVIL).decode()),
        pickle.dumps(zlib.compress(EVIL)),
        pickle.dumps(b"junk" + EVIL + b"junk"),
        pickle.dumps(pickle.dumps(1) + b"junk" + EVIL),
        pickle.dumps(EVIL[:-1]),  # broken, but the call comes first
        pickle.dumps(pickle.dumps(Hostile(), 0)[:-1]),
        pickle.dumps(pickle.dumps(Loading(EVIL), 0)[:-1]),
        pickle.dumps(1) + EVIL,
        gzip.compress(EVIL),
        gzip.compress(EVIL[:9]) + gzip.compress(EVIL[9:]),
        bz2.compress(EVIL),
        lzma.compress(EVIL),
        lzma.compress(EVIL, lzma.FORMAT_ALONE),
        zlib.compress(zlib.compress(EVIL)),
        b"ZF0x2a               " + zlib.compress(EVIL),
        zipped(**{"archive/data.pkl": EVIL, "archive/version": b"3\n"}),
        zipped(**{"inner.zip": zipped(model=pickle.dumps(zlib.compress(EVIL)))}),
        pickle.dumps(1) + zipped(model=EVIL),  # a pickle for one reader, a zip file for another
        saved(np.array([Hostile()], dtype=object)),
        zipped(**{"a.npy": saved(np.zeros(3)), "b.npy": saved(np.array([Hostile()], dtype=object))}),
    ],
    ids=range(24),
)
def test_wrapping_hides_nothing(content: bytes) -> None:
    assert SYSTEM in globals_of(content)


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_the_arrays_of_joblib_are_passed_over(compress: Any, protocol: int) -> None:
    kinds = [("a", "i4"), ("b", "O")]
    arrays = [np.arange(5.0), np.array(["ab"]), np.zeros((2, 3), "f4", "F"), np.zeros(2, kinds), np.zeros(0)]
    content = [*arrays, np.array([Hostile(), 1], dtype=object), arrays[0], "the end"]
    found = {*globals_of(dumped(content, compress=compress, protocol=protocol))}
    assert found - {"_codecs.encode", "builtins.object", "copyreg._reconstructor"} >= ARRAY | {SYSTEM}
    plain = {*globals_of(dumped([*arrays[:3], "the end"], compress=compress, protocol=protocol))}
    assert plain - {"_codecs.encode", "builtins.object", "copyreg._reconstructor"} == ARRAY


def test_steps_that_hide_as_the_numbers_of_an_array_are_listed() -> None:
    honest = dumped(np.frombuffer(b"N." * 8))
    step = b"cos\nsystem\n(S'x'\ntR"
    hidden = dumped(np.zeros(4))
    begin = hidden.index(bytes(32))
    assert {*globals_of(hidden[:begin] + step + bytes(32 - len(step)) + hidden[begin + 32 :])} == ARRAY | {
        "os.system"
    }
    assert {*globals_of(honest)} == ARRAY


def test_a_function_that_is_pickled_by_value_names_what_makes_it() -> None:
    found = globals_of(cloudpickle.dumps(lambda value: os.getpid() + value))
    assert {"cloudpickle.cloudpickle._make_function", "os"} <= {*found}


@pytest.mark.parametrize(
    "text", ["created by\nfoo bar\nimport os\n" * 9, "class\nbar\nimport os\n", "count\n"]
)
def test_a_text_that_only_looks_like_steps_names_nothing(text: str) -> None:
    assert globals_of(pickle.dumps(text)) == ()


def test_numbers_that_only_look_like_steps_name_nothing() -> None:
    numbers = np.random.default_rng(0).random(200_000)
    expected = {"numpy._core.multiarray._reconstruct", "numpy.dtype", "numpy.ndarray"}
    assert {*globals_of(pickle.dumps(numbers, 4))} == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "byte 0 is the end of the file"),
        (b"{L\x00\x00", "no step of a pickle"),
        (b"hello", "byte 0 is a step that fails"),
        (EVIL[:-1], rf"the end of the pickle; until there it names {SYSTEM}"),
        (b"\x8e" + b"\xff" * 7 + b"\x7fab.", "byte 12 is the end of the file"),
        (b"\x8b\xff\xff\xff\x7fab.", "byte 8 is the end of the file"),
        (b"cos\nsystem", "byte 10 is the end of the file"),
        (b"\x80\x04" + b"N0" * 400 + b"R.", "byte 802 is a step that fails"),
        (NESTED_ARRAYS, "a step that fails"),
        (zipped(text=b"hello"), "a zip file that holds no pickle"),
        (zipped(text=b"hello")[:-30] + b"PK\x05\x06" + b"\xff" * 18, "."),
        (
            zipped(text=b"hello").replace(
                b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
            ),
            "password",
        ),
        (b"\x04\x22\x4d\x18" + b"\xff" * 40, "lz4|LZ4"),
        (zlib.compress(EVIL)[:-9], "does not end"),
        (saved(np.zeros(3)), "an array of numpy"),
    ],
)
def test_what_is_no_pickle_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        globals_of(content)


def test_files_within_files_end() -> None:
    content = EVIL
    for _ in range(20):
        content = pickle.dumps(content)
    with pytest.raises(ValueError, match="more than 12 deep"):
        globals_of(content)


@pytest.mark.parametrize(
    ("budget", "content", "message"),
    [
        (Budget(steps=1000), b"\x80\x04" + b"N0" * 5000 + b"N.", "steps"),
        (Budget(steps=1000), pickle.dumps(b"\x80\x04" + b"N0" * 5000 + b"N."), "steps"),
        (Budget(unpacked=1000), zlib.compress(bytes(10**6)), "unpack"),
        (Budget(unpacked=1000), pickle.dumps(zlib.compress(bytes(10**6))), "unpack"),
        (Budget(unpacked=1000), zipped(a=bytes(600), b=bytes(600)), "unpack"),
        (
            Budget(),
            b"\x80\x04" + b"".join(b"cm%d\nx\n0" % n for n in range(10_001)) + b"N.",
            "more than 10,000",
        ),
    ],
)
def test_what_costs_too_much_is_refused(budget: Budget, content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        globals_of(content, budget)


class _Recorder(pickle._Unpickler):
    """Opens a pickle with nothing but harmless stand-ins, and notes the globals that it names.

    It is Python's own unpickler, written in Python: that in C takes memory for a large memo.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))
        self.named: list[set[str]] = []

    def find_class(self, module: str, name: str) -> Any:
        program = Program(io.BytesIO(), Budget())
        program.find_class(module, name)  # as from Python 2
        self.named.append({f"{module}.{name}", *program.names})
        return lambda *_: _Stand()


class _Stand(list[Any]):
    def __call__(self, *_: Any) -> Any:
        return self


@pytest.mark.slow
def test_whatever_python_would_import_is_listed() -> None:
    chance = random.Random(17)  # noqa: S311 - for tests
    model = {"a": [Hostile(), np.arange(3), "text", (1, 2.5)], "b": {1: Hostile(), 2: range(3)}}
    originals = [pickle.dumps(model, protocol) for protocol in range(6)]
    for trial in range(trials(10_000, 300_000)):
        content = bytearray(originals[trial % 6])
        for _ in range(chance.randrange(1, 5)):
            place, kind = chance.randrange(len(content)), chance.randrange(3)
            piece = bytes([chance.randrange(256)]) if kind else b"cos\nsystem\n"
            content[place : place + (kind == 1)] = piece
        if b"\x96" in content:  # Python makes the room for a bytearray before it looks whether it is there
            continue
        opened = _Recorder(bytes(content))
        with contextlib.suppress(Exception):  # broken in any way
            opened.load()
        listed = Program(io.BytesIO(content), Budget())
        with contextlib.suppress(ValueError):
            listed.load()
        assert all(names & listed.names for names in opened.named), bytes(content)
