"""Datasets: readers, writers and splitters of tables, and the fingerprint of their content."""
