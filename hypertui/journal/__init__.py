"""The journal of a trade: what was decided and what came of it, durable before anything is sent."""

from hypertui.journal.errors import JournalDown, JournalError
from hypertui.journal.lock import EngineLock, Locked
from hypertui.journal.writer import Journal

__all__ = ["EngineLock", "Journal", "JournalDown", "JournalError", "Locked"]
