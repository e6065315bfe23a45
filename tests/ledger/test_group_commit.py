"""Several trades in one journal: one commit at a time for all, and each trade's troubles its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import event

from hypertui.execution.group_commit import GroupCommit
from hypertui.execution.trade_inputs import StateSet
from hypertui.execution.trade_journal import LedgerJournal
from hypertui.execution.trading_state import TradingState
from hypertui.journal import Journal, JournalDown, JournalError, Locked
from hypertui.journal.records import TradeRecord
from tests.ledger.helpers import TRADE, fill_of
from tests.ledger.proxy import Proxy
from tests.ledger.test_outages import kill_connections
from tests.support.live_engine import wait_until
from tests.support.prefork import Process

STATE = StateSet(7, TradingState())
COINS = ("BTC", "ETH", "SOL", "HYPE")


def trade_of(number: int) -> TradeRecord:
    return replace(TRADE, id=f"{number + 1:016x}", symbol=COINS[number])


@contextmanager
def trades(url: str, count: int) -> Iterator[tuple[GroupCommit, list[LedgerJournal]]]:
    """So many new trades in one journal."""
    with Journal.open(url) as other:
        others = {trade.id for trade in other.trades()}
    with closing(GroupCommit(Journal.open(url))) as group:
        found = []
        for number in range(count):
            trade = trade_of(number)
            group.do(lambda journal, trade=trade: journal.claim(trade.network, trade.account, trade.symbol))
            group.do(lambda journal, trade=trade: journal.begin(trade))
            found.append(LedgerJournal(group, trade, is_new=trade.id not in others))
        yield group, found


class Commits:
    """Counts the transactions of a journal."""

    def __init__(self, group: GroupCommit) -> None:
        self.count = 0
        event.listen(group.journal._session.database.engine, "commit", self._commit)

    def _commit(self, _connection: object) -> None:
        self.count += 1


def inputs(url: str, number: int) -> list[int]:
    """The inputs of a trade that are in the database, by somebody else's word."""
    with Journal.open(url) as journal:
        return [row.seq for row in journal.inputs(trade_of(number).id)]


def committed(
    journals: Sequence[LedgerJournal], at_once: bool = True
) -> Coroutine[Any, Any, list[BaseException | None]]:
    """What becomes of a commit that all of them want at the same moment."""

    async def ask() -> list[BaseException | None]:
        return await asyncio.gather(
            *(journal.commit_beside(at_once=at_once) for journal in journals), return_exceptions=True
        )

    return ask()


@pytest.mark.parametrize("count", [1, 2, 4])
def test_what_is_queued_at_the_same_moment_takes_two_commits_at_most(url: str, count: int) -> None:
    with trades(url, count) as (group, journals):
        commits = Commits(group)
        for journal in journals:
            journal.record(STATE)
            journal.record(STATE)
        assert [journal.pending for journal in journals] == [2] * count
        assert asyncio.run(committed(journals)) == [None] * count
        assert [journal.pending for journal in journals] == [0] * count
        assert commits.count <= 2
        assert [inputs(url, number) for number in range(count)] == [[1, 2]] * count


def contradict(url: str, number: int) -> None:
    """Write a fill of a trade, as another engine would that takes itself for its own."""
    trade = trade_of(number)
    with Journal.open(url) as journal:
        assert journal.live_trade(trade.network, trade.account, trade.symbol) == trade
        journal.add(fill_of(1, trade.id))


