"""Jobs: what a config can run."""
