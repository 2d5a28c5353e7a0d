"""One writer a file, all members of the family in base."""
