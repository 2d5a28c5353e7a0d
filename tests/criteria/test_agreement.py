"""Agreement: an explanation agrees with itself, and with none whose columns were shuffled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from criteria.candidates import shuffled, trees
from mxt.criteria.agreement import AgreementCriterion


def test_a_shuffled_explanation_agrees_with_none() -> None:
    inputs = trees().inputs
    true, decisions = trees().model.explain(inputs), trees().model.predict(inputs)["prediction"]
    assessment = AgreementCriterion().judge(true, shuffled(true), decisions)
    assert assessment.outcome == "FAIL"
    assert abs(assessment.value) < 0.1
    assert AgreementCriterion().judge(true, true, decisions).value == 1


def test_contributions_of_0_agree_with_no_others() -> None:
    inputs = trees().inputs
    true, decisions = trees().model.explain(inputs), trees().model.predict(inputs)["prediction"]
    nothing = replace(true, values=np.zeros_like(true.values))
    assert AgreementCriterion().judge(true, nothing, decisions).outcome == "FAIL"
