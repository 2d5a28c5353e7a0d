"""Commands: what ``mxt WORD`` does, one a file."""
