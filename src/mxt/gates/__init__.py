"""Gates: what a promotion demands of a model version, one gate a file."""
