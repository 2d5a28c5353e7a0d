"""One splitter a file, all members of the family in base."""
