"""The configs that judge a model: evaluation, certification and promotion."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxt.drafts.blocks import render
from mxt.drafts.groupings import FEWEST, LEAST_SHARE, protected, segments
from mxt.drafts.tables import (
    AGAIN,
    FOLDS,
    SEVERAL,
    again,
    enough,
    few_rows,
    filters_comment,
    held_out,
    held_out_share,
    labelled,
    limit_comment,
    metrics,
)
from mxt.drafts.texts import said

if TYPE_CHECKING:
    from mxt.drafts.choices import Choices
    from mxt.drafts.places import Place

PERMUTATIONS = 40
"""So few permutations give a p-value below 0.05 if at most one of them scores as well."""

LEAST_DEVIATION, MOST_DEVIATION = 0.05, 0.5


def evaluations(choices: Choices, place: Place) -> str:
    """The config of the evaluation."""
    head = (
        f"Score the challenger on the rows that its training held out, and on parts of them.\n"
        f"Run it: {place.command('evaluations')}"
    )
    groups = segments(choices, held_out(choices))
    content: dict[str, object] = {
        "KIND": "EvaluationsJob",
        "mlflow_service": place.service,
        "inputs": {**again(choices, place), **labelled(choices)},
        "alias_or_version": "Challenger",
        "metrics": metrics(choices),
        **({"segments": [{**group, "metrics": _of_segments(choices)} for group in groups]} if groups else {}),
        "evaluations": place.output("evaluations"),
    }
    comments = {
        "job.inputs": AGAIN,
        "job.inputs.filters": filters_comment(choices),
        "job.metrics.0": limit_comment(choices),
        "job.segments": "each group of the rows is scored by itself",
    }
    return render(head, {"job": content}, comments)


def certification(choices: Choices, place: Place) -> str:
    """The config of the certification."""
    head = (
        f"Certify the challenger: is it better than chance, on any rows, fast enough, and fair?\n"
        f"Run it: {place.command('certification')}"
    )
    metric = metrics(choices)[0]
    name = {"KIND": metric["KIND"], "name": metric["name"]}
    criteria: list[dict[str, object]] = [
        {
            "KIND": "CrossValidationCriterion",
            "metric": metric,
            "maximum_deviation": _deviation(choices),
            "repeats": 1,
        },
        {"KIND": "PermutationCriterion", "metric": name, "permutations": PERMUTATIONS},
        {"KIND": "BootstrapCriterion", "metric": metric},
        {"KIND": "LatencyCriterion", "maximum_milliseconds": 2000},
    ]
    comments = {
        "job.criteria": limit_comment(choices),
        "job.criteria.0": "the score of other rows: its mean, and how much it differs from fold to fold",
        "job.criteria.1": "the score is better than on shuffled targets",
        "job.criteria.2": "the lower end of the interval of the score on the rows held out",
    }
    fair, said_of_fair = _fairness(choices)
    if fair is None:
        comments["job.criteria"] = f"{comments['job.criteria']}\n{said_of_fair}"
    else:
        comments[f"job.criteria.{len(criteria)}"] = said_of_fair
        criteria.append(fair)
    content = {
        "KIND": "CertificationJob",
        "mlflow_service": place.service,
        "alias_or_version": "Challenger",
        "criteria": criteria,
    }
    return render(head, {"job": content}, comments)


def promotion(choices: Choices, place: Place) -> str:
    """The config of the promotion."""
    back = place.command("promotion", "job.rollback=true", "job.reason=why")
    head = (
        "Let the challenger become the champion, which inference uses, if it may.\n"
        f"Run it: {place.command('promotion')}\nBack to the version before: {back}"
    )
    content = {
        "KIND": "PromotionJob",
        "mlflow_service": place.service,
        "alias": "Champion",
        "alias_or_version": "Challenger",
        "reason": f"the first model of {said(choices.target.name)}",
        "allow_first": True,
        "gates": [{"KIND": "EvaluationGate"}, *([{"KIND": "CertificateGate"}] if enough(choices) else [])],
    }
    conditions = "the last evaluation passed, and the certificate still counts"
    comments = {
        "job.reason": "goes on record; say why at each promotion",
        "job.gates": conditions if enough(choices) else f"{few_rows(choices)}\n>- {{KIND: CertificateGate}}",
    }
    return render(head, {"job": content}, comments)


def _of_segments(choices: Choices) -> list[dict[str, object]]:
    """Scores that are defined for any few rows."""
    name = "neg_mean_absolute_error" if choices.target.task == "regression" else "accuracy"
    return [{"KIND": "SklearnMetric", "name": name}]


def _deviation(choices: Choices) -> float:
    """About what chance alone does to the score of a fold."""
    rows = max(1, choices.target.rarest / FOLDS)
    return min(MOST_DEVIATION, max(LEAST_DEVIATION, math.ceil(150 / math.sqrt(rows)) / 100))


def _fairness(choices: Choices) -> tuple[dict[str, object] | None, str]:
    """The criterion of fairness with what is said of it; without groups of people, the lines that add it."""
    limits = {"demographic_parity_difference": 0.2}
    rest: dict[str, object] = {"limits": limits, "minimum_rows": FEWEST, "minimum_share": LEAST_SHARE}
    if len(choices.target.classes) != SEVERAL:
        return None, ""
    groups = protected(choices, held_out_share(choices))
    if groups:
        why = "the shares of groups that are selected differ by no more; a limit is a choice of law"
        return {"KIND": "FairnessCriterion", "columns": groups, **rest}, why
    lines = [
        "No column seems to say who people are. To compare groups, name their column:",
        ">- KIND: FairnessCriterion",
        ">  columns: [{column: COLUMN}]",
        ">  limits: {demographic_parity_difference: 0.2}",
        f">  minimum_rows: {FEWEST}",
    ]
    return None, "\n".join(lines)
