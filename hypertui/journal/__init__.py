"""The journal of a trade: a write-ahead log of its decisions and their outcomes, in SQLite or PostgreSQL."""

from hypertui.journal.errors import JournalDown, JournalError
from hypertui.journal.lock import EngineLock, Locked
from hypertui.journal.writer import Journal

__all__ = ["EngineLock", "Journal", "JournalDown", "JournalError", "Locked"]
