"""The journal's database: SQLite or PostgreSQL by URL, and the translation of its errors."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)

from hypertui.journal import sqlite
from hypertui.journal.deadline import Deadline
from hypertui.journal.errors import JournalDown, JournalError, NoJournal
from hypertui.journal.schema import METADATA


@dataclass(frozen=True, slots=True)
class Database:
    """A database. `place` names it in messages: the file, or the address without password and options.
    `session` is this process's own name at the server; all work on it ends at the deadline."""

    engine: Engine
    place: str
    deadline: Deadline
    password: str = field(default="", repr=False)
    session: str = ""

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def size(self, connection: Connection) -> int:
        """The journal's size in bytes."""
        if self.is_postgresql:
            sizes = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
            return sum(connection.execute(sizes, {"name": name}).scalar_one() for name in METADATA.tables)
        return _bytes(Path(self.place))

    def room(self) -> tuple[int | None, int | None]:
        """The size of the file and the free space on its disk, in bytes; None for both on a server."""
        if self.is_postgresql:
            return None, None
        path = Path(self.place)
        try:
            return _bytes(path), shutil.disk_usage(path.parent).free
        except OSError:
            return None, None

    def identity(self) -> tuple[int, int] | None:
        """Device and inode of the file that has the journal's name now; None on a server. Raises OSError."""
        if self.is_postgresql:
            return None
        file = Path(self.place).stat()
        return file.st_dev, file.st_ino

    def down(self, reason: str) -> JournalDown:
        """The error for a database that is out of reach."""
        return JournalDown(f"the journal {self.place} is out of reach: {reason}")

    def trouble(self, error: SQLAlchemyError) -> JournalError:
        """The journal's error for an error of the database: JournalDown for one that may pass by itself."""
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
        if self.password:
            reason = reason.replace(self.password, "***")
        passing = isinstance(error, OperationalError | InterfaceError | InternalError)
        if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
            passing = False  # a table is missing or not as it should be
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            passing = True
        if passing:
            return self.down(reason)
        return JournalError(f"the journal {self.place} cannot be used: {reason}")


def _bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in (path, Path(f"{path}-wal")) if file.exists())


def find(address: str, make: bool = True, read_only: bool = False) -> Database:
    """The database of a URL, `sqlite:///file` or `postgresql://user@host/name`. Does not connect. With `make`
    a missing file is created, with its folders, for its owner alone; with `read_only` a file must exist and
    stays as it is. Raises JournalError for any other URL and for a file that cannot be created, NoJournal for
    a missing one that is to be read."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        # Its text is not repeated: it may hold a password.
        raise JournalError("ledger.url is not a database URL") from None
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite":
        return _file(url, make, read_only)
    if kind in ("postgresql", "postgres"):
        return _server(url)
    raise JournalError(f"ledger.url must begin with sqlite:/// or postgresql://, not with {kind}:")


def _file(url: URL, make: bool, read_only: bool) -> Database:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise JournalError("ledger.url must name a file: sqlite:///path/to/journal.db")
    path = Path(url.database).expanduser()
    if read_only:
        if not path.is_file():
            raise NoJournal(f"there is no journal at {path}")
        deadline = Deadline()
        return Database(sqlite.reader_of(path, deadline), str(path), deadline)
    if make:
        _make(path)
    deadline = Deadline()
    return Database(sqlite.engine_of(path, deadline), str(path), deadline)


def _make(path: Path) -> None:
    """Create an empty file unless it exists; remove folders that were created in vain. SQLite gives its
    side files (-wal, -shm) the same mode."""
    missing = []
    try:
        missing += [folder for folder in path.parents if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
        reason = error.strerror or type(error).__name__
        raise JournalError(f"the journal {path} cannot be made: {reason}") from None


def _server(url: URL) -> Database:
    if "@" in (url.host or "") or "@" in (url.database or ""):
        # A part of the password would pass for the host's name, and be said wherever the place is.
        raise JournalError("ledger.url has more than one @: an @ in the user name or password is written %40")
    if importlib.util.find_spec("psycopg") is None:
        raise JournalError("a journal in PostgreSQL needs its driver: pip install 'hypertui[postgres]'")
    from hypertui.journal import postgresql  # the driver is an extra

    deadline, session = Deadline(), postgresql.session_name()
    engine = postgresql.engine_of(url, session, deadline)
    shown = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    password = url.password or str(url.query.get("password", ""))
    return Database(engine, shown.render_as_string(), deadline, password, session)
