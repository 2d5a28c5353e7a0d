"""Models made of models: votes, stacks, bags and calibrations, as sums of links of their parts' scores."""

from mxt.predictors.sklearn.composition.compose import compose

__all__ = ["compose"]
