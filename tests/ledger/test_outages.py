"""Processes that are killed and connections that break: what was committed stays, what was queued comes."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from hypertui.journal import Journal, JournalDown, JournalError
from tests.ledger.helpers import EACH, ID, OTHER, TRADE, Child, everything, fill_of, input_of
from tests.ledger.proxy import Proxy

_WRITE_AND_QUEUE = """
import sys
from hypertui.journal import Journal
from tests.ledger.helpers import EACH, TRADE, input_of
journal = Journal.open(sys.argv[1])
journal.begin(TRADE)
journal.add(*EACH)
journal.commit()
journal.add(input_of(2), input_of(3))
"""


def kill_connections(url: str) -> int:
    """End all of the server's connections to this database but our own, as an administrator would; returns
    when they have gone, with the locks that they held."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"  # and none that the server has for itself
        ).rowcount


def break_connection(journal: Journal, url: str) -> None:
    """What the journal is connected by is gone, and it does not know."""
    if url.startswith("postgresql"):
        assert kill_connections(url) == 1
    else:
        assert journal._session.connection is not None
        raw = journal._session.connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.close()


def test_a_killed_process_keeps_what_it_committed_and_no_half_of_the_rest(url: str) -> None:
    child = Child(_WRITE_AND_QUEUE, url)
    child.kill()
    with Journal.open(url) as journal:
        assert journal.live_trade("paper", TRADE.account, "BTC") == TRADE
        assert everything(journal) == EACH
        journal.add(input_of(2))
        journal.commit()
        assert [record.seq for record in journal.inputs(ID)] == [1, 2]


def test_a_connection_that_broke_between_commits_loses_nothing(journal: Journal, url: str) -> None:
    journal.add(*EACH)
    journal.commit()
    journal.add(input_of(2), fill_of(3))
    break_connection(journal, url)
    with pytest.raises(JournalDown) as error:
        journal.commit()
    assert "\n" not in str(error.value)
    assert journal.pending == 2
    journal.add(input_of(3))
    journal.commit()
    assert journal.pending == 0
    assert [record.seq for record in journal.inputs(ID)] == [1, 2, 3]
    assert list(journal.fills(ID)) == [fill_of(2**62), fill_of(3)]


@pytest.mark.parametrize(
    "use", [Journal.trades, lambda journal: journal.size() > 0, lambda journal: list(journal.inputs(ID))]
)
def test_a_reader_on_a_broken_connection_says_so_and_works_again(
    journal: Journal, url: str, use: Callable[[Journal], object]
) -> None:
    journal.add(input_of(1))
    journal.commit()
    expected = use(journal)
    break_connection(journal, url)
    with pytest.raises(JournalDown):
        use(journal)
    assert use(journal) == expected


def test_a_trade_begins_and_ends_over_a_broken_connection(journal: Journal, url: str) -> None:
    break_connection(journal, url)
    with pytest.raises(JournalDown):
        journal.begin(OTHER)
    journal.begin(OTHER)
    journal.add(input_of(1, OTHER.id))
    break_connection(journal, url)
    journal.end(OTHER.id, 5, "flat")
    with pytest.raises(JournalDown):
        journal.commit()
    assert journal.pending == 2
    journal.commit()
    assert [record.seq for record in journal.inputs(OTHER.id)] == [1]


class Lightning:
    """Strikes when a transaction is about to be committed: before it takes place, or just after it has."""

    def __init__(self, journal: Journal, url: str) -> None:
        self._journal, self._url = journal, url
        self.after: bool | None = None
        self.skip = 0  # transactions that it lets pass
        event.listen(journal._session.database.engine, "commit", self._commit)

    def _commit(self, connection: Connection) -> None:
        if self.after is None:
            return
        if self.skip:
            self.skip -= 1
            return
        if self.after:
            connection.connection.commit()
        self.after = None
        break_connection(self._journal, self._url)
        raise OperationalError("COMMIT", None, Exception("the connection was lost"))


@pytest.mark.parametrize("after", [False, True])
def test_a_commit_of_unknown_outcome_is_written_once(journal: Journal, url: str, after: bool) -> None:
    lightning = Lightning(journal, url)
    journal.add(*EACH)
    lightning.after = after
    with pytest.raises(JournalDown, match="the connection was lost"):
        journal.commit()
    assert everything(journal) == (EACH if after else [])
    journal.add(input_of(2))
    journal.commit()
    assert sorted(map(repr, everything(journal))) == sorted(map(repr, [*EACH, input_of(2)]))
    assert [record.seq for record in journal.inputs(ID)] == [1, 2]


@pytest.mark.parametrize("after", [False, True])
def test_a_beginning_and_an_end_of_unknown_outcome_happen_once(
    journal: Journal, url: str, after: bool
) -> None:
    lightning = Lightning(journal, url)
    lightning.after = after
    with pytest.raises(JournalDown):
        journal.begin(OTHER)
    journal.begin(OTHER)
    journal.add(input_of(1, OTHER.id))
    journal.commit()
    lightning.after = after
    journal.end(OTHER.id, 5, "flat")
    with pytest.raises(JournalDown):
        journal.commit()
    journal.commit()
    assert [trade.ended_how for trade in journal.trades()] == ["", "flat"]


