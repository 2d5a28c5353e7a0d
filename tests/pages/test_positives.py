"""The fact about positive classes: one class, several with their scores, or none."""

from __future__ import annotations

from mxt.pages.positives import positive_fact


def test_one_class_stands_alone_several_stand_with_their_scores_and_no_class_makes_no_fact() -> None:
    assert positive_fact({"f1": "late", "recall": "late"}) == {"positive": "late"}
    assert positive_fact({"f1": "late", "recall": "on time", "precision": "late"}) == {
        "positive": "late (f1, precision), on time (recall)"
    }
    assert positive_fact({}) == {}
