"""Importances: how much each source column matters to a model as a whole."""