def test_many_breaks_in_a_long_trade_leave_every_row_once(journal: Journal, url: str) -> None:
    lightning = Lightning(journal, url)
    for seq in range(1, 61):
        journal.add(input_of(seq), fill_of(seq))
        if seq % 3 == 0:
            lightning.after = seq % 2 == 0
        if seq % 4:
            try:
                journal.commit()
            except JournalDown:
                assert journal.pending
    lightning.after = None
    journal.commit()
    assert [record.seq for record in journal.inputs(ID)] == list(range(1, 61))
    assert [record.trade_number for record in journal.fills(ID)] == list(range(1, 61))


def test_closing_writes_what_is_queued(url: str) -> None:
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.add(input_of(1))
    with Journal.open(url) as journal:
        assert list(journal.inputs(ID)) == [input_of(1)]


# How long it may take

_PROMPT = 2.0  # seconds; far more than a commit at once may take, and far less than a patient one


def prompt_failure(journal: Journal) -> str:
    """A commit at once that must fail in time; its error."""
    began = time.monotonic()
    with pytest.raises(JournalDown) as error:
        journal.commit(at_once=True)
    assert time.monotonic() - began < _PROMPT
    return str(error.value)


def test_a_commit_at_once_does_not_wait_for_a_frozen_server(postgres: str, postgres_url: str) -> None:
    with Proxy(postgres) as proxy, Journal.open(proxy.url) as journal:
        journal.begin(TRADE)
        journal.add(*EACH)
        proxy.freeze()
        assert "is out of reach: no answer within 0.4 s" in prompt_failure(journal)
        assert "not connected" in prompt_failure(journal)  # a new connection is not its business
        proxy.thaw()
        journal.commit()
        assert everything(journal) == EACH
        journal.add(input_of(2))
        journal.commit(at_once=True)
        assert [record.seq for record in journal.inputs(ID)] == [1, 2]


def test_a_journal_that_closes_does_not_wait_for_a_frozen_server(postgres: str, postgres_url: str) -> None:
    with Proxy(postgres) as proxy:
        journal = Journal.open(proxy.url)
        journal.claim("paper", TRADE.account, "BTC")
        proxy.freeze()
        began = time.monotonic()
        journal.close()
        assert time.monotonic() - began < _PROMPT


def test_a_commit_at_once_does_not_wait_for_a_lock(postgres_url: str) -> None:
    import psycopg

    with Journal.open(postgres_url) as journal, psycopg.connect(postgres_url) as other:
        journal.claim("paper", TRADE.account, "BTC")
        journal.begin(TRADE)
        journal.add(input_of(1))
        other.execute("LOCK TABLE inputs")
        assert "no answer within 0.4 s" in prompt_failure(journal)
        other.rollback()
        with suppress(JournalDown):
            journal.commit()  # the server may still hold the connection that was given up
        journal.commit()
        assert list(journal.inputs(ID)) == [input_of(1)]


def test_very_much_that_waits_is_written_in_its_order(
    journal: Journal, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypertui.journal.writer._BATCH", 10)
    lightning = Lightning(journal, url)
    for seq in range(1, 36):
        journal.add(input_of(seq), fill_of(seq))
    lightning.after = False
    with pytest.raises(JournalDown):
        journal.commit()
    assert journal.pending == 70
    for left in (60, 50):
        lightning.skip = 1
        lightning.after = True
        with pytest.raises(JournalDown):
            journal.commit()
        assert journal.pending == left
        seqs = [record.seq for record in journal.inputs(ID)]
        assert seqs == list(range(1, len(seqs) + 1))
    journal.commit()
    assert [record.seq for record in journal.inputs(ID)] == list(range(1, 36))
    assert [record.trade_number for record in journal.fills(ID)] == list(range(1, 36))


def test_what_was_given_up_is_not_written(url: str) -> None:
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.add(input_of(1), fill_of(1))
        assert journal.give_up(ID) == 2
        assert journal.pending == 0
    with Journal.open(url) as journal:
        assert everything(journal) == []


# SQLite


def test_a_file_that_another_process_holds_is_waited_for_and_then_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypertui.journal.writer._AT_ONCE", 0.01)
    path = tmp_path / "journal.db"
    with Journal.open(f"sqlite:///{path}") as journal:
        journal.begin(TRADE)
        journal.add(input_of(1))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalDown, match="locked"):
            journal.commit(at_once=True)
        assert list(journal.inputs(ID)) == []  # reading goes on
        other.close()
        journal.commit()
        assert list(journal.inputs(ID)) == [input_of(1)]


