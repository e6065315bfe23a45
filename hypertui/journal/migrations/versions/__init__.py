"""One module for each version; written once, never changed."""
