"""Interpolation: what may be named, what it becomes, and how much it may grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mxt import configs
from mxt.configs import interpolation
from mxt.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, text: str, *overrides: str) -> dict[str, configs.Node]:
    file = folder / "conf.yaml"
    file.write_text(text, encoding="utf-8")
    return configs.load([str(file)], {}, overrides).content


def chain(length: int, first: str, link: str) -> str:
    """Keys k1, k2, ..., each made of the one before it, which stands for {} in `link`."""
    links = (f"k{n}: {link.replace('{}', f'${{k{n - 1}}}')}\n" for n in range(1, length + 1))
    return f"k0: {first}\n" + "".join(links)


NUMBERS = "[" + "1, " * 200 + "]"
BOMBS = {
    "texts": chain(40, "x", "{}{}"),
    "wide texts": chain(9, "x", "{}" * 100),
    "lists": chain(16, NUMBERS, "'{}{}'"),
    "lists of lists": chain(16, "[1, 2]", "['{}', '{}']"),
    "blocks": chain(16, "{x: 1, y: 2}", "{a: '{}', b: '{}'}"),
    "one list many times": f"k0: {NUMBERS}\nk1: [" + "'${k0}', " * 200 + "]\n",
    "one text many times": f"k0: {'x' * 5000}\nk1: [" + "'${k0}', " * 200 + "]\n",
    "one list by many names": f"k0: [{NUMBERS}]\nk1: ["
    + "".join(f"'${{k0[{'0' * zeros}]}}', " for zeros in range(1, 90))
    + "]\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_config_may_not_grow_without_bounds(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpolation, "MAX_CHARACTERS", 10_000)
    with pytest.raises(ConfigError, match=r"conf.yaml:\d+:\d+: k.*would make the config grow beyond 10000 "):
        read(tmp_path, BOMBS[name])


@pytest.mark.parametrize(("length", "resolved"), [(1, True), (16, True), (17, False), (3000, False)])
def test_a_chain_has_sixteen_steps_at_most(length: int, resolved: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a case
    text = chain(length, "x", "{}")
    if resolved:
        assert read(tmp_path, text)[f"k{length}"] == "x"
        return
    with pytest.raises(
        ConfigError, match=r":18:1: k17: its interpolations run in a circle or more than 16 steps"
    ):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "a: ${a}",
        "a: ${b}\nb: ${a}",
        "a: {b: '${a}'}",
        "a: ['${a}']",
        "a: {b: ['x${a.b}']}",
        "a: 'x${b}'\nb: [1, '${a}']",
    ],
)
def test_a_circle_is_told(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"conf.yaml:1:\d+: a.*: its interpolations run in a circle"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "form",
    [
        "${oc.env:HOME}",
        "${env:HOME}",
        "${oc.env:${b}}",
        "${${b}}",
        "x/${oc.env:AWS_SECRET_ACCESS_KEY}/y",
        "${",
        "${}",
        "${b",
        "${ b }",
        "${.b}",
        "${..b}",
        "${b.}",
        "${b..c}",
        "${b[}",
        "${b[-1]}",
        "${b[x]}",
        "${b:c}",
        "${b}${oc.env:HOME}",
        "\\${oc.env:HOME}",
        "${b,c}",
        "${'b'}",
        "${1}",
        "${b c}",
    ],
)
def test_only_a_key_can_be_named(form: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"conf.yaml:2:11: job.a\[0\]: an interpolation names a key, as"):
        read(tmp_path, "b: x\njob: {a: ['" + form.replace("'", "''") + "']}")


@pytest.mark.parametrize("key", ["nobody", "b.x", "l[2]", "l.x", "job.a.b", "n.x", "a-b", "l[0][0]", "b[0]"])
def test_a_key_that_the_config_lacks_is_told_where_it_is_named(key: str, tmp_path: Path) -> None:
    text = f"b: x\nl: [1, 2]\nn: null\njob:\n  c: 1\n  a: ${{{key}}}\n"
    with pytest.raises(
        ConfigError, match=r"conf.yaml:6:3: job.a: its interpolation names a key that the config"
    ):
        read(tmp_path, text)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "a: ${b}\nc: ${oc.env:HOME}\nd: ???\ne: ${e}\n")
    assert [line.partition("conf.yaml:")[2][:6] for line in str(caught.value).splitlines()] == [
        "1:1: a",
        "2:1: c",
        "3:1: d",
        "4:1: e",
    ]


def test_what_is_named_keeps_its_type_and_its_parts(tmp_path: Path) -> None:
    named = "['${n}', '${t}', '${z}', '${m}', '${m.x[1]}', 'v${n}']"
    text = f"n: 3\nt: true\nz: null\nm: {{x: ['${{n}}', 1.5]}}\na: {named}\n"
    assert read(tmp_path, text)["a"] == [3, True, None, {"x": [3, 1.5]}, 1.5, "v3"]


def test_a_later_layer_names_keys_of_an_earlier_one_and_is_told_by_its_name(tmp_path: Path) -> None:
    assert read(tmp_path, "a: 1\nb: 2\n", "b=${a}", "a=5") == {"a": 5, "b": 5}
    with pytest.raises(ConfigError, match=r"^override b: b: an interpolation names a key"):
        read(tmp_path, "a: 1\nb: 2\n", "b=${oc.env:HOME}")
    with pytest.raises(ConfigError, match=r"^environment: job.b: an interpolation names a key"):
        configs.load([str(tmp_path / "conf.yaml")], {"job": {"b": "${oc.env:HOME}"}}, [])


def test_a_dollar_alone_and_an_escaped_key_stay_text(tmp_path: Path) -> None:
    text = "b: x\na: ['$', 'US$ {5}', '5 $', '\\${b}', '{b}', '$b']\n"
    assert read(tmp_path, text)["a"] == ["$", "US$ {5}", "5 $", "${b}", "{b}", "$b"]


@pytest.mark.parametrize(
    "text",
    [
        chain(2, "{a: " * 20 + "x" + "}" * 20, "{b: '{}'}"),
        chain(16, "[[x]]", "[[['{}']]]"),
        "a: " + "[" * 31 + "'${b}'" + "]" * 31 + "\nb: [1]",
    ],
)
def test_interpolations_nest_no_deeper_than_a_file(text: str, tmp_path: Path) -> None:
    text = text.replace("{a: " * 20, "{a: " * 30).replace("}" * 20, "}" * 30)
    with pytest.raises(ConfigError, match=r"conf.yaml:\d+:\d+: \S+: nested more than 32 levels deep"):
        read(tmp_path, text)


@pytest.mark.parametrize("depth", [20, 33])
def test_layers_together_nest_no_deeper_than_a_file(depth: int, tmp_path: Path) -> None:
    words = ["b" + ".a" * (depth - 1) + "=[[[1]]]"]
    if depth < 30:
        assert read(tmp_path, "b: {c: 1}", *words)["b"]
        return
    with pytest.raises(ConfigError, match=r"^override b\S+: nested more than 32"):
        read(tmp_path, "b: {c: 1}", *words)


def test_backslashes_before_an_interpolation_are_halved_and_an_odd_one_makes_it_text(tmp_path: Path) -> None:
    text = "b: x\na: ['\\\\${b}', '\\\\\\${b}', 'C:\\d\\e', 'y\\${b}${b}']\n"
    assert read(tmp_path, text)["a"] == ["\\x", "\\${b}", "C:\\d\\e", "y${b}x"]


@pytest.mark.parametrize(
    "text",
    [
        "b: x\na: [" + "'${b}'," * 500 + "]",
        "b: [" + "1," * 1000 + "]\na: '${b[0]}'",
        "b: x\na: '" + "$" * 100_000 + "${b}'",
    ],
)
def test_a_config_with_interpolations_has_no_more_values_than_are_resolved_in_a_second_or_two(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpolation, "MAX_VALUES", 1000)
    with pytest.raises(ConfigError, match=r"conf.yaml:1:1: .* has 1,000 values .* and 100,000 characters"):
        read(tmp_path, text)


def test_a_long_list_may_be_named_in_part_and_a_config_without_interpolations_is_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpolation, "MAX_VALUES", 1000)
    text = "l: [" + "{x: 1}," * 900 + "{x: '${b}'}]\nb: y\na: ['${l[900]}', '${l[7].x}', '${l[0900].x}']\n"
    assert read(tmp_path, text)["a"] == [{"x": "y"}, 1, "y"]
    assert read(tmp_path, "l: [" + "1, " * 2000 + "]")["l"] == [1] * 2000


def test_parts_that_together_make_what_stands_for_no_value_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"conf.yaml:1:1: a: Interpolation resolved to a missing value"):
        read(tmp_path, "a: '?${b}'\nb: '??'\n")


def test_many_faults_are_listed_up_to_a_hundred(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "a: [" + "'${b}'," * 5000 + "]")
    assert len(str(caught.value).splitlines()) == 100
