"""Pure arithmetic on arrays: no files, no logs, no configs."""
