"""The positive class of a job, which scores are about whose metrics name no class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger

from mxt.errors import ConfigError
from mxt.metrics.base import positives
from mxt.metrics.base.answers import listed, target_names, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    import pandas as pd

    from mxt.endpoints.base import Endpoint
    from mxt.metrics.base import Metric
    from mxt.metrics.base.answers import ClassName
    from mxt.models import Model
    from mxt.registries.served import ServedArms


def checked(positive: ClassName | None, classes: Sequence[str]) -> str | None:
    """The positive class in a job's config, as a text; None if the config names no class.

    Args:
        positive: The class in the config.
        classes: The classes of the model, as texts; empty if the model predicts numbers.

    Raises:
        ConfigError: The model does not know the class.
    """
    name = text_of(positive)
    if name is None or name in classes:
        return name
    known = f"its classes are {listed(classes)}" if classes else "it predicts numbers; leave `positive` out"
    msg = f"positive: the model knows no class {name!r}; {known}."
    raise ConfigError(msg)


def chosen(positive: ClassName | None, model: Model) -> str | None:
    """The positive class in the config, else the class recorded with the version, else None.

    Raises:
        ConfigError: The model does not know the class in the config.
    """
    name = checked(positive, [*map(str, model.predictor.classes)])
    return model.positive if name is None else name


def agreed(positive: ClassName | None, pair: ServedArms | None, endpoints: Iterable[Endpoint]) -> str | None:
    """The positive class of endpoints that name no class: from the config, else recorded with both versions.

    Raises:
        ConfigError: A version does not know the class in the config; or an endpoint names no class, and the
            versions were registered with different ones.
    """
    known = [(str(by.pinned), chosen(positive, by.model)) for by in pair or ()]
    named = {name: version for version, name in known if name is not None}
    unnamed = [endpoint.label for endpoint in endpoints if endpoint.needs_positive]
    if len(named) > 1 and unnamed:
        registered = " and ".join(f"{version} with {name!r}" for name, version in named.items())
        msg = (
            f"{', '.join(unnamed)}: the positive classes of the versions differ, {registered}; give the job "
            "the `positive` to score both by."
        )
        raise ConfigError(msg)
    return next(iter(named), text_of(positive))


def of_targets(
    positive: ClassName | None, metrics: Iterable[Metric], targets: pd.Series[Any], *, numbers: bool
) -> dict[str, str]:
    """The class that each score of a model to be fitted will be about, by the label of the score.

    The log warns if the alphabetical order of two texts decides, since that order has no meaning.

    Args:
        positive: The class in the job's config.
        metrics: They score the class `positive` if they name no class.
        targets: The targets that the model is to be fitted to.
        numbers: Whether the model is to predict numbers.

    Raises:
        ConfigError: A class that the config names is not among the targets.
    """
    import pandas as pd

    texts = not (pd.api.types.is_numeric_dtype(targets) or pd.api.types.is_bool_dtype(targets))
    classes = () if numbers else target_names(targets)
    checked(positive, classes)
    known = [*metrics]
    by_label = positives(known, classes)
    guessed = [metric.label for metric in known if metric.label in by_label and metric.named is None]
    if guessed and texts:
        logger.warning(
            "the positive class of {} is {!r}, the last of {} in alphabetical order; set `positive` if it "
            "should be another",
            ", ".join(guessed),
            by_label[guessed[0]],
            listed(classes),
        )
    return by_label


def warn_of_other(positive: str | None, model: Model, other: Model, version: object) -> None:
    """Warn if the version that a model is compared with was registered with another positive class."""
    used = str(model.predictor.classes[-1]) if positive is None else positive
    if other.positive is not None and other.positive != used:
        logger.warning(
            "{} was registered with the positive class {!r}; both versions are scored by the class {!r}",
            version,
            other.positive,
            used,
        )
