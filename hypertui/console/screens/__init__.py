"""Screens: the main page, the pages beside it, the preflight, and the dialog with its questions."""
