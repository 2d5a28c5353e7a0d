"""Files that are no config, scalars that lie about their type, bombs, and values of other layers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mxt.configs import loader, yaml
from mxt.configs.yaml import ENVIRONMENT, OVERRIDE, parse_value, read_yaml
from mxt.errors import ConfigError

INVISIBLE = ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e", "\u2066"]


def config(folder: Path, text: str) -> str:
    path = folder / "conf.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    return str(path)


@pytest.mark.parametrize(
    "tagged",
    [
        "!!int abc",
        "!!int 1_000",
        "!!int 0x1F",
        "!!int 010",
        "!!int ''",
        "!!float abc",
        "!!float .inf",
        "!!float nan",
        "!!bool no",
        "!!bool 1",
        "!!null nothing",
        "!!set {x}",
        "!!omap [x: 1]",
    ],
)
def test_a_tag_that_its_text_does_not_bear_out_is_refused(tagged: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf":2:4: a: {tagged.split(maxsplit=1)[0]} is not allowed"):
        read_yaml(config(tmp_path, f"b: 1\na: {tagged}\n"))


@pytest.mark.parametrize(
    ("tagged", "value"),
    [
        ("!!str 1.10", "1.10"),
        ("!!str", ""),
        ("!!int 12", 12),
        ("!!float 12", 12),
        ("!!bool true", True),
        ("!!null ~", None),
        ("!!map {x: 1}", {"x": 1}),
        ("!!seq [1]", [1]),
    ],
)
def test_a_tag_that_says_what_stands_there_is_read(tagged: str, value: object, tmp_path: Path) -> None:
    assert read_yaml(config(tmp_path, f"a: {tagged}\n"))[0] == {"a": value}


@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "1e19", "9" * 19, "-" + "9" * 19, "1" + "0" * 400 + ".5"]
)
def test_a_number_that_no_machine_integer_holds_is_refused(number: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r":1:4: a: a number is at most 1e\+18; quote it if it is an id"):
        read_yaml(config(tmp_path, f"a: {number}\n"))


@pytest.mark.parametrize("number", [999_999_999_999_999_999, -(10**18), 2**53 + 1, 0])
def test_an_integer_keeps_every_digit(number: int, tmp_path: Path) -> None:
    assert read_yaml(config(tmp_path, f"a: {number}\n"))[0] == {"a": number}


@pytest.mark.parametrize("key", ["version", "alias_or_version", "Model Version", "VERSIONS"])
@pytest.mark.parametrize("number", ["1.10", "2.5", "1e-1", "!!float 1.10"])
def test_a_version_may_not_lose_its_digits(key: str, number: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf":2:\d+: job.{key}: .* would be read as the number .*; quote it"):
        read_yaml(config(tmp_path, f"job:\n  {key}: {number}\n"))


@pytest.mark.parametrize("character", INVISIBLE, ids=[f"U+{ord(sign):04X}" for sign in INVISIBLE])
@pytest.mark.parametrize(
    ("line", "place"), [("pass{}word: 1", "2:1"), ("a: pass{}word", "2:4"), ("a: ['', 'x{}']", "2:9")]
)
def test_no_character_is_invisible(line: str, place: str, character: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"conf.yaml:{place}: .*holds a control or invisible character$"):
        read_yaml(config(tmp_path, f"b: 1\n{line.format(character)}\n"))


@pytest.mark.parametrize(
    "escape", ["\\0", "\\a", "\\e", "\\r", "\\N", "\\L", "\\P", "\\ud800", "\\u200b", "\\u202e"]
)
def test_an_escape_hides_nothing(escape: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r":1:1: the key holds a control or invisible character"):
        read_yaml(config(tmp_path, f'"pass{escape}word": 1\n'))
    with pytest.raises(ConfigError, match=r":1:4: a: holds a control or invisible character"):
        read_yaml(config(tmp_path, f'a: "pass{escape}word"\n'))


@pytest.mark.parametrize("code", [0x07, 0x1B, 0x7F, 0xFFFE])
def test_a_character_that_yaml_forbids_is_told_with_its_place(code: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"conf.yaml:3:5: U\+{code:04X} is not allowed$"):
        read_yaml(config(tmp_path, f"a: 1\nb: 2\nc: x{chr(code)}\n"))


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029", "\r"])
@pytest.mark.parametrize("line", ["# remark{}b: 2", "a: x{}b: 2", "a: 'x{}y'"])
def test_a_line_cannot_end_unseen(line: str, sign: str, tmp_path: Path) -> None:
    column = line.index("{") + 1
    with pytest.raises(ConfigError, match=rf"conf.yaml:2:{column}: U\+{ord(sign):04X} is not allowed$"):
        read_yaml(config(tmp_path, f"c: 1\r\n{line.format(sign)}\r\n"))


def test_every_broken_rule_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    text = (
        "version: 1.10\n~: 1\njob:\n  a: !!binary aGk=\n  a: 1\n  b: ['\\u200b', \"\\u200b\"]\n  <<: {x: 1}\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_yaml(config(tmp_path, text))
    places = [line.partition("conf.yaml:")[2].partition(": ")[0] for line in str(caught.value).splitlines()]
    assert places == ["1:10", "2:1", "4:3", "5:3", "6:17", "7:3"]


BOMBS = {
    "a list": ("a: [" + "1," * 300 + "]", r"1:(19\d|20\d): more than 100 values"),
    "lines": ("a:\n" + "- 1\n" * 300, r"99:3: more than 100 values"),
    "empty lists": ("a: [" + "[]," * 300 + "]", r"1:29\d: more than 100 values"),
    "keys": ("".join(f"k{number}: 1\n" for number in range(300)), r"50:6: more than 100 values"),
    "open lists": ("a: " + "[" * 400, r"1:35: nested more than 32 levels deep"),
    "open maps": ("a: " + "{a: " * 400, r"1:128: nested more than 32 levels deep"),
    "indents": ("".join(f"{' ' * level}a:\n" for level in range(40)), r"33:33: nested more than 32"),
    "question marks": ("? " * 400, r"1:65: nested more than 32 levels deep"),
    "aliases": (
        "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: [*c,*c,*c]\n",
        r"2:4: more than 100 values, or 32 levels, once",
    ),
    "an alias of itself": ("a: &a {b: *a}\n", r"1:4: more than 100 values, or 32 levels, once"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_where_it_passes_the_limit(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "MAX_NODES", 100)
    text, message = BOMBS[name]
    with pytest.raises(ConfigError, match=f"conf.yaml:{message}"):
        read_yaml(config(tmp_path, text))


def test_a_config_holds_a_list_of_50_000_values_at_most(tmp_path: Path) -> None:
    assert loader.MAX_NODES == 50_000
    with pytest.raises(ConfigError, match="more than 50000 values, or 32 levels, once"):
        read_yaml(config(tmp_path, f"a: &a [{'x,' * 250}]\nb: [{'*a,' * 250}]\n"))


@pytest.mark.parametrize(
    "text", ["a: &a '{}'\nb: [{}]\n", "a: &a {{? '{}'\n: 1}}\nb: [{}]\n"], ids=["text", "key"]
)
def test_a_long_text_is_not_repeated_by_aliases(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml, "MAX_BYTES", 10_000)
    with pytest.raises(ConfigError, match=r"conf.yaml:1:\d+: more than 10000 characters once"):
        read_yaml(config(tmp_path, text.format("x" * 1000, "*a," * 20)))


def test_a_key_is_no_longer_than_yaml_allows_without_a_mark(tmp_path: Path) -> None:
    assert read_yaml(config(tmp_path, f"? {'x' * 1024}\n: 1\n"))[0] == {"x" * 1024: 1}
    with pytest.raises(ConfigError, match=r"conf.yaml:1:3: a key has at most 1024 characters$"):
        read_yaml(config(tmp_path, f"? {'x' * 1025}\n: 1\n"))


def test_a_message_lists_a_hundred_faults_at_most(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_yaml(config(tmp_path, "- !secret x\n" * 300))
    lines = str(caught.value).splitlines()
    assert len(lines) == 101
    assert lines[99].endswith("conf.yaml:100:3: 99: !secret is not allowed in a config")
    assert lines[100].endswith("conf.yaml: and perhaps more; mend these first")


@pytest.mark.parametrize("text", ["", "# nothing but a remark\n", "---\n", "--- ~\n...\n", "\ufeff"])
def test_a_file_without_content_is_an_empty_config(text: str, tmp_path: Path) -> None:
    assert read_yaml(config(tmp_path, text))[0] == {}


def test_yaml_1_1_cannot_be_asked_for(tmp_path: Path) -> None:
    assert read_yaml(config(tmp_path, "%YAML 1.1\n---\na: no\nb: 010\n"))[0] == {"a": "no", "b": "010"}


def test_an_alias_is_a_copy_with_places_of_its_own(tmp_path: Path) -> None:
    content, origins = read_yaml(config(tmp_path, "a: &x {n: [1]}\nb: *x\n"))
    assert content == {"a": {"n": [1]}, "b": {"n": [1]}}
    assert content["a"] is not content["b"]
    assert origins["b",].endswith("conf.yaml:2:1")
    assert origins["b", "n"].endswith("conf.yaml:1:8")


def test_what_is_no_file_is_no_config(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "absent.yaml", tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(ConfigError, match=f"{path}: no such config file"):
            read_yaml(str(path))
    for name in ("x" * 300, "a\0b"):
        with pytest.raises(ConfigError, match=r"no such config file|cannot be read"):
            read_yaml(name)


@pytest.mark.parametrize("where", [OVERRIDE, ENVIRONMENT])
@pytest.mark.parametrize(
    "text", ["[", "a: b: c", "*x", "`x`", "1\n---\n2", "!!python/none", "\x07", "a\u200bb"]
)
def test_a_value_of_another_layer_keeps_the_same_rules_and_names_its_field(where: str, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_value(text, where, "job.target")
    assert str(caught.value).startswith(f"{where}: job.target: ")
