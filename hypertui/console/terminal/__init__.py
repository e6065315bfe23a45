"""The terminal: console options, screen diff, window title, screenshots, crash report, last position."""
