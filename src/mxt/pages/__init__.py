"""Reports: what a job found, for people."""
