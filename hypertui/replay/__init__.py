"""Replay: a trade at any moment of its past, rebuilt from its journal, and the screens over it."""
