"""What is written comes back, once, in order, exactly; what cannot come back exactly is not taken."""

from __future__ import annotations

import dataclasses
import sys
import time
import tracemalloc
from decimal import Decimal as D
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from hypertui.core.market import Fill, Side
from hypertui.journal import Journal, JournalError
from hypertui.journal.records import FillCause, FillRecord, FundingRecord, InputRecord, StatusRecord
from tests.ledger.helpers import (
    ALARM,
    EACH,
    ID,
    OTHER,
    STATUS,
    TRADE,
    everything,
    fill_of,
    input_of,
)

D_ANY = st.decimals(allow_nan=False, allow_infinity=False, min_value=D("-1e14"), max_value=D("1e14"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_each_kind_of_record_comes_back_as_it_was(url: str) -> None:
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.add(*EACH)
        assert journal.pending == len(EACH)
        assert everything(journal) == []  # nothing is there before the commit
        journal.commit()
        assert journal.pending == 0
    with Journal.open(url) as journal:
        back = everything(journal)
        assert back == EACH
        assert [repr(record) for record in back] == [repr(record) for record in EACH]
        assert journal.live_trade("paper", TRADE.account.upper().replace("X", "x"), "BTC") == TRADE
        assert journal.size() > 0


def test_what_is_added_while_a_commit_is_under_way_is_the_next_ones(journal: Journal, url: str) -> None:
    later = dataclasses.replace(STATUS, status="filled")
    to_come = [later]
    journal.add(STATUS)

    def add_once(_connection: object) -> None:
        if to_come:
            journal.add(to_come.pop())

    event.listen(journal._session.database.engine, "commit", add_once)
    with Journal.open(url) as other:
        journal.commit()
        assert everything(other) == [STATUS]
        assert journal.pending == 1
        journal.commit()
        assert everything(other) == [STATUS, later]
        assert journal.pending == 0


def test_amounts_and_documents_come_back_exactly(journal: Journal) -> None:
    seen = 0

    @given(D_ANY, st.dictionaries(st.text(), JSON, max_size=4), st.integers(-(2**63), 2**63 - 1))
    def check(amount: D, data: dict[str, object], at: int) -> None:
        nonlocal seen
        seen += 1
        journal.add(
            FundingRecord(ID, seen, amount),
            InputRecord(ID, seen, at, "mark", data),
            dataclasses.replace(ALARM, at=at),
        )
        journal.commit()
        *_, funding = journal.funding(ID)
        *_, entry = journal.inputs(ID)
        *_, alarm = journal.alarms(ID)
        assert funding.amount == amount
        assert (entry.data, entry.at, alarm.at) == (data, at, at)
        assert repr(entry.data) == repr(data)  # 1 is not 1.0, True is not 1, and keys keep their order

    check()


@pytest.mark.parametrize("text", ["", 'it\'s "quoted"; -- \\ %s :x ?', "▲ +1 → +2", "\U0001f600", "a\nb\tc"])
def test_words_come_back(journal: Journal, text: str) -> None:
    journal.add(dataclasses.replace(STATUS, note=text))
    journal.commit()
    assert [status.note for status in journal.statuses(ID)] == [text]


def test_words_that_a_database_may_refuse_do_not_stop_the_journal(journal: Journal) -> None:
    record = dataclasses.replace(STATUS, note="a\0b\ud800c\U0001f600")
    journal.add(record, input_of(1, note="a\0b\ud800c"))
    journal.commit()
    assert [status.note for status in journal.statuses(ID)] == ["a\ufffdb\ufffdc\U0001f600"]
    assert next(journal.inputs(ID)).data["note"] == "a\0b\ud800c"


@pytest.mark.parametrize(
    "record",
    [
        FundingRecord(ID, 1, 0.1),  # type: ignore[arg-type]
        FundingRecord(ID, 1, 1),  # type: ignore[arg-type]
        FundingRecord(ID, 1, D("NaN")),
        FundingRecord(ID, 1, D("Infinity")),
        FundingRecord(ID, 1, None),  # type: ignore[arg-type]
        FundingRecord(ID, 2**63, D(1)),
        FundingRecord(ID, 1.0, D(1)),  # type: ignore[arg-type]
        FundingRecord(ID, True, D(1)),
        StatusRecord(ID, "c", 1, 5),  # type: ignore[arg-type]
        StatusRecord(ID, None, 1, "s"),  # type: ignore[arg-type]
        dataclasses.replace(ALARM, active=1),  # type: ignore[arg-type]
        dataclasses.replace(fill_of(1), side="up"),  # type: ignore[arg-type]
        input_of(1, amount=D(1)),
        input_of(1, amount=float("nan")),
        input_of(1, inner=[{1: "a key that is no text"}]),
        InputRecord(ID, 1, 1, "mark", "text"),  # type: ignore[arg-type]
        dataclasses.replace(STATUS, trade_id="e" * 16),
    ],
)
def test_what_would_not_come_back_is_refused_when_it_is_added(journal: Journal, record: StatusRecord) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        journal.add(input_of(1), record)
    assert journal.pending == 0  # all or none
    journal.add(input_of(1))
    journal.commit()
    assert list(journal.inputs(ID)) == [input_of(1)]


def test_a_word_of_an_enumeration_is_a_word(journal: Journal) -> None:
    class Status(StrEnum):
        LIVE = "live"

    journal.add(dataclasses.replace(STATUS, status=Status.LIVE))
    journal.commit()
    assert list(journal.statuses(ID)) == [STATUS]


def test_a_record_is_written_as_it_was_when_it_was_added(journal: Journal) -> None:
    data: dict[str, object] = {"prices": ["1"]}
    journal.add(InputRecord(ID, 1, 1, "mark", data))
    data["prices"] = "changed since"
    journal.commit()
    assert next(journal.inputs(ID)).data == {"prices": ["1"]}


def test_rows_keep_the_order_of_writing_across_commits_and_restarts(url: str) -> None:
    times = [5, 3, 9, 1, 7, 2]
    for at in times:
        with Journal.open(url) as journal:
            if journal.live_trade("paper", TRADE.account, "BTC") is None:
                journal.begin(TRADE)
            journal.add(dataclasses.replace(STATUS, at=at))
            journal.add(dataclasses.replace(ALARM, at=at), dataclasses.replace(STATUS, at=at, status="again"))
            journal.commit()
    with Journal.open(url) as journal:
        assert [(status.at, status.status) for status in journal.statuses(ID)] == [
            (at, status) for at in times for status in ("live", "again")
        ]
        assert [alarm.at for alarm in journal.alarms(ID)] == times


@pytest.mark.parametrize(
    ("there", "found", "missing"), [([2], 2, 1), ([1, 2, 4], 4, 3), ([1, 3, 2], 3, 2), ([1, 2, 0], 0, 3)]
)
def test_a_history_with_a_gap_or_out_of_order_is_refused(
    journal: Journal, there: list[int], found: int, missing: int
) -> None:
    journal.add(*(input_of(seq) for seq in there))
    journal.commit()
    inputs = journal.inputs(ID)
    assert [next(inputs).seq for _ in range(missing - 1)] == there[: missing - 1]
    with pytest.raises(JournalError) as error:
        next(inputs)
    assert f"trade {ID} has input {found} where input {missing} should be" in str(error.value)
    assert "\n" not in str(error.value)


def test_trades_are_kept_apart(journal: Journal) -> None:
    journal.begin(OTHER)
    journal.add(input_of(1), input_of(1, OTHER.id, other=True), fill_of(1), fill_of(1, OTHER.id))
    journal.commit()
    assert list(journal.inputs(ID)) == [input_of(1)]
    assert list(journal.inputs(OTHER.id)) == [input_of(1, OTHER.id, other=True)]
    assert list(journal.fills(OTHER.id)) == [fill_of(1, OTHER.id)]
    assert journal.trades() == [TRADE, OTHER]
    assert everything(journal, "e" * 16) == []


def test_a_trade_begins_once_and_ends_once(journal: Journal) -> None:
    journal.begin(TRADE)  # again: nothing new
    second = dataclasses.replace(TRADE, id="b" * 16)
    with pytest.raises(JournalError, match="another trade of BTC on paper is live already"):
        journal.begin(second)
    with pytest.raises(JournalError, match="not the same"):
        journal.begin(dataclasses.replace(TRADE, settings={}))
    with pytest.raises(ValueError, match="not a trade's id"):
        journal.begin(dataclasses.replace(TRADE, id="nine"))
    journal.add(input_of(1))
    journal.end(ID, 17, "flat")
    assert journal.pending == journal.pending_of(ID) == 2
    with pytest.raises(ValueError, match="is not live"):
        journal.add(input_of(2))
    journal.commit()
    assert list(journal.inputs(ID)) == [input_of(1)]  # an end comes after all that was queued
    journal.end(ID, 17, "flat")
    journal.commit()
    journal.end(ID, 18, "again")
    with pytest.raises(JournalError, match="has ended before: flat"):
        journal.commit()
    assert journal.give_up(ID) == 1
    journal.end("e" * 16, 18, "again")
    with pytest.raises(JournalError, match="not in the journal"):
        journal.commit()
    assert journal.give_up("e" * 16) == 1
    assert journal.live_trade("paper", TRADE.account, "BTC") is None
    journal.begin(second)
    assert journal.live_trade("paper", TRADE.account, "BTC") == second
    assert journal.trade(ID) == dataclasses.replace(TRADE, ended_at=17, ended_how="flat")
    assert journal.trade("e" * 16) is None


def test_the_same_row_twice_is_one_row(journal: Journal) -> None:
    keyed = [record for record in EACH if type(record) is not type(STATUS) and hasattr(record, "seq")]
    keyed += [EACH[1], fill_of(7), FundingRecord(ID, 4, D("1.50"))]
    journal.add(*keyed)
    journal.commit()
    before = everything(journal)
    journal.add(*keyed, input_of(2))
    journal.add(FundingRecord(ID, 4, D("1.5")))
    journal.commit()
    assert [record for record in everything(journal) if record != input_of(2)] == before
    assert list(journal.inputs(ID)) == [keyed[0], input_of(2)]


def test_another_row_with_the_same_key_is_an_error_and_changes_nothing(journal: Journal) -> None:
    journal.add(input_of(1), fill_of(1))
    journal.commit()
    journal.add(input_of(2), dataclasses.replace(fill_of(1), fee=D(9)))
    for _ in range(2):
        with pytest.raises(JournalError, match="does another engine write it") as error:
            journal.commit()
        assert "\n" not in str(error.value)
        assert journal.pending == 2
    assert list(journal.inputs(ID)) == [input_of(1)]  # all or nothing
    with pytest.raises(JournalError):
        journal.close()


def test_two_engines_that_write_one_trade_are_told(url: str) -> None:
    second = Journal.open(url)
    with Journal.open(url) as first:
        first.begin(TRADE)
        assert second.live_trade("paper", TRADE.account, "BTC") == TRADE
        first.add(dataclasses.replace(STATUS, note="of the first"))
        first.commit()
        second.add(dataclasses.replace(STATUS, note="of the second"))
        with pytest.raises(JournalError, match="does another engine write it"):
            second.commit()
        with pytest.raises(JournalError):
            second.close()
        assert [status.note for status in first.statuses(ID)] == ["of the first"]


def test_a_fill_goes_to_the_journal_and_back() -> None:
    fill = Fill("BTC", Side.BUY, D("1.5"), D(100), D("0.01"), 5, 7, 9, "0x1", D("2"))
    assert FillRecord.of(ID, fill, FillCause("buy", 3, "LADDER_BUY", "ladder", "feed"), D(99)).fill == fill


def test_reading_while_writing_sees_what_is_committed(journal: Journal) -> None:
    journal.add(*(input_of(seq) for seq in range(1, 2501)))
    journal.commit()
    seen = []
    for record in journal.inputs(ID):
        seen.append(record.seq)
        if record.seq == 10:
            journal.add(input_of(2501))
            journal.commit()
    assert seen == list(range(1, 2502))
    abandoned = journal.inputs(ID)
    next(abandoned)


def test_a_long_trade_is_read_in_bounded_memory(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    count = 40_000
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        began = time.perf_counter()
        for first in range(1, count, 10_000):
            journal.add(*(input_of(seq) for seq in range(first, first + 10_000)))
            journal.commit()
        written = time.perf_counter()
        for number, record in enumerate(journal.inputs(ID), 1):
            assert record.seq == number
        read = time.perf_counter()
        assert number == count
        tracemalloc.start()
        try:
            for _ in zip(range(20_000), journal.inputs(ID), strict=False):
                pass
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 8_000_000
        with capsys.disabled():
            sys.stdout.write(
                f"\n{url.partition(':')[0]}: {count} inputs written in {written - began:.2f} s,"
                f" read in {read - written:.2f} s,"
                f" {journal.size() / 1e6:.1f} MB on disk, {peak / 1e6:.1f} MB in memory at most\n"
            )


def test_sqlite_is_set_up_to_be_durable(tmp_path: Path) -> None:
    with Journal.open(f"sqlite:///{tmp_path / 'journal.db'}") as journal:
        pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
        with journal._session.database.engine.connect() as connection:
            for name, value in pragmas.items():
                assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value


def test_a_trade_has_its_terms_until_its_first_input(url: str) -> None:
    kept = dataclasses.replace(TRADE, settings={"unit": "256", "rules": {"unit": "0.4%"}})
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        for _ in range(2):
            journal.keep_terms(kept)
        assert journal.live_trade(TRADE.network, TRADE.account, TRADE.symbol) == kept
        journal.add(input_of(1))
        journal.commit()
        with pytest.raises(JournalError, match="has begun: its settings stay as they are"):
            journal.keep_terms(TRADE)
        assert journal.trades() == [kept]
