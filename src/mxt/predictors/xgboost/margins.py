"""The margins that an xgboost model starts from, computed from the base scores that it stores.

xgboost stores a base score as a prediction, and each objective's ProbToMargin turns it back into a margin, in
float32. The rounding is repeated here: a probability of 0.99999 is a margin of 11.5116, not 11.5129.

Source: xgboost 3.4, src/objective/*_obj.cc and src/common/math.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxt.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

_LEAST = 1e-6
"""xgboost's kRtEps: the least distance of probabilities from 0 and 1, and of expectiles from each other."""


def base_margins(objective: str, scores: list[float], outputs: int) -> np.ndarray:
    """The margin before any tree, shape (outputs,).

    Args:
        objective: xgboost's name of the model's objective.
        scores: The stored base scores: one for each output, or one for all.
        outputs: Number of margins that the model gives for a row.

    Raises:
        ModelError: The objective is not known, or the margin is infinite.
        ValueError: The objective cannot predict such scores.
    """
    import numpy as np

    if objective not in _MARGINS:
        msg = (
            f"MXT cannot read the trees of the xgboost objective {objective!r}: its base margin is not known."
        )
        raise ModelError(msg)
    stored = np.broadcast_to(np.array(scores, np.float32), outputs)
    margins = _MARGINS[objective](stored).astype(np.float64)
    if np.isinf(margins).any():
        msg = (
            f"The xgboost model starts from an infinite margin ({objective}, base score 0), to which no "
            "contributions add up; train it with another base_score."
        )
        raise ModelError(msg)
    return margins


def _same(scores: np.ndarray) -> np.ndarray:
    return scores


def _log(scores: np.ndarray) -> np.ndarray:
    import numpy as np

    if not (scores >= 0).all():
        raise ValueError(scores)
    with np.errstate(divide="ignore"):
        return np.log(scores.astype(np.float64))


def _log_odds(scores: np.ndarray) -> np.ndarray:
    import numpy as np

    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError(scores)
    one, least = np.float32(1), np.float32(_LEAST)
    odds_against = one / np.clip(scores, least, one - least) - one
    return -np.log(odds_against.astype(np.float64))


def _increments(scores: np.ndarray) -> np.ndarray:
    """The first expectile, then the inverse softplus of each increase from one expectile to the next."""
    import numpy as np

    least = np.float32(_LEAST)
    steps = np.maximum(np.diff(scores) - least, least).astype(np.float64)
    return np.concatenate([scores[:1], steps + np.log(-np.expm1(-steps))])


_MARGINS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    **dict.fromkeys(("reg:logistic", "binary:logistic"), _log_odds),
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"), _log),
    **dict.fromkeys(("reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror"), _same),
    **dict.fromkeys(("reg:absoluteerror", "reg:quantileerror"), _same),
    "reg:expectileerror": _increments,
    **dict.fromkeys(("binary:hinge", "binary:logitraw"), _same),
    **dict.fromkeys(("multi:softmax", "multi:softprob", "rank:pairwise", "rank:ndcg", "rank:map"), _same),
}
