"""One layer over another: what merges, what replaces, and where an override may point."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from mxt import configs
from mxt.configs.merging import assign, leaves, merge
from mxt.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

CSV = {"KIND": "CsvReader", "path": "a.csv", "sample": {"rows": 5}}


@pytest.mark.parametrize(
    ("below", "above", "merged"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": 1, "y": {"z": 1}}}, {"a": {"y": {"w": 2}}}, {"a": {"x": 1, "y": {"z": 1, "w": 2}}}),
        ({"a": [1, 2, 3]}, {"a": [4]}, {"a": [4]}),
        ({"a": [{"x": 1}]}, {"a": [{"y": 1}]}, {"a": [{"y": 1}]}),
        ({"a": {"x": 1}}, {"a": None}, {"a": None}),
        ({"a": {"x": 1}}, {"a": 5}, {"a": 5}),
        ({"a": 5}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": None}, {}, {"a": None}),
        (CSV, {"path": "b.csv"}, {**CSV, "path": "b.csv"}),
        (CSV, {"KIND": "CsvReader", "path": "b.csv"}, {**CSV, "path": "b.csv"}),
        (CSV, {"KIND": "SqlReader", "query": "t"}, {"KIND": "SqlReader", "query": "t"}),
        ({"path": "a.csv"}, {"KIND": "CsvReader"}, {"KIND": "CsvReader", "path": "a.csv"}),
    ],
)
def test_blocks_merge_and_anything_else_replaces(below: Any, above: Any, merged: Any) -> None:
    kept = copy.deepcopy((below, above))
    assert merge(below, above) == merged
    assert (below, above) == kept


def test_a_block_inside_a_replaced_block_is_not_merged() -> None:
    below: Any = {"job": {"KIND": "A", "recipe": {"trees": 5}}}
    above: Any = {"job": {"KIND": "B", "recipe": {"depth": 2}}}
    assert merge(below, above) == above


def test_later_files_win_and_each_value_is_told_where_it_was_written(tmp_path: Path) -> None:
    texts = ("job: {a: 1, b: 1, c: [1]}\n", "job:\n  b: 2\n  c: [2, 3]\n", "job:\n\n  d: 4\n")
    files = [str(tmp_path / f"{number}.yaml") for number in range(3)]
    for file, text in zip(files, texts, strict=True):
        (tmp_path / file).write_text(text)
    config = configs.load(files, {"job": {"e": 5}}, ["job.f.g=6"])
    assert config.content == {"job": {"a": 1, "b": 2, "c": [2, 3], "d": 4, "e": 5, "f": {"g": 6}}}
    assert [config.where(("job", key)) for key in "abde"] == [
        f"{files[0]}:1:7",
        f"{files[1]}:2:3",
        f"{files[2]}:3:3",
        "environment",
    ]
    assert config.where(("job", "c", 1)) == f"{files[1]}:3:10"
    assert config.where(("job", "f", "g")) == "override job.f.g"


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("a[0].x=5", {"a": [{"x": 5}, {"x": 2}]}),
        ("a[1].y.z=5", {"a": [{"x": 1}, {"x": 2, "y": {"z": 5}}]}),
        ("a.1.x=5", {"a": [{"x": 1}, {"x": 5}]}),
        ("a[0]=5", {"a": [5, {"x": 2}]}),
        ("a[0]={y: 1}", {"a": [{"x": 1, "y": 1}, {"x": 2}]}),
        ("a=[]", {"a": []}),
        ("b.c.d=no", {"b": {"c": {"d": "no"}}}),
        ("b=x=y", {"b": "x=y"}),
        ("b=", {"b": None}),
        ("b='1.10'", {"b": "1.10"}),
        ("b-c.d_e=1", {"b-c": {"d_e": 1}}),
        ("b=s3://bucket/key.yaml", {"b": "s3://bucket/key.yaml"}),
        ("b={KIND: X, y: [1]}", {"b": {"KIND": "X", "y": [1]}}),
        ("r.KIND=B", {"r": {"KIND": "B"}}),
        ("r.KIND=A", {"r": {"KIND": "A", "x": 1}}),
        ("r={KIND: B, y: 2}", {"r": {"KIND": "B", "y": 2}}),
        ("r={y: 2}", {"r": {"KIND": "A", "x": 1, "y": 2}}),
    ],
)
def test_an_override_sets_one_place(override: str, expected: dict[str, Any]) -> None:
    content: dict[str, Any] = {"a": [{"x": 1}, {"x": 2}], "r": {"KIND": "A", "x": 1}}
    whole = {**copy.deepcopy(content), **expected}
    assign(content, override)
    assert content == whole


@pytest.mark.parametrize(
    "override",
    [
        "=x",
        "x",
        "",
        "a..b=1",
        ".a=1",
        "a.=1",
        "a[=1",
        "a[0=1",
        "a]=1",
        "a[]=1",
        "a[-1]=1",
        "a[\u00b2]=1",
        "a[1e0]=1",
        "a[0]b=1",
        "[0]=1",
        "1=2",
        "a b=1",
        " a=1",
        "a =1",
        "\u200ba=1",
        "a\u200b=1",
        "a.b\u202e=1",
        "a\n=1",
        "a[9999999999]=1",
    ],
)
def test_what_is_no_key_is_no_override(override: str) -> None:
    content: dict[str, Any] = {"a": [1], "b": 1}
    with pytest.raises(
        ConfigError, match=r"^override '.*': expected key=value, such as job.inputs.limit=100$"
    ):
        assign(content, override)
    assert content == {"a": [1], "b": 1}


@pytest.mark.parametrize(
    "key", ["a[1]", "a[9].x", "a.x", "a[0].x", "b.x", "b[0]", "c.x.y", "new[0]", "new.5"]
)
def test_a_key_that_fits_nowhere_is_told(key: str) -> None:
    with pytest.raises(ConfigError, match=r"^override .*: the config has no such place$"):
        assign({"a": [1], "b": 1, "c": {"x": None}}, f"{key}=1")


@pytest.mark.parametrize("levels", [32, 400, 100_000])
def test_an_override_names_no_deeper_place_than_a_file(levels: int) -> None:
    with pytest.raises(ConfigError, match=r"^override job\.a\..*: nested more than 32 levels deep$"):
        assign({}, "job" + ".a" * levels + "=1")


def test_an_index_of_thousands_of_digits_is_no_place() -> None:
    with pytest.raises(ConfigError, match=r"^override a\.999.*: the config has no such place$"):
        assign({"a": [1]}, f"a.{'9' * 4400}=1")


def test_overrides_apply_in_turn(tmp_path: Path) -> None:
    (tmp_path / "conf.yaml").write_text("job: {x: 1}\n")

    def load(*overrides: str) -> object:
        return configs.load([str(tmp_path / "conf.yaml")], {}, overrides).content["job"]

    assert load("job.x=2", "job.x=3") == {"x": 3}
    with pytest.raises(ConfigError, match=r"^override job.x: the config has no such place"):
        load("job=1", "job.x=2")


def test_leaves_are_the_values_that_a_layer_sets() -> None:
    assert list(leaves({"a": {"b": 1, "c": [1, {"d": 2}]}, "e": None, "f": {}})) == [
        ("a", "b"),
        ("a", "c"),
        ("e",),
    ]
