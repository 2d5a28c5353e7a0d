"""Models: recipes that train them, and the facade that predicts and explains."""

from mxt.models.base.model import Model

__all__ = ["Model"]
