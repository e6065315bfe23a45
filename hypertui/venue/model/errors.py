"""Why a signed action is refused as a whole."""

from __future__ import annotations


class ActionError(Exception):
    """A whole action is refused; the text is what the venue answers."""
