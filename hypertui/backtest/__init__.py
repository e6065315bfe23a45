"""Replaying price files through the ladder, with fills that happen at once."""
