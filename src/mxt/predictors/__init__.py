"""Predictors: what a fitted model of one library can do, told in one way for all of them."""
