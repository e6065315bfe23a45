"""A journal that is only looked at, beside the engine that writes it or without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypertui.ledger.database import Database, find
from hypertui.ledger.errors import JournalError
from hypertui.ledger.reading import JournalReader
from hypertui.ledger.schema import VERSION
from hypertui.ledger.session import Session
from hypertui.ledger.upgrade import version_of


@contextmanager
def looked_at(url: str) -> Iterator[JournalReader]:
    """The journal at `url` as it is. Nothing is made, changed or claimed. Raises JournalError where there is
    none, or one of another version."""
    session = Session(existing(url))
    try:
        check(session)
        yield JournalReader(session)
    finally:
        session.disconnect()


def existing(url: str) -> Database:
    """The database at `url`. Raises JournalError where there is no file of that name."""
    database = find(url, make_folders=False)
    if not database.is_postgresql and not Path(database.place).exists():
        raise JournalError(f"there is no journal at {database.place}")
    return database


def check(session: Session) -> None:
    """Raise JournalError for a journal that this version cannot read as it is."""
    version, place = session.run(version_of), session.database.place
    if version is None:
        raise JournalError(f"there is no journal in {place}")
    if version < VERSION:
        raise JournalError(
            f"the journal {place} is of an older version ({version}, not {VERSION}): hypertui brings it up to"
            " date when it trades, or with: hypertui ledger upgrade"
        )
    if version > VERSION:
        raise JournalError(f"the journal {place} was written by a newer hypertui (its version is {version})")
