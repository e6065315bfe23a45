"""An online backup of a journal in SQLite, verified before it gets its name."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from hypertui.journal.archive import check_version
from hypertui.journal.database import Database, find
from hypertui.journal.errors import JournalError
from hypertui.journal.schema import METADATA


@dataclass(frozen=True, slots=True)
class Backup:
    """A verified copy: its file, its size in bytes, and the number of rows of each table."""

    file: Path
    size: int
    rows: Mapping[str, int]


def back_up(url: str, file: Path) -> Backup:
    """Copy a consistent snapshot of the journal at `url` (SQLite) to a new `file` that only its owner can
    read. Neither this nor an engine that writes waits for the other.

    The copy takes its name only after it has been opened again, checked, and found to hold as many rows of
    each table as the journal did at that moment. Raises JournalError, for a journal in PostgreSQL too: that
    has a tool of its own, which the text names.
    """
    database = find(url, make=False)
    if database.is_postgresql:
        raise JournalError(f"a journal in PostgreSQL is copied with its own tool: {pg_dump(database, file)}")
    check_version(url)
    if file.exists():
        raise JournalError(f"{file} is there already; nothing is written over")
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        rows = _copy(Path(database.place), part)
        found = _checked(part)
        if found != rows:
            raise JournalError(f"the copy of {database.place} is not like it: {_difference(rows, found)}")
        _settle(part, file)
    except sqlite3.Error as error:
        raise JournalError(f"no copy of {database.place} was made: {error}") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JournalError(f"no copy of {database.place} was made: {file}: {reason}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return Backup(file, file.stat().st_size, found)


def _copy(source: Path, target: Path) -> dict[str, int]:
    """Copy and count in one transaction, so that both see the same rows."""
    with (
        contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True)) as journal,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        journal.isolation_level = None
        journal.execute("BEGIN")
        rows = _counts(journal)
        journal.backup(copy)
        journal.execute("COMMIT")
        # One file by itself: without this it would ask for a second one beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
    return rows


def _checked(copy: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        (found,) = opened.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise JournalError(f"the copy is damaged: {found}")
        return _counts(opened)


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    known = [name for name in METADATA.tables if name in tables]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in known}


def _difference(wanted: Mapping[str, int], found: Mapping[str, int]) -> str:
    names = [name for name in wanted if wanted[name] != found.get(name)]
    return (
        ", ".join(f"{name} {found.get(name, 0)} of {wanted[name]}" for name in names) or "tables are missing"
    )


def _settle(part: Path, file: Path) -> None:
    """Link the finished copy to its name, durably. Never replaces a file of that name."""
    with part.open("rb") as content:
        os.fsync(content.fileno())
    os.link(part, file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def pg_dump(database: Database, file: Path) -> str:
    """The command that copies a journal in PostgreSQL, without any password: pg_dump asks for one, or finds
    it in PGPASSWORD or ~/.pgpass."""
    url = database.engine.url
    shown = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    tables = " ".join(f"--table={name}" for name in (*METADATA.tables, "alembic_version"))
    return f"pg_dump --format=custom --file={file} {tables} {shown.render_as_string()}"
