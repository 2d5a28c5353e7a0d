"""The parser's forms of plain scalars, and where it stops."""

from __future__ import annotations

import pytest
import yaml

from mxt.configs import loader


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("12", loader.INT),
        ("-0", loader.INT),
        ("012", loader.STR),
        ("1_000", loader.STR),
        ("1e3", loader.FLOAT),
        ("1.", loader.FLOAT),
        (".5", loader.FLOAT),
        (".inf", loader.STR),
        ("true", loader.BOOL),
        ("yes", loader.STR),
        ("~", loader.NULL),
        ("nUll", loader.STR),
        ("2026-01-01", loader.STR),
        ("12:30", loader.STR),
    ],
)
def test_a_plain_scalar_has_the_type_of_yaml_1_2(text: str, tag: str) -> None:
    node = yaml.compose(text, Loader=loader.Loader)
    assert node is not None
    assert node.tag == tag


def test_parsing_stops_at_the_first_value_or_level_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "MAX_NODES", 3)
    monkeypatch.setattr(loader, "MAX_DEPTH", 1)
    for text, problem, column in (
        ("[a, b, c]", "more than 3 values", 7),
        ("[[", "nested more than 1 levels", 1),
    ):
        with pytest.raises(yaml.MarkedYAMLError, match=problem) as caught:
            yaml.compose(text, Loader=loader.Loader)
        assert caught.value.problem_mark is not None
        assert caught.value.problem_mark.column == column
