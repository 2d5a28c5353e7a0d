"""What criteria check before one of them costs anything: that metric, recipe and explainer will serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from mxt.criteria.base import too_few, too_few_to_explain
from mxt.errors import ConfigError
from mxt.explainers.base import require_background

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mxt.criteria.base import Candidate, Criterion
    from mxt.explainers.base import Explainer
    from mxt.metrics.base import Metric


def check_all(criteria: Iterable[Criterion], candidate: Candidate) -> None:
    """Check each criterion, and that no two of them measure the same.

    Raises:
        MxtError: A criterion cannot assess the candidate.
    """
    names: list[str] = []
    for criterion in criteria:
        criterion.check(candidate)
        names += criterion.names(candidate)
    refuse_repeated(names)


def refuse_repeated(names: list[str]) -> None:
    """Raise a ConfigError if two criteria measure the same."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"criteria: two of them measure {', '.join(twice)}; list each once."
        raise ConfigError(msg)


def check_metric(metric: Metric, candidate: Candidate, minimum_rows: int) -> None:
    """Score the rows held out once, unless there are too few of them to judge.

    Raises:
        ConfigError: The metric names a class that the model does not know.
        DataError: The metric does not fit the model or the rows.
    """
    about = metric.about(candidate.positive)
    candidate.class_note(about)
    if not too_few(candidate.truth, minimum_rows):
        about.score(candidate.truth, candidate.predictions)


def check_refits(criterion: str, metric: Metric, candidate: Candidate, minimum_rows: int) -> None:
    """As `check_metric`, for a criterion that trains again and scores other rows.

    Raises:
        ConfigError: The recipe is not known, or the metric names a class that the model does not know.
        DataError: The metric does not fit the model.
    """
    candidate.recipe_for(criterion)
    candidate.class_note(metric.about(candidate.positive))
    if candidate.truth.nunique() == candidate.training.targets.nunique() or not candidate.classes:
        check_metric(metric, candidate, minimum_rows)


def check_explainer(
    explainer: Explainer, candidate: Candidate, minimum_rows: int, background_for: str = ""
) -> None:
    """Explain one row, unless there are too few rows to judge.

    Args:
        explainer: How rows will be explained.
        candidate: What is to be explained.
        minimum_rows: The least number of rows.
        background_for: The criterion, if it needs a background.

    Raises:
        ConfigError: There is no background.
        ModelError: The explainer does not serve the model.
    """
    if too_few_to_explain(candidate, len(candidate.inputs), minimum_rows):
        return
    if background_for:
        require_background(candidate.model.background, background_for)
    candidate.model.explain(candidate.inputs.head(1), explainer)


def refuse_too_few_rows(rows: int, minimum_rows: int) -> None:
    """Raise an error if so few rows are explained that the outcome is known before: INSUFFICIENT.

    Raises:
        PydanticCustomError: There are fewer rows than the least number.
    """
    if rows < minimum_rows:
        kind = "contradiction"
        msg = (
            "{rows} rows can only be INSUFFICIENT where {minimum} are needed; give `rows: {minimum}`, or "
            "`minimum_rows: {rows}` if so few shall decide"
        )
        raise PydanticCustomError(kind, msg, {"rows": rows, "minimum": minimum_rows})
