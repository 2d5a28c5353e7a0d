"""The screen of one prediction's reasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mxt.pages.reasons import Reasons
from mxt.pages.reasons_screen import PLAIN_BARS, screen
from mxt.schemas.captions import Captions
from pages.by_hand import CAPTIONS, reasons


def lines(known: Reasons, width: int = 100, top: int | None = None) -> list[str]:
    return [*screen(known, width, top)]


def test_the_screen_says_the_prediction_and_each_column_the_largest_first() -> None:
    assert lines(reasons([0.5, 2.0, -0.75, 0.0]), width=70) == [
        "churn version 3, row 7590-VHVEG of t.csv",
        "  It predicts left = 1; the probabilities are 1 67.9 %, 0 32.1 %.",
        "",
        "  The base is log-odds of 1 of -1 (a probability of 26.9 %). Each column raises or lowers it:",
        "  plan     1             raises     +2.00  " + "█" * 27,
        "  city     Zürich �[31m  lowers     -0.75  " + "▒" * 10,
        "  charges  29.85         raises     +0.50  " + "█" * 7,
        "  age      missing       no effect  +0.00",
        "",
        "  Sum: -1 + 1.75 = 0.75 (a probability of 67.9 %), which is the model's own score, to 0.",
        "  Explained by by hand, in 0.25 s.",
    ]


def test_captions_and_units_take_the_place_of_names() -> None:
    known = replace(
        reasons([0.5, 2.0]), captions=replace(Captions.from_yaml(CAPTIONS, "here"), target="left")
    )
    text = "\n".join(lines(known))
    assert "It predicts Customer = leaves; the probabilities are leaves 81.8 %, stays 18.2 %." in text
    assert "log-odds of leaves of -1" in text
    assert "  Monthly charges (€)  29.85   raises  +0.50" in text
    assert "  plan                 a plan  raises  +2.00" in text


def test_columns_beyond_the_top_are_one_sum() -> None:
    known = reasons([0.5, 2.0, -0.75, 0.0])
    text = lines(known, top=1)
    assert [line.split("  ")[1] for line in text[4:6]] == ["plan", "3 other columns together"]


def test_of_several_classes_the_predicted_one_is_explained() -> None:
    known = reasons([0.5, 2.0], ("0", "1", "2"))
    assert "(a probability" not in "\n".join(lines(known))


def test_sampled_contributions_have_their_intervals() -> None:
    known = reasons([0.5, 2.0])
    sampled = replace(known.explanation, standard_error=np.array([[[0.1], [np.nan]]]))
    known = replace(known, explanation=sampled)
    assert "+0.50 ± 0.20" in "\n".join(lines(known))


def test_a_number_is_predicted_without_probabilities() -> None:
    known = reasons([0.5, 2.0])
    explanation = replace(known.explanation, unit="target", outputs=[""])
    row = pd.DataFrame({"prediction": [1.5]}, index=known.inputs.index)
    text = lines(replace(known, explanation=explanation, predicted=row, link=None, target=None))
    assert text[1] == "  It predicts 1.5."
    assert text[3] == "  The base is a prediction of -1. Each column raises or lowers it:"


def test_signs_and_words_stand_without_the_bars_too() -> None:
    text = [*screen(reasons([0.5, -2.0]), 70, None, PLAIN_BARS)]
    assert "lowers  -2.00  ====" in text[4]
    assert "raises  +0.50  ####" in text[5]
    assert "\n".join(text[:2]).isascii()


def test_wide_signs_keep_the_columns_in_line() -> None:
    known = reasons([0.5, -2.0])
    captions = Captions.from_yaml("captions: {charges: 月額料金, plan: plan}", "here")
    text = lines(replace(known, captions=captions))
    assert text[4].index("lowers") - text[5].index("raises") == 4  # each of four signs takes two places


def test_a_day_has_no_hours() -> None:
    known = reasons([0.5])
    days = pd.DataFrame({"charges": pd.to_datetime(["2026-01-31"])}, index=known.inputs.index)
    assert lines(replace(known, inputs=days))[4].startswith("  charges  2026-01-31  raises")
