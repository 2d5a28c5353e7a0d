"""Schemas: what a table must look like, checked by pandera; messages never quote a cell."""

from mxt.schemas.explanations import EffectsSchema, FeatureImportancesSchema, SHAPValuesSchema
from mxt.schemas.inputs import InputsSchema
from mxt.schemas.outputs import OutputsSchema
from mxt.schemas.targets import TargetsSchema

__all__ = [
    "EffectsSchema",
    "FeatureImportancesSchema",
    "InputsSchema",
    "OutputsSchema",
    "SHAPValuesSchema",
    "TargetsSchema",
]
