"""The operator's console: a Textual app that shows the engine's snapshots and sends it commands."""
