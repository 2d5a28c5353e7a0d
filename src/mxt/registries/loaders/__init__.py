"""Loaders: get a model version back, and before it the schema that its inputs must meet."""
