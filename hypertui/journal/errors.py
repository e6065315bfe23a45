"""What can go wrong with a journal."""


class JournalError(RuntimeError):
    """The journal cannot be used as it is; the text is one line without any password."""


class JournalDown(JournalError):
    """The database does not take or give anything just now; nothing that was queued is lost."""


class NoJournal(JournalError):
    """There is no journal at that place, not even an empty one."""


class OtherVersion(JournalError):
    """The journal is of another version than this hypertui reads, older or newer; it is left as it is."""


class LedgerError(ValueError):
    """The facts contradict each other, so that nothing can be derived from them; the text is one line."""
