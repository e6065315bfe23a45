"""What a sender is told of its wish."""

from __future__ import annotations

from dataclasses import dataclass

from hypertui.core.intents import IntentState


class NotWritten(Exception):
    """A wish could not be written down, and nothing is done about it: its sender may send it again."""


@dataclass(frozen=True, slots=True)
class Received:
    """The id and the state of its intent, or of the first one that was the same."""

    id: str
    state: IntentState
    is_new: bool
