"""Reports: a document as people open it, one form a file."""
