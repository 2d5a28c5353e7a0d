"""Digests of rows, compiled: the definition of `mxt.datasets.fingerprint`, once more in C++."""
