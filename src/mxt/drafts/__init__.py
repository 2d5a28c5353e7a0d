"""Drafts: a table is looked at, and configs for the whole life of a model of it are written."""
