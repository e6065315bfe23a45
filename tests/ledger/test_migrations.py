"""A database becomes what this release wants, whatever it was before, or is left alone."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal as D

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from hypertui.journal import Journal, JournalError
from hypertui.journal.database import find
from hypertui.journal.schema import METADATA, TABLES, VERSION
from hypertui.journal.upgrade import _MIGRATIONS, version_of
from tests.ledger.helpers import ID, TRADE, input_of


def test_the_migrations_make_the_tables_that_the_code_uses(url: str) -> None:
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


def test_the_newest_migration_is_the_one_that_is_asked_for() -> None:
    assert ScriptDirectory(str(_MIGRATIONS)).get_current_head() == VERSION


def test_opening_again_keeps_everything(url: str) -> None:
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.add(input_of(1))
    for _ in range(2):
        with Journal.open(url) as journal:
            assert list(journal.inputs(ID)) == [input_of(1)]


def test_fills_of_the_first_version_are_kept(url: str) -> None:
    database = find(url)
    with database.engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text("INSERT INTO trades VALUES (:id, 'paper', '0xa', 'BTC', 1, '{}', NULL, '')"), {"id": ID}
        )
        connection.execute(
            text(
                "INSERT INTO fills VALUES"
                " (:id, 1, 5, 6, 7, NULL, 'BTC', 'buy', 2, 'buy', '0.5', '100', '0.1', '0')"
            ),
            {"id": ID},
        )
    with Journal.open(url) as journal:
        (fill,) = journal.fills(ID)
    assert (fill.size, fill.price, fill.start_position) == (D("0.5"), 100, None)


def test_a_journal_of_a_newer_release_is_refused_and_left_alone(url: str) -> None:
    Journal.open(url).close()
    with find(url).engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("DROP TABLE steps"))
    with pytest.raises(JournalError, match=r"written by a newer hypertui \(its version is 9999\)") as error:
        Journal.open(url)
    assert "\n" not in str(error.value)
    with find(url).engine.connect() as connection:
        assert version_of(connection) == "9999"
        assert not inspect(connection).has_table("steps")


def test_a_table_that_went_missing_is_no_outage(url: str) -> None:
    with Journal.open(url) as journal:
        with find(url).engine.begin() as connection:
            connection.execute(text("DROP TABLE steps"))
        with pytest.raises(JournalError, match="steps") as error:
            list(journal.steps(ID))
        assert type(error.value) is JournalError


def test_a_migration_that_fails_leaves_nothing_behind(url: str) -> None:
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
        return subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(4) as pool:
        for child in pool.map(start, range(4)):
            assert (child.returncode, child.stdout, child.stderr) == (0, "", "")
    with Journal.open(url) as journal:
        assert journal.trades() == []
