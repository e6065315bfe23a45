"""Strategies: what to hold and which orders that wants. Pure, each in a room of its own."""
