"""The positive class of a job: which class scores are about where their metrics name none."""

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
    """The class that a job's config names, by its text; None if it names none.

    Args:
        positive: As the config has it.
        classes: Those of the model by their texts; none if it predicts numbers.

    Raises:
        ConfigError: It is none of the classes.
    """
    name = text_of(positive)
    if name is None or name in classes:
        return name
    known = f"its classes are {listed(classes)}" if classes else "it predicts numbers; leave `positive` out"
    msg = f"positive: the model knows no class {name!r}; {known}."
    raise ConfigError(msg)


def chosen(positive: ClassName | None, model: Model) -> str | None:
    """The class that the config names, else the one recorded with the version, else None.

    Raises:
        ConfigError: The class that the config names is none of the model's.
    """
    name = checked(positive, [*map(str, model.predictor.classes)])
    return model.positive if name is None else name


def agreed(positive: ClassName | None, pair: ServedArms | None, endpoints: Iterable[Endpoint]) -> str | None:
    """The class that endpoints are about which name none: that of the config, else that of both versions.

    Raises:
        ConfigError: The config names a class that a version does not know, or the versions were registered
            with different ones and an endpoint names none.
    """
    known = [(str(by.pinned), chosen(positive, by.model)) for by in pair or ()]
    named = {name: version for version, name in known if name is not None}
    asking = [endpoint.label for endpoint in endpoints if endpoint.needs_positive]
    if len(named) > 1 and asking:
        registered = " and ".join(f"{version} with {name!r}" for name, version in named.items())
        msg = (
            f"{', '.join(asking)}: the positive classes of the versions differ, {registered}; give the job "
            "the `positive` to score both by."
        )
        raise ConfigError(msg)
    return next(iter(named), text_of(positive))


def of_targets(
    positive: ClassName | None, metrics: Iterable[Metric], targets: pd.Series[Any], *, numbers: bool
) -> dict[str, str]:
    """The class that each score of a model to be fitted will be about, by its label.

    A class that nobody named, of two that are texts, is warned of: their alphabetical order means nothing.

    Args:
        positive: As the job's config has it.
        metrics: They score the class `positive` where they name none.
        targets: What the model is to be fitted to.
        numbers: Whether it is to predict numbers.

    Raises:
        ConfigError: A class that is named is none of the targets.
    """
    import pandas as pd

    texts = not (pd.api.types.is_numeric_dtype(targets) or pd.api.types.is_bool_dtype(targets))
    classes = () if numbers else target_names(targets)
    checked(positive, classes)
    known = [*metrics]
    found = positives(known, classes)
    guessed = [metric.label for metric in known if metric.label in found and metric.named is None]
    if guessed and texts:
        logger.warning(
            "the positive class of {} is {!r}, the last of {} in alphabetical order; set `positive` if it "
            "should be another",
            ", ".join(guessed),
            found[guessed[0]],
            listed(classes),
        )
    return found


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
