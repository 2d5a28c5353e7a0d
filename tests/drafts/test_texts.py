"""Texts of a config: whatever a column is called, the config reads it back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxt.configs.yaml import read_yaml
from mxt.drafts.blocks import render
from mxt.drafts.texts import said, scalar

ODD = [
    *("", " ", "yes", "No", "null", "~", "1", "1e5", "-x", "a: b", "a #b", "[a]", "{b}", "it's", 'say "x"'),
    *("a\\b", "\u00e4", "Gr\u00f6\u00dfe <1-5>", "data/x.csv", "C:\\x", "*a", "&b", "!c", "%d", "@e", "`f`"),
    *("- g", "? h", "a, b", "x" * 300, "2026-01-01", "0x1F", "1_000", "\U0001f600", "a$b", "y", "="),
]


@pytest.mark.parametrize("text", ODD)
def test_an_odd_text_is_read_back(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, {"a": text, "b": [text, [text]], "c": {text: text}}) == {
        "a": text,
        "b": [text, [text]],
        "c": {text: text},
    }


def read(folder: Path, content: dict[str, object]) -> object:
    file = folder / "config.yaml"
    file.write_text(
        render("A config.", {"job": content}, {"job.a": f"of {said(str(content['a']))}"}), "utf-8"
    )
    return read_yaml(str(file))[0]["job"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_one_line(text: str) -> None:
    assert len(f"{scalar(text)}\n{said(text)}".splitlines()) == 2


def test_other_values_are_read_back(tmp_path: Path) -> None:
    values: dict[str, object] = {
        "a": 1,
        "f": -1e18,
        "t": True,
        "n": None,
        "e": [],
        "m": {"k": [1, {"x": 0.5}]},
    }
    assert read(tmp_path, values) == values


def test_long_parts_are_blocks_and_short_ones_lines() -> None:
    content = {
        "KIND": "X",
        "short": {"a": 1},
        "long": [{"KIND": "Part", "text": "z" * 90}],
        "names": ["a", "b"],
    }
    comments = {"job.short": "small", "job.names.1": "second\n>- c", "job.long.0": "great"}
    assert render("What it is.", {"job": content}, comments).splitlines() == [
        "# What it is.",
        "job:",
        "  KIND: X",
        "  short: {a: 1}  # small",
        "  long:",
        "    # great",
        "    - KIND: Part",
        f"      text: {'z' * 90}",
        "  names:",
        "    - a",
        "    # second",
        "    # - c",
        "    - b",
    ]
