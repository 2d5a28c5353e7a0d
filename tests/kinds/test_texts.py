"""What the source says of kinds: help, example, and the text under each field."""

from __future__ import annotations

import ast

from mxt.gates.base import Gate
from mxt.gates.threshold import ThresholdGate
from mxt.kinds.texts import _parsed, _under, descriptions, example_of, help_of


def test_help_and_example_are_parts_of_the_docstring() -> None:
    assert help_of(ThresholdGate) == "A score of the latest evaluation keeps a limit."
    assert example_of(ThresholdGate) == "{KIND: ThresholdGate, metric: roc_auc, minimum: 0.8}"
    assert example_of(Gate) == ""


def test_a_field_behind_a_method_keeps_its_text() -> None:
    source = '''
class Odd(Strict):
    first: int = 0
    """One."""

    def method(self) -> int:
        return 1

    last: int = 0
    """Two."""
'''
    (behind,) = _parsed(source)
    assert isinstance(behind, ast.ClassDef)
    assert _under(behind.body) == {"first": "One.", "last": "Two."}
    (before,) = _parsed(source.partition("    last")[0])
    assert isinstance(before, ast.ClassDef)
    assert [type(part) for part in before.body] == [ast.AnnAssign, ast.Expr]


def test_the_text_under_a_field_is_that_of_the_class_that_declares_it() -> None:
    texts = descriptions(ThresholdGate)
    assert texts["metric"] == "Name of the score, as the evaluation logged it."
    assert [*texts] == [name for name in ThresholdGate.model_fields if name in texts]
