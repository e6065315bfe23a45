"""The accumulations in a journal: one row for each account and day, and never another one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from sqlalchemy import text

from hypertui.journal import Journal
from hypertui.journal.accumulations import AccumulationJournal, AccumulationRecord
from hypertui.journal.database import find
from hypertui.journal.errors import NoJournal

ROW = AccumulationRecord(
    "paper", "0x" + "a1" * 20, "2026-01-31", "SENDING", D("61.5"), D("12.30"), 1_769_904_301_234, "20 %", 1
)


def test_a_day_has_one_row(url: str) -> None:
    with AccumulationJournal.open(url) as kept, AccumulationJournal.open(url) as other:
        assert kept.begin(ROW)
        assert not other.begin(replace(ROW, amount=D(99)))
        assert other.begin(replace(ROW, day="2026-02-01", state="SKIPPED", nonce=None))
        assert other.begin(replace(ROW, account="0x" + "b2" * 20))
        assert kept.find("paper", ROW.account, ROW.day) == ROW
        assert kept.unfinished("paper", ROW.account) == [ROW]
        moved = replace(ROW, state="MOVED", changed_at=2)
        assert kept.end(moved) == moved
        assert other.end(replace(ROW, state="FAILED", changed_at=3)) == moved
        assert (kept.unfinished("paper", ROW.account), moved.is_final) == ([], True)
        assert [row.day for row in other.newest("paper", 2)] == ["2026-02-01", "2026-01-31"]
        assert kept.find("testnet", ROW.account, ROW.day) is None


def test_what_was_given_up_and_moved_has_moved(url: str) -> None:
    with AccumulationJournal.open(url) as kept:
        assert kept.begin(ROW)
        given_up = replace(ROW, state="FAILED", changed_at=2)
        assert kept.end(given_up) == given_up
        moved = replace(ROW, state="MOVED", changed_at=3)
        assert kept.end(moved) == moved


def test_a_journal_of_before_there_were_any_takes_them(url: str) -> None:
    Journal.open(url).close()
    with find(url).engine.begin() as connection:
        connection.execute(text("DROP TABLE accumulations"))
    with AccumulationJournal.read(url) as kept:
        assert kept.newest("paper", 5) == []
    with AccumulationJournal.open(url) as kept:
        assert kept.begin(ROW)


def test_none_is_made_to_be_read(file_url: str) -> None:
    with pytest.raises(NoJournal):
        AccumulationJournal.read(file_url)
