"""Long tables, in parts: what is done with the rows, by which executor, and what is kept when a run stops."""
