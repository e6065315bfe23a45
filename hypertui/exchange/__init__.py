"""Exchanges: what the engine may ask of any of them, and the clients that can."""
