"""The screens: the main page, the pages beside it, the preflight, the dialog and what it asks."""
