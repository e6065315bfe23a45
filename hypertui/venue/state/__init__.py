"""The exchange as a file, so that it outlives its process."""
