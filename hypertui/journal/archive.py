"""Opening an existing journal read-only, with a check of its version; and where a start would create one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from hypertui.journal.database import find
from hypertui.journal.errors import JournalError
from hypertui.journal.session import DatabaseSession
from hypertui.journal.tables import check, create


def open_to_read(url: str) -> DatabaseSession:
    """A read-only session on the journal at `url`, with its version checked. Changes no byte. Raises
    NoJournal where there is none, OtherVersion for one of another version, and another JournalError."""
    session = DatabaseSession(find(url, make=False, read_only=True))
    try:
        session.run(partial(check, place=session.database.place))
    except BaseException:
        session.disconnect()
        raise
    return session


def open_to_write(url: str, within: float) -> DatabaseSession:
    """A session on the journal at `url`, which is created if there is none, and whose tables are there after
    at most `within` seconds. Raises JournalError."""
    session = DatabaseSession(find(url))
    try:
        work = partial(create, place=session.database.place)
        session.run(work, within=within, begin="BEGIN IMMEDIATE")
    except BaseException:
        session.disconnect()
        raise
    return session


def check_version(url: str) -> None:
    """Raise what `open_to_read` raises. To be called before an existing journal is opened to be written: in
    SQLite that alone may change the file."""
    open_to_read(url).disconnect()


def to_be_made(url: str) -> str:
    """The name of the place where a start would create the journal. Tries whether a file can be created there
    and leaves none behind. Raises JournalError where that fails."""
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
