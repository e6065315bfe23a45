"""All that passes between an engine and whoever watches it."""
