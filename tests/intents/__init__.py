"""Intents and the door for alerts."""
