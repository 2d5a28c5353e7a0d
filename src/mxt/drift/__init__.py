"""Drift: how far the current values of a column have moved from the reference's."""
