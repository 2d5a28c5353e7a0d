"""The configs that make a model: training and tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.drafts.blocks import render
from mxt.drafts.choices import REPEATED
from mxt.drafts.tables import (
    SEVERAL,
    held_out_share,
    labelled,
    limit_comment,
    metrics,
    reader,
    reader_comments,
)
from mxt.drafts.texts import said, scalar
from mxt.findings.words import listed

if TYPE_CHECKING:
    from mxt.drafts.choices import Choices
    from mxt.drafts.places import Place

FEWEST_CALIBRATED = 25
"""Rows of each class that a calibration needs, which cuts the training part into five."""

MOST_REASONS = 30
"""Excluded columns of which each has a comment of its own."""


def training(choices: Choices, place: Place) -> str:
    """The config of the training."""
    head = (
        f"Train a model of {said(choices.target.name)} and register it as the challenger.\n"
        f"Written by `mxt init`; every line is yours to change. Run it: {place.command('training')}"
    )
    content = {"KIND": "TrainingJob", **_fit(choices, place), "alias": "Challenger"}
    return render(head, {"job": content}, _comments(choices))


def tuning(choices: Choices, place: Place) -> str:
    """The config of the search for better fields of the recipe."""
    head = (
        f"Search for better fields of the recipe, and register what they make as a candidate.\n"
        f"Run it: {place.command('tuning')}"
    )
    fit = _fit(choices, place)
    search = {
        "KIND": "RandomSearch",
        "candidates": 10,
        "values": {"depth": [2, 3, 4, 6], "learning_rate": [0.03, 0.05, 0.1], "child_weight": [1.0, 5.0]},
        "folds": 3,
    }
    parts = {"search": search, "trials": place.output("trials"), "alias": "Candidate"}
    return render(head, {"job": {"KIND": "TuningJob", **fit, **parts}}, _comments(choices))


def _fit(choices: Choices, place: Place) -> dict[str, object]:
    """The fields that training and tuning share."""
    target, share = choices.target, held_out_share(choices)
    kind = "StratifiedSplitter" if target.classes else "HoldoutSplitter"
    return {
        "mlflow_service": place.service,
        "inputs": {**reader(choices, place), **labelled(choices)},
        "target": target.name,
        **({} if target.positive is None else {"positive": target.positive}),
        **({"exclude": [*choices.excluded]} if choices.excluded else {}),
        "splitter": {"KIND": kind, "test_share": share},
        "recipe": _recipe(choices),
        "metrics": metrics(choices),
    }


def _recipe(choices: Choices) -> dict[str, object]:
    target = choices.target
    calibrated = len(target.classes) == SEVERAL and target.rarest >= FEWEST_CALIBRATED
    return {
        "KIND": "XgboostRecipe",
        **({"task": "regression"} if target.task == "regression" else {}),
        "trees": 200,
        "depth": 3,
        "learning_rate": 0.05,
        **({"calibration": "sigmoid"} if calibrated else {}),
        **({"dates": "parts"} if choices.times else {}),
    }


def _groups_comment(choices: Choices) -> str:
    """What is said of the splitter if ids repeat, which rows of one customer do."""
    repeated = [name for name, why in choices.excluded.items() if why.startswith(REPEATED)]
    if not repeated:
        return ""
    group = scalar({"KIND": "GroupedSplitter", "group": repeated[0]})
    return f"holds out whole groups of rows that belong together, if you write\n>splitter: {group}"


def _comments(choices: Choices) -> dict[str, str]:
    target = choices.target
    reasons = [*choices.excluded.items()]
    each = {f"job.exclude.{place}": why for place, (_, why) in enumerate(reasons)}
    if len(reasons) > MOST_REASONS:
        each = {
            "job.exclude": f"nothing to learn from: ids, or {listed(sorted({why for _, why in reasons}), 3)}"
        }
    rows = ", ".join(f"{said(str(label))} {number:,}" for label, number in [*target.classes.items()][:10])
    what = f"{len(target.classes)} classes: {rows}" if target.classes else "numbers"
    return {
        **reader_comments(choices, "job.inputs"),
        "job.target": what,
        "job.positive": "the class that scores are about, and that is selected",
        **each,
        "job.splitter": _groups_comment(choices),
        "job.recipe.dates": f"times are learned from by their parts: {listed([*map(said, choices.times)])}",
        "job.recipe.calibration": "probabilities that can be read as frequencies",
        "job.metrics.0": limit_comment(choices),
        "job.alias": "moves to the new version if its scores keep their limits",
    }