def test_a_full_disk_is_an_outage(tmp_path: Path) -> None:
    with Journal.open(f"sqlite:///{tmp_path / 'journal.db'}") as journal:
        journal.begin(TRADE)
        assert journal._session.connection is not None
        journal._session.connection.exec_driver_sql("PRAGMA max_page_count = 1")
        journal._session.connection.rollback()
        journal.add(*(input_of(seq, text="x" * 1000) for seq in range(1, 100)))
        with pytest.raises(JournalDown, match="full"):
            journal.commit()
        assert journal.pending == 99
        journal.commit()  # on a new connection, without the limit
        assert sum(1 for _ in journal.inputs(ID)) == 99


# Files


def moved_away(path: Path) -> None:
    path.rename(path.with_name("away.db"))


def replaced_by_a_copy(path: Path) -> None:
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)


@pytest.mark.parametrize("lose", [Path.unlink, moved_away, replaced_by_a_copy])
def test_a_file_that_was_removed_or_replaced_is_noticed_by_the_next_commit(
    file_url: str, tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    path = tmp_path / "journal.db"
    with Journal.open(file_url) as journal:
        journal.begin(TRADE)
        journal.add(input_of(1))
        journal.commit()
        lose(path)
        was_there = path.exists()
        journal.add(input_of(2))
        for _ in range(2):
            with pytest.raises(JournalError, match="removed or replaced while in use") as error:
                journal.commit(at_once=True)
            assert not isinstance(error.value, JournalDown), "it will not pass by itself"
        assert path.exists() == was_there, "no empty one is made in its place"
        assert journal.give_up(ID) == 1


def test_a_file_that_was_replaced_while_not_connected_is_not_written_on(
    file_url: str, tmp_path: Path
) -> None:
    with Journal.open(file_url) as journal:
        journal.begin(TRADE)
        break_connection(journal, file_url)
        journal.add(input_of(1))
        with pytest.raises(JournalDown):
            journal.commit()
        (tmp_path / "journal.db").unlink()
        for _ in range(2):
            with pytest.raises(JournalError, match="removed or replaced"):
                journal.commit()
            Journal.open(file_url).close()  # another one, empty, maybe with the old one's inode
        journal.give_up(ID)


def test_the_files_of_a_journal_are_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with Journal.open(f"sqlite:///{tmp_path / 'books' / 'journal.db'}") as journal:
            journal.begin(TRADE)
            files = sorted((tmp_path / "books").iterdir())
            assert [file.name for file in files] == ["journal.db", "journal.db-shm", "journal.db-wal"]
            assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 3
            assert (tmp_path / "books").stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)


def test_a_file_that_cannot_be_made_leaves_no_folders(tmp_path: Path) -> None:
    for name in (f"a/b/{'x' * 300}", f"a/{'x' * 300}/b.db"):
        with pytest.raises(JournalError, match="cannot be made: File name too long"):
            Journal.open(f"sqlite:///{tmp_path / name}")
    assert list(tmp_path.iterdir()) == []


# Addresses


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "not a database URL"),
        ("journal.db", "not a database URL"),
        ("postgresql://ann:s3cret:x@host:port/db", "not a database URL"),
        ("postgresql://ann:word@s3cret@127.0.0.1:1/db", "more than one @"),
        ("postgresql://ann:word@s3cret/x@127.0.0.1:1/db", "more than one @"),
        ("postgresql://ann:word@s3cret:x@127.0.0.1/db", "not a database URL"),
        ("mysql://ann:s3cret@host/db", "must begin with sqlite:/// or postgresql://, not with mysql:"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite:////dev/null/journal.db", "the journal /dev/null/journal.db cannot be made"),
        ("sqlite:////proc/journal.db", "the journal /proc/journal.db cannot be made"),
        ("sqlite:////proc/version", "the journal /proc/version"),
        ("postgresql://ann:s3cret@127.0.0.1:1/db", "postgresql://ann@127.0.0.1:1/db is out of reach"),
        ("postgres://ann@127.0.0.1:1/db?password=s3cret", "postgresql://ann@127.0.0.1:1/db is out of reach"),
        ("postgresql://ann:s3cret@127.0.0.1:1/db?nonsense=s3cret", "invalid connection option"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_one_line(url: str, message: str) -> None:
    with pytest.raises(JournalError) as error:
        Journal.open(url)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert "s3cret" not in str(error.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_text("some other text " * 1000)
    with pytest.raises(JournalError, match="not a database"):
        Journal.open(f"sqlite:///{path}")


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(JournalError, match=r"pip install 'hypertui\[postgres\]'"):
        Journal.open("postgresql://localhost/db")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_a_tilde_is_the_home_folder(home: Path) -> None:
    Journal.open("sqlite:///~/state/journal.db").close()
    assert (home / "state" / "journal.db").exists()


def test_postgresql_is_durable_whatever_the_server_does_by_default(postgres_url: str) -> None:
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE postgres SET synchronous_commit = off")
    with Journal.open(postgres_url) as journal:
        assert journal._session.connection is not None
        assert journal._session.connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        journal._session.connection.rollback()
