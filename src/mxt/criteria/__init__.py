"""Criteria: what a certificate demands of a model version, one criterion a file."""
