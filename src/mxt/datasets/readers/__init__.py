"""One reader a file, all members of the family in base."""
