"""One module for each revision; after a release none of them is changed."""
