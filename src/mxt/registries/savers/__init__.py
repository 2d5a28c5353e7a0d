"""Savers: put a fitted model, with all that later jobs need of it, into the store."""
