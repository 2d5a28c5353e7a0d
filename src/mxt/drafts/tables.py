"""The reader of a table in a config, and the choices that several configs share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxt.drafts.groupings import FEWEST
from mxt.findings.words import count

if TYPE_CHECKING:
    from mxt.drafts.choices import Choices
    from mxt.drafts.places import Place

FEWEST_HELD_OUT = 100
"""Rows that a certification needs to decide anything."""

MOST_SHARE = 0.4
"""The largest share of the rows that is held out."""

FOLDS = 5
"""Parts of a cross-validation."""

LEAST_NUMBER = -1e300
"""Every number of a target lies above it, and no missing value does."""

SEVERAL = 2


def reader(choices: Choices, place: Place) -> dict[str, object]:
    """The reader of the table, with all that was seen of it."""
    source = choices.look.source
    ids = {} if choices.id_column is None else {"id_column": choices.id_column}
    return {"KIND": source.kind, "path": place.path, **ids, **source.fields}


def labelled(choices: Choices, place: Place) -> dict[str, object]:
    """The reader of the rows whose target is known."""
    target = choices.target
    if not target.missing:
        return reader(choices, place)
    known = [*target.classes]
    condition = [target.name, "in", known] if known else [target.name, ">", LEAST_NUMBER]
    return {**reader(choices, place), "filters": [condition]}


def reader_comments(choices: Choices, path: str) -> dict[str, str]:
    """What is said of the fields of `labelled`, in a config where the reader stands at a path."""
    look, target = choices.look, choices.target
    if choices.id_column is None:
        ids = {f"{path}.KIND": "no column identifies a row, so rows are known by their number in the table"}
    else:
        ids = {f"{path}.id_column": f"another value in each of {count(look.rows, 'row')}"}
    return {
        **ids,
        f"{path}.missing": "these texts stand for a missing value",
        f"{path}.thousands": "between the thousands of numbers",
        f"{path}.decimal": "before the fractions of numbers",
        f"{path}.filters": f"leaves out {count(target.missing, 'row')} without a {target.name!r}",
    }


def held_out_share(choices: Choices) -> float:
    """The share of the rows that is held out: a fifth, or more of a short table or one of a rare class."""
    target = choices.target
    wanted = (0.2, 1.1 * FEWEST_HELD_OUT / target.rows, 1.1 * FEWEST / max(1, target.rarest))
    return min(MOST_SHARE, math.ceil(round(100 * max(wanted), 6)) / 100)


def held_out(choices: Choices) -> int:
    """Rows held out."""
    return round(choices.target.rows * held_out_share(choices))


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
