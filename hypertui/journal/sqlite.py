"""A journal in SQLite: WAL mode with full synchronisation, so that a commit is durable."""

from __future__ import annotations

import sqlite3
import time
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL

from hypertui.journal.deadline import Deadline

# The option of a connection that says how its transactions begin.
BEGIN = "hypertui_begin"
_AGAIN = 0.01  # seconds
_WAITS = "hypertui_waits"  # the seconds of busy_timeout that a connection has now


def engine_of(path: Path, deadline: Deadline) -> Engine:
    """An SQLAlchemy engine on this file, which it never creates: an empty file in the place of a lost one
    would hide the loss. Waits for another connection's lock until the deadline."""
    engine = create_engine(
        _address(path, "rw"),
        connect_args={"check_same_thread": False},
        poolclass=NullPool,
        hide_parameters=True,
        paramstyle="named",
    )
    event.listen(engine, "connect", partial(_prepare, deadline))
    event.listen(engine, "begin", partial(_begin, deadline))
    return engine


def reader_of(path: Path, deadline: Deadline) -> Engine:
    """A read-only SQLAlchemy engine on this file, which never blocks a writer."""
    engine = create_engine(
        _address(path, "ro"),
        connect_args={"check_same_thread": False},
        poolclass=NullPool,
        hide_parameters=True,
    )
    event.listen(engine, "connect", partial(_prepare_to_read, deadline))
    event.listen(engine, "begin", partial(_begin, deadline))
    return engine


def _address(path: Path, mode: str) -> URL:
    return URL.create("sqlite", database=path.resolve().as_uri(), query={"mode": mode, "uri": "true"})


def _prepare_to_read(deadline: Deadline, connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute(_waiting(deadline))


def _prepare(deadline: Deadline, connection: sqlite3.Connection, _record: object) -> None:
    # The driver shall begin no transaction by itself: it would leave changes of tables out of it.
    connection.isolation_level = None
    try:
        connection.execute(_waiting(deadline))
        _write_ahead(connection, deadline)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        connection.close()
        raise


def _write_ahead(connection: sqlite3.Connection, deadline: Deadline) -> None:
    """Have the file written ahead. Of several who begin with a new one, SQLite refuses all but one at once,
    without the wait that it grants to everything else."""
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or not deadline.left:
                raise
            time.sleep(_AGAIN)


def _begin(deadline: Deadline, connection: Connection) -> None:
    if connection.info.get(_WAITS) != deadline.seconds:
        connection.exec_driver_sql(_waiting(deadline))
        connection.info[_WAITS] = deadline.seconds
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))


def _waiting(deadline: Deadline) -> str:
    return f"PRAGMA busy_timeout = {round(deadline.seconds * 1000)}"
