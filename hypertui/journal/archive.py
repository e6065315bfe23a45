"""A journal that exists already: opened to be read, and where a start would make one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from hypertui.journal.database import find
from hypertui.journal.errors import JournalError
from hypertui.journal.session import DatabaseSession
from hypertui.journal.tables import check


def open_to_read(url: str) -> DatabaseSession:
    """A session on the journal at `url` that can only read it, and has found it to be of this version. No
    byte of it changes. Raises NoJournal where there is none, OtherVersion for one of another version, and
    another JournalError."""
    session = DatabaseSession(find(url, make=False, read_only=True))
    try:
        session.run(partial(check, place=session.database.place))
    except BaseException:
        session.disconnect()
        raise
    return session


def check_version(url: str) -> None:
    """Raise what `open_to_read` raises. To be called before anything writes to a journal that exists: even to
    open a file of SQLite for writing may change it."""
    open_to_read(url).disconnect()


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
