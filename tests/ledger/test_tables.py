"""The tables in a database: created as the schema has them, once, and by no one else's."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Index, create_mock_engine, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from hypertui.journal import Journal, JournalError, schema
from hypertui.journal import sqlite as sqlite_journal
from hypertui.journal.database import find
from hypertui.journal.deadline import Deadline
from hypertui.journal.schema import METADATA, TABLES, VERSION
from hypertui.journal.tables import create, version_of
from tests.ledger.helpers import ID, TRADE, input_of
from tests.support.prefork import run_to_end

_MIGRATIONS = Path(schema.__file__).with_name("migrations")

# Of each version the digest of what creates its tables.
_DIGESTS = {"0.1.0": "fabe5f79768f6030"}


def _name(index: Index) -> str:
    return str(index.name)


def test_the_revisions_create_the_tables_of_the_schema(url: str) -> None:
    Journal.open(url).close()
    with find(url).engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        assert version_of(connection) == VERSION
        found = inspect(connection)
        for table in METADATA.sorted_tables:  # what the comparison does not look at
            key = found.get_pk_constraint(table.name)
            assert key["constrained_columns"] == [column.name for column in table.primary_key]
        (live,) = found.get_indexes("trades")
        assert any("ended_at IS NULL" in str(value) for value in live["dialect_options"].values())
        if connection.dialect.name == "sqlite":
            by_key = text("SELECT count(*) FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%'")
            assert connection.execute(by_key).scalar() == len(TABLES)


def test_the_newest_revision_is_the_schemas_version() -> None:
    assert ScriptDirectory(str(_MIGRATIONS)).get_current_head() == VERSION


def _tables(connection: Connection) -> dict[str, object]:
    """All that the database says of its tables, and the version that it notes."""
    found = inspect(connection)
    said: dict[str, object] = {
        name: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(name)],
            found.get_pk_constraint(name),
            found.get_foreign_keys(name),
            found.get_unique_constraints(name),
            [
                (
                    index["name"],
                    index["column_names"],
                    index["unique"],
                    list(map(str, index["dialect_options"].values())),
                )
                for index in found.get_indexes(name)
            ],
        )
        for name in found.get_table_names()
    }
    return said | {"version": version_of(connection)}


def test_a_new_journal_is_what_the_revisions_come_to(url: str) -> None:
    """They are not run for one that is created, so both ways have to end alike."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    made = []
    for way in (lambda: create(connection, "here"), lambda: command.upgrade(config, "head")):
        with find(url).engine.begin() as connection:
            config.attributes["connection"] = connection
            way()
            made.append(_tables(connection))
            METADATA.drop_all(connection)
            connection.execute(text("DROP TABLE alembic_version"))
    assert made[0] == made[1]
    assert made[0]["version"] == VERSION


def test_tables_that_change_get_another_version() -> None:
    """Else a journal with other tables would pass for one of this version."""
    METADATA.create_all(create_mock_engine("postgresql+psycopg://", lambda *_: None), checkfirst=False)
    made = [
        str(kind(each).compile(dialect=dialect))
        for dialect in (sqlite.dialect(), postgresql.dialect())
        for table in METADATA.sorted_tables
        for kind, things in (
            (CreateTable, [table]),
            (CreateIndex, sorted(table.indexes, key=lambda index: str(index.name))),
        )
        for each in things
    ]
    assert hashlib.sha256("".join(made).encode()).hexdigest()[:16] == _DIGESTS[VERSION]


def test_opening_again_keeps_everything(url: str) -> None:
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.add(input_of(1))
    for _ in range(2):
        with Journal.open(url) as journal:
            assert list(journal.inputs(ID)) == [input_of(1)]


def test_a_table_that_went_missing_is_no_outage(url: str) -> None:
    with Journal.open(url) as journal:
        with find(url).engine.begin() as connection:
            connection.execute(text("DROP TABLE steps"))
        with pytest.raises(JournalError, match="steps") as error:
            list(journal.steps(ID))
        assert type(error.value) is JournalError


def test_a_creation_that_fails_leaves_nothing_behind(url: str) -> None:
    with find(url).engine.begin() as connection:
        connection.execute(text("CREATE TABLE funding (something TEXT)"))  # somebody else's
    with pytest.raises(JournalError, match="funding") as error:
        Journal.open(url)
    assert type(error.value) is JournalError  # it will not pass by itself
    with find(url).engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["funding"]


def test_engines_that_start_together_make_the_tables_once(url: str) -> None:
    code = "import sys; from hypertui.journal import Journal; Journal.open(sys.argv[1]).close()"

    def start(_: int) -> subprocess.CompletedProcess[str]:
        return run_to_end([sys.executable, "-c", code, url], capture_output=True)

    with ThreadPoolExecutor(4) as pool:
        for child in pool.map(start, range(4)):
            assert (child.returncode, child.stdout, child.stderr) == (0, "", "")
    with Journal.open(url) as journal:
        assert journal.trades() == []


def test_those_who_make_a_new_file_ready_at_once_wait_for_each_other(tmp_path: Path) -> None:
    """SQLite refuses that to all but one, at once, whatever time-out they were given."""
    together = threading.Barrier(4)

    def mode(path: Path) -> str:
        deadline = Deadline()
        deadline.set(60)
        engine = sqlite_journal.engine_of(path, deadline)
        together.wait(60)
        with engine.connect() as connection:
            return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())

    with ThreadPoolExecutor(4) as pool:
        for number in range(60):
            path = tmp_path / f"{number}.db"
            path.touch()
            assert list(pool.map(mode, [path] * 4)) == ["wal"] * 4
