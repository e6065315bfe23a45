"""Intents of sources outside: whether each may be done, the command that does it, and what became of it."""
