"""The venue's state as a file, which the next process restores."""
