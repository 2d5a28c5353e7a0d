"""YAML that misleads or attacks: refused in one line that tells the place, or read as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from mxt import configs
from mxt.errors import ConfigError

DOUBLING = "k0: " + "x" * 64 + "\n" + "".join(f"k{n}: {f'${{k{n - 1}}}' * 20}\n" for n in range(1, 15))
ALIASES = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
)

REFUSED = {
    "a version with a point": (
        "version: 1.10\n",
        r":1:10: version: 1\.10 would be read as the number 1\.1; quote",
    ),
    "a nested version": ("job:\n  alias_or_version: 2.5\n", r":2:21: job\.alias_or_version: 2\.5 would be"),
    "binary": ("a: !!binary aGVsbG8=\n", r":1:4: a: !!binary is not allowed"),
    "a Python object": ("a: !!python/object/apply:os.system [id]\n", r":1:4: a: !!python"),
    "a foreign tag": ("a: !secret x\n", r":1:4: a: !secret is not allowed"),
    "an explicit float": ("version: !!float 1.10\n", r"version: 1\.10 would be read"),
    "a date": ("a: !!timestamp 2026-01-01\n", r"a: !!timestamp is not allowed"),
    "NUL": ("a: x\0y\n", r":1:5: U\+0000 is not allowed"),
    "escaped NUL": ('a: "x\\0y"\n', r":1:4: a: holds a control or invisible character"),
    "a zero-width space": ("a: pass\u200bword\n", r":1:4: a: holds a control or invisible"),
    "a zero-width key": ("pass\u200bword: 1\n", r":1:1: the key holds a control or invisible"),
    "right-to-left override": ("a: \u202etxt.exe\n", r"a: holds a control or invisible"),
    "a duplicate key": ("a: 1\nb: 2\na: 3\n", r":1:1: the key 'a' stands 2 times(.|\n)*:3:1: the key 'a'"),
    "a merge key": ("x: &x {a: 1}\ny:\n  <<: *x\n", r":3:3: y: merge keys \(<<\) are not allowed"),
    "a null key": ("~: 1\n", r":1:1: keys are text; quote this one"),
    "a number as key": ("1: a\n", r":1:1: keys are text"),
    "a list as key": ("? [a]\n: b\n", r":1:3: keys are text"),
    "two documents": ("a: 1\n---\nb: 2\n", r":2:1: but found another document"),
    "a tab": ("a:\n\tb: 1\n", r":2:1: found character '\\t'"),
    "unclosed": ("a: [1, 2\n", r":2:1: did not find expected|expected ',' or ']'"),
    "a list": ("- a\n", r":1:1: a config is a mapping"),
    "a scalar": ("hello\n", r":1:1: a config is a mapping"),
    "depth": ("a: " + "[" * 5000 + "]" * 5000 + "\n", r"nested more than 32 levels deep"),
    "alias bomb": (ALIASES, r"more than 50000 values, or"),
    "an alias of itself": ("a: &a [*a]\n", r":1:4: more than 50000 values, or 32 levels"),
    "a huge integer": ("a: " + "9" * 5000 + "\n", r":1:4: a: a number is at most 1e\+18"),
    "size": ("a: " + "x" * 1_000_001 + "\n", r"bytes; a config holds at most 1000000"),
    "a resolver": ("a: ${oc.env:HOME}\n", r":1:1: a: an interpolation names a key"),
    "a nested resolver": ("b: HOME\na: '${oc.env:${b}}'\n", r":2:1: a: an interpolation names a key"),
    "an interpolation inside a path": (
        "a: data/${oc.env:AWS_SECRET_ACCESS_KEY}/x\n",
        r"a: an interpolation names a key",
    ),
    "an unknown key": (
        "a: ${nobody}\n",
        r":1:1: a: its interpolation names a key that the config does not have",
    ),
    "a circle": ("a: ${b}\nb: ${a}\n", r"a: its interpolations run in a circle"),
    "doubling": (DOUBLING, r"interpolations would make the config grow beyond 1000000 characters"),
    "a mandatory value": ("a: ???\n", r":1:1: a: \?\?\? stands for a value that was not given"),
}


def read(folder: Path, text: str | bytes) -> dict[str, configs.Node]:
    file = folder / "conf.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return configs.load([str(file)], {}, []).content


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_at_its_place(name: str, tmp_path: Path) -> None:
    """A bomb that went off would not end within the age of the universe."""
    text, message = REFUSED[name]
    with pytest.raises(ConfigError, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize("raw", ["a: 1\n".encode("utf-16"), b"a: \xff\n"])
def test_only_utf_8_is_read(raw: bytes, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is not UTF-8|is not allowed"):
        read(tmp_path, raw)


TEXTS = "no on NO yes off y 010 0x1F 1_000 1:30 12:30:45 2026-01-01 .nan .inf".split()  # noqa: SIM905 - shorter to read
VALUES = {
    "+12": 12,
    "-3": -3,
    "1e3": 1000,
    "1.5": 1.5,
    "1.0": 1,
    "true": True,
    "False": False,
    "~": None,
    "null": None,
    "'1.10'": "1.10",
}


@pytest.mark.parametrize(("written", "expected"), [*zip(TEXTS, TEXTS, strict=True), *VALUES.items()])
def test_a_plain_scalar_is_read_by_yaml_1_2(written: str, expected: object, tmp_path: Path) -> None:
    found = read(tmp_path, f"a: {written}\n")["a"]
    assert found == expected
    assert type(found) is type(expected)


def test_an_empty_file_is_an_empty_config_and_a_mark_is_skipped(tmp_path: Path) -> None:
    assert read(tmp_path, "") == {}
    assert read(tmp_path, b"\xef\xbb\xbfa: 1\n") == {"a": 1}


def test_an_interpolation_keeps_the_type_of_what_it_names(tmp_path: Path) -> None:
    content = read(tmp_path, "n: 3\nlist: [1, 2]\na: ${n}\nb: ${list}\nc: x${n}y\nd: ${list[1]}\n")
    assert content == {"n": 3, "list": [1, 2], "a": 3, "b": [1, 2], "c": "x3y", "d": 2}
