"""Long tables: parts, plans, budgets and what is kept when the work is cut off."""
