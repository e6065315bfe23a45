"""Views: pure functions from a frame and a size to the lines of a panel, or to a table's content."""
