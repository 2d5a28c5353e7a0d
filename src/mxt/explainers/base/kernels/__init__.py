"""Exact arithmetic on trees, compiled: the fastest part of MXT."""
