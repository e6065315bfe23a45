"""Alerts as a source of intents: the engine's end of the door."""
