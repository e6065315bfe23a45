"""What must be there before a journal can be read, copied or pruned."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile

from hypertui.journal.database import Database, find
from hypertui.journal.errors import JournalError, NoJournal, OldJournal
from hypertui.journal.schema import VERSION
from hypertui.journal.session import DatabaseSession
from hypertui.journal.upgrade import version_of


def existing(url: str) -> Database:
    """The database at `url`. Raises NoJournal where there is no file of that name."""
    database = find(url, make=False)
    if not database.is_postgresql and not Path(database.place).exists():
        raise NoJournal(f"there is no journal at {database.place}")
    return database


def to_be_made(url: str) -> str:
    """The place where a start would make the journal, by name. Tries whether a file can be there, and leaves
    none. Raises JournalError where none can be."""
    database = find(url, make=False)
    if database.is_postgresql:
        return database.place
    path = Path(database.place)
    try:
        if path.exists():
            raise JournalError(f"the journal {path} is not a file")
        nearest = next(folder for folder in path.parents if folder.exists())
        with TemporaryFile(dir=nearest):
            return database.place
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JournalError(f"the journal {path} cannot be made: {reason}") from None


def check(session: DatabaseSession) -> None:
    """Raise NoJournal, OldJournal or another JournalError for one that this version cannot read as it is."""
    version, place = session.run(version_of), session.database.place
    if version is None:
        raise NoJournal(f"there is no journal in {place}")
    if version < VERSION:
        raise OldJournal(
            f"the journal {place} is of an older version ({version}, not {VERSION}): hypertui brings it up to"
            " date when it trades, or with: hypertui ledger upgrade"
        )
    if version > VERSION:
        raise JournalError(f"the journal {place} was written by a newer hypertui (its version is {version})")
