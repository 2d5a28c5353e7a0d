"""Endpoints: what two arms of an experiment are compared by, one a file."""
