"""The journal of a trade: what was decided and what came of it, durable before anything is sent."""

from hypertui.ledger.errors import JournalDown, JournalError
from hypertui.ledger.journal import Journal
from hypertui.ledger.lock import EngineLock, Locked

__all__ = ["EngineLock", "Journal", "JournalDown", "JournalError", "Locked"]
