"""Predictors: one interface to the fitted models of each library."""
