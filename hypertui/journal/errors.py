"""The errors of a journal and of the ledger derived from it."""


class JournalError(RuntimeError):
    """The journal cannot be used as it is; the text is one line without any password."""


class JournalDown(JournalError):
    """The database does not answer now; what was queued stays queued."""


class NoJournal(JournalError):
    """No journal exists at that place."""


class OtherVersion(JournalError):
    """The journal is of another version than this hypertui reads, older or newer; it is left as it is."""


class LedgerError(ValueError):
    """The journal's facts contradict each other, so nothing is derived from them; the text is one line."""
