"""The way from any older journal to the present tables, one step for each version."""
