"""Explainers: how much each source column adds to each prediction."""
