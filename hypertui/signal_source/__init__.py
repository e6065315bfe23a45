"""Signals beside an engine: closed candles asked for, states journalled, and what fires queued as intents."""