@pytest.mark.parametrize("count", [2, 4])
def test_a_trade_whose_rows_are_refused_leaves_the_batch(url: str, count: int) -> None:
    with trades(url, count) as (group, journals):
        contradict(url, 0)
        for journal in journals:
            journal.record(STATE)
        group.journal.add(replace(fill_of(1, trade_of(0).id), level=7))
        assert asyncio.run(committed(journals[1:2])) == [
            None
        ]  # nobody asks for the first, and yet its rows are in the way
        assert [journal.pending for journal in journals] == [2] + [0] * (count - 1)
        for journal in journals:
            journal.record(STATE)
        refused, *fine = asyncio.run(committed(journals))
        assert isinstance(refused, JournalError)
        assert not isinstance(refused, JournalDown)
        assert "does another engine write it?" in str(refused)
        assert fine == [None] * (count - 1)
        assert inputs(url, 0) == []
        assert [inputs(url, number) for number in range(1, count)] == [[1, 2]] * (count - 1)
        commits = Commits(group)
        journals[1].record(STATE)
        assert asyncio.run(committed(journals[1:2])) == [None]
        assert commits.count == 1, "it is in nobody's way any more"
        (again,) = asyncio.run(committed(journals[:1], at_once=False))
        assert str(again) == str(refused)
        assert journals[0].give_up() == 3
        journals[0].record(STATE)
        assert journals[0].pending == 0


def test_a_claim_that_was_taken_is_the_trouble_of_one_trade(postgres_url: str) -> None:
    first = trade_of(0)
    with trades(postgres_url, 2) as (group, journals):
        for journal in journals:
            journal.record(STATE)
        kill_connections(postgres_url)
        with Journal.open(postgres_url) as other:
            other.claim(first.network, first.account, first.symbol)
            assert [type(each) for each in asyncio.run(committed(journals))] == [JournalDown, JournalDown]
            locked, fine = asyncio.run(committed(journals, at_once=False))
            assert isinstance(locked, Locked)
            assert fine is None
            journals[1].record(STATE)
            assert asyncio.run(committed(journals[1:])) == [None]
            assert (inputs(postgres_url, 0), inputs(postgres_url, 1)) == ([], [1, 2])
            with pytest.raises(Locked):
                group.do(lambda journal: journal.begin(first))
            # When it closes, the server lets go of it a moment later.
            other.release(first.network, first.account, first.symbol)
        assert asyncio.run(committed(journals, at_once=False)) == [None, None]
        assert inputs(postgres_url, 0) == [1]


def test_a_claim_can_be_released_alone(url: str) -> None:
    first, second = trade_of(0), trade_of(1)
    with trades(url, 2) as (group, _), Journal.open(url) as other:
        group.do(lambda journal: journal.release(first.network, first.account, first.symbol))
        group.do(lambda journal: journal.release(first.network, first.account, first.symbol))
        other.claim(first.network, first.account, first.symbol)
        with pytest.raises(Locked):
            other.claim(second.network, second.account, second.symbol)


def test_an_outage_is_one_attempt_for_all(postgres: str, postgres_url: str) -> None:
    async def outage(journals: Sequence[LedgerJournal]) -> None:
        began = time.monotonic()
        first = journals[0].commit_beside(at_once=True)
        others = [journal.commit_beside(at_once=True) for journal in journals[1:]]
        told = await asyncio.gather(first, *others, return_exceptions=True)
        assert [type(each) for each in told] == [JournalDown] * 4
        assert len({str(each) for each in told}) == 1
        assert time.monotonic() - began < 1.5  # 0.4 s and what a busy machine adds, not 0.4 s for each
        (again,) = await committed(journals[:1])
        assert isinstance(again, JournalDown)
        patient = [journal.commit_beside(at_once=False) for journal in journals]
        with pytest.raises(JournalDown, match="out of reach"):
            await journals[1].commit_beside(at_once=True)
        proxy.thaw()
        assert await asyncio.gather(*patient, return_exceptions=True) == [None] * 4

    with Proxy(postgres) as proxy, trades(proxy.url, 4) as (_, journals):
        for journal in journals:
            journal.record(STATE)
        proxy.freeze()
        asyncio.run(outage(journals))
        assert [inputs(postgres_url, number) for number in range(4)] == [[1]] * 4


