"""Where the journal is kept: SQLite or PostgreSQL by URL, set up so that what is committed is durable."""

from __future__ import annotations

import importlib.util
import os
import secrets
import socket
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)

from hypertui.ledger.lock import whoami
from hypertui.ledger.schema import METADATA

_BUSY_SECONDS = 5.0
_CONNECT_SECONDS = "5"
_SILENCE_MS = "10000"  # how long a server may say nothing before its connection counts as broken
_OPTIONS = "-c statement_timeout=10000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000"
# The option of a connection that says how its transactions begin on SQLite.
BEGIN = "hypertui_begin"


class JournalError(RuntimeError):
    """The journal cannot be used as it is; the text is one line without any password."""


class JournalDown(JournalError):
    """The database does not take or give anything just now; nothing that was queued is lost."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database with a name for messages: its address without password and options. `session` is what this
    process calls itself there, unlike any other."""

    engine: Engine
    place: str
    password: str = field(default="", repr=False)
    session: str = ""

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def size(self, connection: Connection) -> int:
        """The bytes that the journal takes."""
        if self.is_postgresql:
            sizes = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
            return sum(connection.execute(sizes, {"name": name}).scalar_one() for name in METADATA.tables)
        path = Path(str(self.engine.url.database))
        return sum(file.stat().st_size for file in (path, Path(f"{path}-wal")) if file.exists())

    def trouble(self, error: SQLAlchemyError) -> JournalError:
        """What an error of the database means for the journal."""
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
            return JournalDown(f"the journal {self.place} is out of reach: {reason}")
        return JournalError(f"the journal {self.place} cannot be used: {reason}")


def find(address: str) -> Database:
    """The database of a URL, `sqlite:///file` or `postgresql://user@host/name`. Connects to nothing, and
    makes the folders of a file. Raises JournalError for an address that is none of these."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        # Its text is not repeated: it may hold a password.
        raise JournalError("ledger.url is not a database URL") from None
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite":
        return _sqlite(url)
    if kind in ("postgresql", "postgres"):
        return _postgresql(url)
    raise JournalError(f"ledger.url must begin with sqlite:/// or postgresql://, not with {kind}:")


def _sqlite(url: URL) -> Database:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise JournalError("ledger.url must name a file: sqlite:///path/to/journal.db")
    path = Path(url.database).expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JournalError(f"no folder for the journal {path}: {reason}") from None
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        poolclass=NullPool,
        hide_parameters=True,
        paramstyle="named",
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, str(path))


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver shall begin no transaction by itself: it would leave changes of tables out of it.
    connection.isolation_level = None
    try:
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != "wal":
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        connection.close()
        raise


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))


def _postgresql(url: URL) -> Database:
    if importlib.util.find_spec("psycopg") is None:
        raise JournalError("a journal in PostgreSQL needs its driver: pip install 'hypertui[postgres]'")
    session = (
        f"hypertui {secrets.token_hex(4)}, process {os.getpid()} of {whoami()} on {socket.gethostname()}"
    )
    session = session.encode("ascii", "replace")[:63].decode()  # the server would cut it there
    settings: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": _SILENCE_MS,
        "keepalives_idle": "10",
        "keepalives_interval": "5",
        "keepalives_count": "2",
        "options": _OPTIONS,
    }
    given = {name: value for name, value in settings.items() if name not in url.query}
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args=given | {"application_name": session},
        poolclass=NullPool,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_postgresql)
    shown = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    password = url.password or str(url.query.get("password", ""))
    return Database(engine, shown.render_as_string(), password, session)


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # A commit shall mean durable, whatever the server's default; where it means more, so much the better.
    try:
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false)"
            " WHERE current_setting('synchronous_commit') = 'off'"
        )
        connection.commit()
    except Exception:
        connection.close()
        raise
