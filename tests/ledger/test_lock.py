"""One engine for an account and symbol, and a message that says who it is."""

from __future__ import annotations

import fcntl
import getpass
import os
import socket
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hypertui.journal import EngineLock, Journal, JournalDown, Locked
from tests.ledger.helpers import ID, TRADE, Child, input_of
from tests.ledger.test_outages import kill_connections

CLAIM = ("paper", TRADE.account, "BTC")
_HOLD_FILE = """
import sys
from pathlib import Path
from hypertui.journal import EngineLock
lock = EngineLock(Path(sys.argv[1]), *sys.argv[2:], clock=lambda: 1_700_000_000_000)
lock.__enter__()
"""
_HOLD_CLAIM = """
import sys
from hypertui.journal import Journal
journal = Journal.open(sys.argv[1])
journal.claim(*sys.argv[2:])
"""


def test_the_second_engine_is_told_who_the_first_is(tmp_path: Path) -> None:
    child = Child(_HOLD_FILE, str(tmp_path), *CLAIM)
    try:
        with pytest.raises(Locked) as error, EngineLock(tmp_path, *CLAIM):
            pass
        assert str(error.value) == (
            f"BTC of {TRADE.account} on paper is traded by another engine: process {child.process.pid} of"
            f" {getpass.getuser()} on {socket.gethostname()}, since 2023-11-14 22:13:20 UTC"
        )
        for other in (("testnet", *CLAIM[1:]), ("paper", "0xb", "BTC"), (*CLAIM[:2], "ETH")):
            with EngineLock(tmp_path, *other):
                pass
    finally:
        child.kill()
    with EngineLock(tmp_path, *CLAIM):  # the kernel let go of it
        pass


def test_a_lock_is_let_go_of_at_the_end_and_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), EngineLock(tmp_path / "state", *CLAIM):
            raise ZeroDivisionError
    with EngineLock(tmp_path / "state", *CLAIM) as lock:
        assert str(os.getpid()) in lock.path.read_text()
        with pytest.raises(Locked), EngineLock(tmp_path / "state", "paper", TRADE.account.upper(), "BTC"):
            pass
        child = Child("")  # a child process does not inherit it
    with EngineLock(tmp_path / "state", *CLAIM):
        pass
    child.kill()


def test_a_lock_whose_file_was_removed_as_it_was_taken_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EngineLock(tmp_path, *CLAIM) as lock:
        assert lock.path.exists()
    assert not lock.path.exists(), "the file goes with the lock"
    flock, left = fcntl.flock, [lock.path]

    def taken_too_late(file: int, how: int) -> None:
        if left:
            left.pop().unlink()  # its holder leaves between our opening it and our locking it
        flock(file, how)

    monkeypatch.setattr("hypertui.journal.lock.fcntl.flock", taken_too_late)
    with lock:
        assert str(os.getpid()) in lock.path.read_text()
        with pytest.raises(Locked), EngineLock(tmp_path, *CLAIM):
            pass


def test_a_lock_whose_file_was_removed_leaves_its_successors_alone(tmp_path: Path) -> None:
    with EngineLock(tmp_path, *CLAIM) as lock:
        lock.path.unlink()
        other = EngineLock(tmp_path, *CLAIM)
        other.__enter__()
    with pytest.raises(Locked), EngineLock(tmp_path, *CLAIM):
        pass
    other.__exit__(None, None, None)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"pid": 1}', "\xff"])
def test_a_holder_who_has_not_said_who_it_is(tmp_path: Path, content: str) -> None:
    with EngineLock(tmp_path, *CLAIM) as lock:
        lock.path.write_bytes(content.encode("latin-1"))
        with pytest.raises(Locked, match="by another engine: one that has just started"):
            EngineLock(tmp_path, *CLAIM).__enter__()


def test_a_symbol_cannot_leave_the_folder(tmp_path: Path) -> None:
    with EngineLock(tmp_path / "locks", "paper", "../../x", "xyz:A/B") as lock:
        assert lock.path.parent == tmp_path / "locks"
        assert lock.path.exists()


def test_a_claim_names_its_holder(url: str) -> None:
    child = Child(_HOLD_CLAIM, url, *CLAIM)
    try:
        with Journal.open(url) as journal:
            with pytest.raises(Locked) as error:
                journal.claim(*CLAIM)
            assert f"process {child.process.pid} of {getpass.getuser()} on " in str(error.value)
            assert "\n" not in str(error.value)
            journal.claim("paper", TRADE.account, "ETH")
    finally:
        child.kill()


def test_a_claim_on_a_file_is_found_by_its_other_names(file_url: str, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "books.db"
    link.parent.mkdir()
    with Journal.open(file_url) as journal:
        link.symlink_to(tmp_path / "journal.db")
        journal.claim(*CLAIM)
        with Journal.open(f"sqlite:///{link}") as other, pytest.raises(Locked):
            other.claim(*CLAIM)


def test_a_claim_is_of_the_journal_and_ends_with_it(url: str) -> None:
    with Journal.open(url) as journal:
        journal.claim(*CLAIM)
        journal.claim(*CLAIM)
        with Journal.open(url) as other, pytest.raises(Locked):
            other.claim("paper", TRADE.account.replace("a", "A"), "BTC")
    with Journal.open(url) as other:
        other.claim(*CLAIM)


def test_a_claim_is_gone_before_the_server_has_noticed_that_its_holder_is(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lingering = list[Connection]()
    monkeypatch.setattr("hypertui.journal.session._discard", lingering.append)
    with Journal.open(postgres_url) as journal:
        journal.claim(*CLAIM)
    monkeypatch.undo()
    with Journal.open(postgres_url) as other:
        other.claim(*CLAIM)
    assert len(lingering) == 1
    lingering[0].close()


def test_a_claim_survives_a_broken_connection(postgres_url: str) -> None:
    with Journal.open(postgres_url) as journal, Journal.open(postgres_url) as other:
        journal.claim(*CLAIM)
        journal.begin(TRADE)
        kill_connections(postgres_url)
        journal.add(input_of(1))
        with pytest.raises(JournalDown):
            journal.commit()
        journal.commit()
        with pytest.raises(JournalDown):
            other.trades()
        with pytest.raises(Locked):
            other.claim(*CLAIM)


def test_an_engine_whose_claim_was_taken_meanwhile_writes_no_more(postgres_url: str) -> None:
    with Journal.open(postgres_url) as journal:
        journal.claim(*CLAIM)
        journal.begin(TRADE)
        kill_connections(postgres_url)
        with Journal.open(postgres_url) as other:
            other.claim(*CLAIM)
            journal.add(input_of(1))
            with pytest.raises(JournalDown):
                journal.commit()
            for _ in range(2):
                with pytest.raises(Locked):
                    journal.commit()
            assert list(other.inputs(ID)) == []
            assert journal.pending == 1
        journal.commit()  # the other has left
        assert list(journal.inputs(ID)) == [input_of(1)]


def test_a_broken_connection_that_the_server_still_holds_is_ended(postgres_url: str) -> None:
    with Journal.open(postgres_url) as journal:
        journal.claim(*CLAIM)
        # Cut off, but alive at the server.
        stale, journal._session.connection = journal._session.connection, None
        assert stale is not None
        with pytest.raises(JournalDown, match="still held our broken connection"):
            journal.trades()
        assert journal.trades() == []
        stale.invalidate()
        stale.close()
