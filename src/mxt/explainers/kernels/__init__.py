"""Exact arithmetic on trees, compiled: the fastest part of MXT, and all of its C++."""
