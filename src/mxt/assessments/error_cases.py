"""The error cases of an evaluation: the predictions that are most wrong, each with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mxt.errors import ModelError
from mxt.explainers.auto import AutoExplainer
from mxt.metrics.base.answers import Numbers, encoded, labels
from mxt.schemas.casts import is_missing
from mxt.schemas.outputs import PREDICTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

    from mxt.assessments.scores import LabelledPredictions
    from mxt.explainers.base import Explainer, Explanation
    from mxt.metrics.base.answers import Classes
    from mxt.models import Model
    from mxt.schemas.captions import Captions

MOST_CASES = 100
"""Error cases that are written if a config says nothing else."""
MOST_REASONS = 5
"""Columns that a case names: the columns of the largest contributions."""
LEAST_CHANCE = 2.0**-52
"""Probability of the true class that counts in its place if it is smaller, so that each loss is a number."""


@dataclass(frozen=True)
class ErrorCases:
    """The predictions that are most wrong."""

    table: pd.DataFrame
    """A row for each case, the most wrong first: truth, prediction, probability, loss and reasons."""
    wrong: int
    """How many predictions are wrong."""
    rows: int
    """How many predictions there are."""
    unit: str = ""
    """Unit of the contributions; empty if there are none."""
    method: str = ""
    """How the contributions were computed."""
    without: str = ""
    """Why there are no reasons."""


def error_cases(
    labelled: LabelledPredictions,
    inputs: pd.DataFrame,
    model: Model,
    most: int,
    explainer: Explainer | None,
    captions: Captions,
) -> ErrorCases:
    """The predictions that are most wrong, each with the columns that moved it most.

    A class is wrong if it is not the true class; the largest log loss comes first. A number is wrong if it is
    not the true number; the largest distance comes first. Equally wrong rows come in the order of their ids.

    Args:
        labelled: Truth and predictions.
        inputs: The model's inputs, in the same order.
        model: The model.
        most: The most cases.
        explainer: How they are explained; the cheapest exact explainer, and no reasons if there is none, if
            left out.
        captions: How people call the columns.

    Raises:
        ModelError: The explainer of the config does not serve the model.
    """
    import numpy as np

    facts, wrong = _facts(labelled, model)
    ranks = np.empty(len(inputs), dtype=int)
    ranks[inputs.index.argsort()] = np.arange(len(inputs))
    places = np.flatnonzero(wrong)
    chosen = places[np.lexsort((ranks[places], -facts["loss"][places]))][:most]
    table = _table(labelled, facts, chosen)
    count, rows = int(wrong.sum()), len(inputs)
    explained = inputs.iloc[chosen if len(chosen) else [0]]  # one row shows which columns there would be
    try:
        explanation = model.explain(explained, explainer or AutoExplainer())
    except ModelError as error:
        if explainer is not None:
            raise
        return ErrorCases(table, count, rows, without=str(error))
    predicted = labelled.predictions.loc[explained.index, PREDICTION].astype(str)
    reasons = _reasons(explanation, predicted, explained[explanation.columns], captions)
    table = table.join(reasons.iloc[: len(chosen)])
    return ErrorCases(table, count, rows, explanation.unit, explanation.method)


def _facts(labelled: LabelledPredictions, model: Model) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The probability of each prediction and its loss, and whether it is wrong; arrays of shape (rows,)."""
    import numpy as np

    pairs: Classes | Numbers = encoded(labelled.truth, labelled.predictions)
    if isinstance(pairs, Numbers) and model.predictor.task == "classification":
        pairs = labels(labelled.truth, labelled.predictions[PREDICTION])
    if isinstance(pairs, Numbers):
        loss = np.abs(np.asarray(pairs.truth, dtype=float) - np.asarray(pairs.predicted, dtype=float))
        return {"loss": loss}, loss > 0
    wrong = ~pairs.right
    if pairs.shares is None:
        return {"loss": wrong.astype(float)}, wrong
    at = np.arange(len(wrong))
    loss = -np.log(np.maximum(pairs.shares[at, pairs.truth], LEAST_CHANCE))
    return {"probability": pairs.shares[at, pairs.predicted], "loss": loss}, wrong


def _table(
    labelled: LabelledPredictions, facts: Mapping[str, np.ndarray], chosen: np.ndarray
) -> pd.DataFrame:
    """The facts of the chosen rows."""
    import pandas as pd

    truth = labelled.truth.iloc[chosen]
    predicted = labelled.predictions[PREDICTION].iloc[chosen]
    columns = {"truth": truth, "prediction": predicted}
    return pd.DataFrame(columns | {name: values[chosen] for name, values in facts.items()}, index=truth.index)


def _reasons(
    explanation: Explanation, predicted: pd.Series, cells: pd.DataFrame, captions: Captions
) -> pd.DataFrame:
    """The reasons of each case: in words, and in columns for programs.

    Contributions are to the score of the predicted class, so a positive one speaks for the prediction.
    """
    import numpy as np
    import pandas as pd

    def called(name: str, text: str) -> str:
        return f"{captions.column(name)} = {captions.value(name, text)}"

    verbs = ("speaks for it", "speaks against it") if explanation.outputs[0] else ("raises it", "lowers it")
    values, base, score = _of_predicted(explanation, predicted)
    order = np.argsort(-np.abs(values), axis=1, kind="stable")[:, :MOST_REASONS]
    at, known = np.arange(len(values)), [cells[name].tolist() for name in cells]
    columns: dict[str, object] = {"unit": explanation.unit, "base_value": base, "score": score}
    words = [list[str]() for _ in at]
    for place in range(order.shape[1]):
        picked = order[:, place]
        names = [explanation.columns[column] for column in picked]
        texts = [_text(known[column][row]) for row, column in zip(at, picked, strict=True)]
        sizes = values[at, picked]
        columns[f"reason_{place + 1}"] = pd.Series(names, index=cells.index, dtype="str")
        columns[f"value_{place + 1}"] = pd.Series(texts, index=cells.index, dtype="str")
        columns[f"contribution_{place + 1}"] = sizes
        for row, (name, text, size) in enumerate(zip(names, texts, sizes, strict=True)):
            words[row].append(_words(called(name, text), float(size), verbs))
    columns["reasons"] = pd.Series(["; ".join(parts) for parts in words], index=cells.index, dtype="str")
    return pd.DataFrame(columns, index=cells.index)


def _of_predicted(
    explanation: Explanation, predicted: pd.Series
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Contributions, shape (rows, columns), bases and scores of each row's predicted class.

    A single output is the score of the second of two classes: the score of the first is its opposite.
    """
    import numpy as np

    at, outputs = np.arange(len(predicted)), explanation.outputs
    places = np.array([max(outputs.index(name) if name in outputs else 0, 0) for name in predicted])
    values = explanation.values[at, :, places]
    base, score = explanation.bases[at, places], explanation.prediction[at, places]
    if len(outputs) > 1 or not outputs[0]:
        return values, base, score
    second = (predicted == outputs[0]).to_numpy()
    sign, whole = np.where(second, 1.0, -1.0), float(explanation.unit == "probability")
    opposite = np.where(second, 0.0, whole)
    return values * sign[:, np.newaxis], opposite + sign * base, opposite + sign * score


def _text(cell: object) -> str:
    return "missing" if is_missing(cell) else str(cell)


def _words(cell: str, size: float, verbs: tuple[str, str]) -> str:
    """A reason in words; the first verb is for a positive contribution, the second for a negative."""
    effect = verbs[0] if size > 0 else verbs[1]
    return f"{cell} {effect} by {abs(size):.3g}" if size else f"{cell} has no effect"
