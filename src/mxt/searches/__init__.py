"""Searches: which values of a recipe's fields make the best model, one way to look a file."""
