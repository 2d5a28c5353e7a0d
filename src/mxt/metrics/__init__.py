"""Metrics: how good predictions are, one number at a time."""
