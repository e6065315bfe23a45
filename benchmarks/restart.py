"""How long a restart takes of a trade with a million recorded inputs, by the state that was kept, beside a
replay of a part of them; and whether both give the same trade."""

import asyncio
import math
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import cast

from hypertui.core.market import KNOWN_INSTRUMENTS, Fill, IngestVia, Side
from hypertui.exchange.protocol import Allowance, CancelOutcome, Resting
from hypertui.execution.actions import Cancel, Place
from hypertui.execution.convergence import UnderWay
from hypertui.execution.granting import Granting
from hypertui.execution.group_commit import GroupCommit
from hypertui.execution.opening import known
from hypertui.execution.orders import ClientIds, OwnOrder
from hypertui.execution.playback import replay, take_up
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade
from hypertui.execution.trade_events import TradeEvents
from hypertui.execution.trade_inputs import (
    CancelAnswered,
    FillReceived,
    FillsCompared,
    OrderAnswered,
    TradeOpened,
)
from hypertui.execution.trade_journal import LedgerJournal
from hypertui.execution.trade_snapshot import dump
from hypertui.journal import Journal
from hypertui.journal.records import TradeRecord
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.request_budget import RequestBudget
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.trade_plan import LadderPlan

INPUTS = int(os.environ.get("INPUTS", "1000000"))
RUNS = 3
TRADE = "00000000000000a1"
PLAN = LadderPlan(KNOWN_INSTRUMENTS["SOL"], Decimal(1), Decimal(8_000), 20, Reinvest.OFF)
ENTRY = Fill("SOL", Side.BUY, Decimal(40), Decimal(200), Decimal(1), 1, 1, 1)
UNDER_WAY = UnderWay()


def a_million_inputs() -> dict[str, object]:
    """The restart by the kept state, the whole replay, and the bytes of the journal's file."""
    beside = Path(__file__).parent
    with tempfile.TemporaryDirectory(prefix="bench-", dir=beside) as folder:
        url = f"sqlite:///{folder}/journal.db"
        inputs = _Walk(url).recorded()
        restarts = sorted(_seconds(lambda: _restarted(url)) for _ in range(RUNS))
        began = time.perf_counter()
        whole, count = _replayed(url)
        replayed = time.perf_counter() - began
        same = whole == _restarted(url)
        size = (Path(folder) / "journal.db").stat().st_size
    return {
        "inputs": inputs,
        "restart_seconds": round(restarts[RUNS // 2], 3),
        "replay_seconds": round(replayed, 1),
        "replay_microseconds_an_input": round(replayed / count * 1e6, 1),
        "same_state": same,
        "journal_mb": round(size / 1e6),
    }


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _opened() -> Trade:
    return Trade(PLAN.start([ENTRY]), Timing(), ClientIds(int(TRADE, 16)))


def _live(journal: Journal) -> TradeRecord:
    live = journal.live_trade("paper", "0x" + "a" * 40, "SOL")
    assert live is not None
    return live


def _restarted(url: str) -> Trade:
    with closing(GroupCommit(Journal.open(url))) as group:
        history = LedgerJournal(group, group.do(_live), is_new=False).history()
        assert known(history) is not None
        return asyncio.run(take_up(_opened, history))


def _replayed(url: str) -> tuple[Trade, int]:
    with closing(GroupCommit(Journal.open(url))) as group:
        history = LedgerJournal(group, group.do(_live), is_new=False).history()
        since = history.again()
        trade = _opened()
        replay(trade, since)
        return trade, len(since)


class _Walk:
    """A trade along a wavy price, at an exchange that does everything at once."""

    def __init__(self, url: str) -> None:
        self._now = 1_000
        self._fills = 1
        journal = Journal.open(url)
        record = TradeRecord(TRADE, "paper", "0x" + "a" * 40, "SOL", 1, {})
        journal.begin(record)
        self._group = GroupCommit(journal)
        self._ledger = LedgerJournal(self._group, record, is_new=True)
        self._ledger.record(TradeOpened(1, (ENTRY,)))
        self._trade = _opened()
        events = TradeEvents(EventLog(lambda: self._now), lambda: self._now, self._ledger)
        self._recorder = TradeRecorder(self._trade, self._ledger, events)
        budget = RequestBudget(lambda: Allowance(1_200, 1_200), ClockSync(), lambda: self._now, Random(1))
        self._granting = Granting(self._recorder, budget)

    def recorded(self) -> int:
        """Walk until so many inputs are recorded; returns how many."""
        turn = 0
        while self._ledger._seq < INPUTS:
            turn += 1
            self._now += 1_000
            wave = 12 * math.sin(turn / 40) + 5 * math.sin(turn / 7)
            self._recorder.take_price(Decimal(round((200 + wave) * 100)).scaleb(-2), self._now)
            for order in [order for order in self._trade.tracker.alive if order.due]:
                self._fill(order)
            self._settle()
            if turn % 120 == 0:
                self._recorder.take(FillsCompared(self._now, self._now))
            if self._ledger.state_is_due:
                self._ledger.keep(dump(self._trade), self._now)
            if turn % 200 == 0:
                self._group.do(Journal.commit)
        self._group.close()
        return cast(int, self._ledger._seq)

    def _settle(self) -> None:
        while actions := self._granting.decided(UNDER_WAY, "", self._now):
            for action in actions:
                match action:
                    case Place(orders):
                        for order in orders:
                            self._recorder.take(OrderAnswered(self._now, order.client_id, Resting(7)))
                            if order.due:
                                self._fill(order)
                    case Cancel(orders):
                        for order in orders:
                            cancelled = CancelAnswered(self._now, order.client_id, CancelOutcome.CANCELLED)
                            self._recorder.take(cancelled)

    def _fill(self, order: OwnOrder) -> None:
        self._fills += 1
        price = order.order.trigger or order.order.limit
        fill = Fill(
            "SOL", order.order.side, order.remaining, price, order.remaining * price / 2_000, self._now, 9,
            self._fills, order.client_id,
        )  # fmt: skip
        self._recorder.take(FillReceived(self._now, fill, self._now, IngestVia.FEED))