def test_ends_states_and_what_is_given_up_are_each_trades_own(url: str) -> None:
    with trades(url, 4) as (_, journals):
        ended, kept, given_up, left = journals
        for journal in journals:
            journal.record(STATE)
        kept.keep("old", 8)
        ended.keep("its own", 8)
        assert asyncio.run(committed(journals)) == [None] * 4
        ended.ended(9, "flat")
        for journal in journals:
            journal.record(STATE)  # nothing comes after an end
        kept.keep("new", 9)
        assert [journal.pending for journal in journals] == [1, 2, 1, 1]
        assert given_up.give_up() == 1
        assert asyncio.run(committed([kept])) == [None]
        assert [journal.pending for journal in journals] == [0] * 4
        left.record(STATE)  # closing writes it
    with Journal.open(url) as journal:
        assert [trade.ended_how for trade in journal.trades()] == ["flat", "", "", ""]
        states = [journal.state(trade_of(number).id) for number in range(4)]
        assert [None if state is None else state.state for state in states] == ["its own", "new", None, None]
    assert [inputs(url, number) for number in range(4)] == [[1], [1, 2], [1], [1, 2, 3]]


def test_much_that_has_piled_up_of_one_trade_holds_up_no_other(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypertui.journal.writer._BATCH", 10)

    async def both(busy: LedgerJournal, quick: LedgerJournal) -> None:
        for _ in range(95):
            busy.record(STATE)
        quick.record(STATE)
        all_of_it = busy.commit_beside(at_once=True)
        await quick.commit_beside(at_once=True)
        assert not all_of_it.done()
        assert busy.pending > 50
        busy.record(STATE)
        await all_of_it
        assert busy.pending <= 1

    with trades(url, 2) as (_, (busy, quick)):
        asyncio.run(both(busy, quick))
    assert inputs(url, 0) == list(range(1, 97))


def test_a_history_is_read_while_a_commit_is_under_way(url: str) -> None:
    """However much there is to read: what other trades have decided is durable in no more time for it."""
    with trades(url, 2) as (group, (first, other)):
        first.record(STATE)
        assert asyncio.run(committed([first])) == [None]
        hangs = threading.Event()
        busy = group._thread.submit(hangs.wait)
        other.record(STATE)
        try:
            history = LedgerJournal(group, trade_of(0), is_new=False).history()
            assert len(history.opening) == 1
            assert list(history.again()) == []
        finally:
            hangs.set()
        assert busy.result()
        assert asyncio.run(committed([other])) == [None]


_LIVES = """
import asyncio, os, sys
from tests.ledger.test_group_commit import STATE, trades

async def trade(number, journal):
    while True:
        for _ in range(number + 1):
            journal.record(STATE)
        seq = journal._seq
        await journal.commit_beside(at_once=False, after=0.001 * number)
        os.write(1, f"{number} {seq}\\n".encode())

async def live(journals):
    await asyncio.gather(*(trade(number, journal) for number, journal in enumerate(journals)))

with trades(sys.argv[1], 4) as (_, journals):
    asyncio.run(live(journals))
"""


def test_killed_at_any_moment_each_trade_has_what_it_was_told_is_durable(url: str, tmp_path: Path) -> None:
    random, told = Random(3), [0] * 4
    for life in range(4):
        said = tmp_path / f"said {life}"
        with said.open("wb") as output:
            process = Process([sys.executable, "-c", _LIVES, url], stdout=output)
        try:
            wait_until(lambda: b"3 " in said.read_bytes(), "receipts of all trades", 30)  # noqa: B023
            with suppress(subprocess.TimeoutExpired):
                process.wait(random.uniform(0.0, 0.1))
            assert process.returncode is None
        finally:
            process.kill()
            process.wait()
        for line in said.read_text().splitlines():
            number, seq = map(int, line.split())
            told[number] = max(told[number], seq)
        for number in range(4):
            seqs = inputs(url, number)
            assert seqs == list(range(1, len(seqs) + 1))
            assert len(seqs) >= told[number]
