"""Pure functions from a frame and a size to the lines of a panel."""
