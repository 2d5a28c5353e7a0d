"""The reader of a table in a config, and the choices that several configs share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxt.drafts.groupings import FEWEST
from mxt.drafts.texts import said
from mxt.findings.words import count

if TYPE_CHECKING:
    from mxt.drafts.choices import Choices
    from mxt.drafts.places import Place

FEWEST_HELD_OUT = 100
"""Rows that a certification needs to decide anything."""

MOST_SHARE = 0.4
"""The largest share of the rows that is held out."""

MOST_OF_RARE = 0.3
"""The largest share that is held out for a rare class, of which training needs rows too."""

FOLDS = 5
"""Parts of a cross-validation."""

LEAST_NUMBER = -1e15
"""Targets lie above it, and a missing value lies above no number; doubles and integers both hold it."""

SEVERAL = 2

AGAIN = "read as the training of the version read it: ids, missing values and signs need not stand here"


def reader(choices: Choices, place: Place) -> dict[str, object]:
    """The reader of the table, with all that was seen of it."""
    source = choices.look.source
    ids = {} if choices.id_column is None else {"id_column": choices.id_column}
    return {"KIND": source.kind, "path": place.path, **ids, **source.fields}


def again(choices: Choices, place: Place) -> dict[str, object]:
    """The reader in the config of a later job, which reads cells as the training of its version did."""
    return {"KIND": choices.look.source.kind, "path": place.path}


def labelled(choices: Choices) -> dict[str, object]:
    """The field of a reader that leaves out rows whose target is missing; none if there are none."""
    target = choices.target
    if not target.missing:
        return {}
    known = [*target.classes]
    return {"filters": [[target.name, "in", known] if known else [target.name, ">", LEAST_NUMBER]]}


def reader_comments(choices: Choices, path: str) -> dict[str, str]:
    """What is said of the fields of `reader` and `labelled`, where the reader stands at a path."""
    look = choices.look
    if choices.id_column is None:
        ids = {f"{path}.KIND": "no column identifies a row, so rows are known by their number in the table"}
    else:
        ids = {f"{path}.id_column": f"another value in each of {count(look.rows, 'row')}"}
    return {
        **ids,
        f"{path}.missing": "these texts stand for a missing value",
        f"{path}.time_formats": "how times are written, beside 2026-12-31: %d is the day, %m the month",
        f"{path}.thousands": "between the thousands of numbers",
        f"{path}.decimal": "before the fractions of numbers",
        f"{path}.filters": filters_comment(choices),
    }


def filters_comment(choices: Choices) -> str:
    """What is said of the filter of `labelled`."""
    target = choices.target
    return f"leaves out {count(target.missing, 'row')} without a {said(target.name)}"


def held_out_share(choices: Choices) -> float:
    """The share of the rows that is held out: a fifth, or more of a short table or one of a rare class."""
    target = choices.target
    few = min(MOST_SHARE, 1.1 * FEWEST_HELD_OUT / target.rows)
    rare = min(MOST_OF_RARE, 1.1 * FEWEST / max(1, target.rarest))
    return math.ceil(round(100 * max(0.2, few, rare), 6)) / 100


def held_out(choices: Choices) -> int:
    """Rows held out."""
    return round(choices.target.rows * held_out_share(choices))


def enough(choices: Choices) -> bool:
    """Whether enough rows are held out for a certification to decide."""
    return held_out(choices) >= FEWEST_HELD_OUT


def few_rows(choices: Choices) -> str:
    """What follows from too few rows."""
    return (
        f"{held_out(choices)} rows are held out, and a certification of fewer than {FEWEST_HELD_OUT} ends "
        "with INSUFFICIENT, so the promotion does not ask for a certificate."
    )


def metrics(choices: Choices) -> list[dict[str, object]]:
    """The scores that fit the target, the deciding one first, with the limit that chance would reach."""

    def sklearn(name: str, **limits: object) -> dict[str, object]:
        return {"KIND": "SklearnMetric", "name": name, **limits}

    target = choices.target
    if target.task == "regression":
        names = ("neg_mean_absolute_error", "neg_root_mean_squared_error")
        return [sklearn("r2", minimum=0.0), *map(sklearn, names)]
    if len(target.classes) > SEVERAL:
        chance = math.floor(100 / len(target.classes)) / 100
        return [sklearn("balanced_accuracy", minimum=chance), sklearn("accuracy"), sklearn("f1_macro")]
    others: list[dict[str, object]] = [{"KIND": "BrierMetric"}, {"KIND": "CalibrationErrorMetric"}]
    return [sklearn("roc_auc", minimum=0.5), sklearn("average_precision"), *others]


def limit_comment(choices: Choices) -> str:
    """What is said of the limit of the deciding score."""
    better = "the mean of the target" if choices.target.task == "regression" else "chance"
    return f"better than {better}; raise the limit to what the use needs"
