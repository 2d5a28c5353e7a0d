"""The gate that compares a score of the version with the champion's."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from mxt.gates.base import EVALUATION, Evidence, Examination, Gate, Verdict, refused, without_champion


class ChallengerGate(Gate):
    """A score is at least as good as the score of the version that the alias stands for, on the same rows.

    Both scores come from the latest evaluations. These must have read the same columns of the same table,
    used the same rows of it, and be about the same class: evaluate both versions by one config.

    Example:
        {KIND: ChallengerGate, metric: roc_auc, margin: 0.005}
    """

    KIND: Literal["ChallengerGate"] = "ChallengerGate"

    reads_of_champion: ClassVar[tuple[str, ...]] = (EVALUATION,)

    metric: Annotated[str, StringConstraints(min_length=1)]
    """Name of the score, as the evaluations logged it."""

    margin: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    """By how much the score must be better; below zero, by how much it may be worse."""

    higher_is_better: bool = True
    """Whether a higher score is better; false for errors such as calibration_error."""

    def judge(self, evidence: Evidence) -> Verdict:
        alone = without_champion(evidence, "to beat", ", and the first may come")
        if alone is not None:
            return alone
        candidate, champion = evidence.version, evidence.champion
        ours, theirs = evidence.last.get(EVALUATION), evidence.champion_last.get(EVALUATION)
        if ours is None or theirs is None:
            version = candidate if ours is None else champion
            return refused(f"version {version} was never evaluated, so nothing can be compared", EVALUATION)
        fault = self._fault(f"versions {candidate} and {champion}", ours, theirs)
        return refused(fault) if fault else self._compare(ours, theirs, f"version {champion}")

    def _fault(self, versions: str, ours: Examination, theirs: Examination) -> str:
        """Why two evaluations cannot be compared; empty if they can."""
        rows = [frozenset({each.rows} - {""}) for each in (ours, theirs)]
        for what, one, other in (("data", ours.tables, theirs.tables), ("rows", rows[0], rows[1])):
            if not one or not other:
                return f"the evaluations of {versions} do not record which {what} they used"
            if not one & other:
                return f"{versions} were evaluated on different {what}; evaluate both by one config"
        common = {*ours.scores} & {*theirs.scores}
        known = ", ".join(sorted(common)) or "none"
        if self.metric not in common:
            return f"no score {self.metric!r} of both {versions} (known: {known})"
        return self._other_class(versions, ours.class_of(self.metric), theirs.class_of(self.metric))

    def _other_class(self, versions: str, ours: str, theirs: str) -> str:
        """Why scores about two classes cannot be compared; empty if they can."""
        if ours == theirs:
            return ""
        if not ours or not theirs:
            unknown = f"an evaluation of {versions} does not say which class its {self.metric} is about"
            return f"{unknown}; evaluate both by one config"
        different = f"{self.metric} of {versions} is about different classes, {ours!r} and {theirs!r}"
        return f"{different}; evaluate both by one config that names `positive`"

    def _compare(self, ours: Examination, theirs: Examination, champion: str) -> Verdict:
        score, before = ours.scores[self.metric], theirs.scores[self.metric]
        gain = score - before if self.higher_is_better else before - score
        compared = f"{ours.full_name(self.metric)} is {score:.4g}, against {before:.4g} of {champion}"
        if not gain >= self.margin:
            return refused(f"{compared}; it should be better by {self.margin:g}")
        return Verdict(passed=True, reason=compared)
