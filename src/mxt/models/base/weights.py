"""Weights of training rows by their class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field

from mxt.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from mxt.predictors.base.outputs import Label

ClassWeight: TypeAlias = Literal["balanced"] | dict[str, Annotated[float, Field(gt=0)]]
"""``balanced``, or a weight for each class by its name; classes without one weigh 1."""


def row_weights(weight: ClassWeight, classes: Sequence[Label], codes: np.ndarray) -> np.ndarray:
    """The weight of each row, shape (rows,).

    Balanced weights are those of scikit-learn: rows / (classes * rows of the class), so that all classes
    weigh the same in sum, and a row weighs 1 on average.

    Args:
        weight: From the config.
        classes: The classes of the model.
        codes: The place of each row's class among them, shape (rows,).

    Raises:
        ConfigError: A weight names none of the classes.
    """
    import numpy as np

    if weight == "balanced":
        counts = np.bincount(codes, minlength=len(classes))
        return (len(codes) / (len(classes) * np.maximum(counts, 1)))[codes]
    names = [*map(str, classes)]
    for name in weight:
        if name not in names:
            meant = nearest(name, names)
            hint = f"perhaps {meant!r} was meant" if meant else f"the classes are {', '.join(names[:20])}"
            msg = f"class_weight: the target has no class {name!r}; {hint}."
            raise ConfigError(msg)
    return np.array([weight.get(name, 1.0) for name in names])[codes]
