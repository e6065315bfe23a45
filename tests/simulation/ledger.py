"""The real journal in a file, as a simulated process has it until it dies."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Protocol

from sqlalchemy import event

from hypertui.cli.journal import take_up
from hypertui.core.market import Instrument
from hypertui.exchange.protocol import AccountState, FundingPayment, Quote, Transfer
from hypertui.execution.input_codec import JournalledInput
from hypertui.execution.timing import Timing
from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trade_history import TradeHistory
from hypertui.execution.trade_inputs import CancelSent, Input, OrderSent
from hypertui.execution.trade_journal import TradeJournal
from hypertui.execution.trade_news import FillBooked, OrderChanged
from hypertui.journal import Journal, JournalDown
from hypertui.journal.records import FillRecord
from hypertui.port.engine import Event
from hypertui.strategy.base import MoveRecord
from tests.simulation.door import Boundary, Door, cancel_of
from tests.simulation.network import Network
from tests.simulation.venue import ADDRESS


class Disk(Protocol):
    """What befalls the database of one process."""

    def is_down(self) -> bool:
        """Whether it is out of reach now."""

    def delay(self) -> float:
        """Seconds that a commit takes after one that failed."""

    def takes(self) -> float:
        """Seconds that a commit takes while all is well; 0 for no time at all."""


_TOO_LONG = 0.9  # seconds: what sells does not wait that long
_KEEP_EVERY = 40  # inputs: every life but the shortest begins with a state that was kept


class FaultyDisk:
    """Draws when the database goes out of reach, and for how long."""

    def __init__(self, network: Network, random: Random, pace: Random) -> None:
        self.down_until = 0.0  # loop seconds
        self._network = network
        self._random = random
        self._pace = pace

    def is_down(self) -> bool:
        """Out of reach already, or from now on."""
        now = asyncio.get_running_loop().time()
        if now >= self.down_until and self._network.happens(self._network.faults.journal):
            self.down_until = now + self._random.uniform(0.2, 20.0)
        return now < self.down_until

    def delay(self) -> float:
        """Up to half a second."""
        return self._random.uniform(0.0, 0.5)

    def takes(self) -> float:
        """A few milliseconds, sometimes as long as a request takes, and on a bad disk now and then so long
        that it passes for an outage."""
        kind = self._pace.random()
        if kind < 0.01 and self._network.faults.journal:
            self._network.trouble()
            return self._pace.uniform(0.5, 4.0)
        return self._pace.uniform(0.0, 0.3 if kind < 0.2 else 0.005)


class FileJournal:
    """A database in a file, opened anew by every process, which each time has a new `disk`. A state is kept
    every so many inputs; what was only seen is written down where it `observes`."""

    def __init__(
        self,
        folder: Path,
        config: TradeConfig,
        random: Random,
        disk: Callable[[], Disk],
        keep_every: int = _KEEP_EVERY,
        observes: bool = True,
    ) -> None:
        self._keep_every = keep_every
        self._observes = observes
        self._newest = ""
        self._url = f"sqlite:///{folder / 'journal.db'}"
        self._config = config
        self._random = random
        self._disk = disk

    def open(self, door: Door, now: int) -> tuple[int, DoorJournal]:
        """The live trade's journal, or that of a new trade, for the process behind `door`."""
        journal = Journal.open(self._url)
        # Here processes die, not machines: what the system was given is safe, and nobody waits for a disk.
        session = journal._session
        session.disconnect()
        event.listen(session.database.engine, "connect", _without_waiting)
        trade_id, trade = take_up(journal, self._config, ADDRESS, now, self._new_id)
        self._newest = f"{trade_id:016x}"
        trade._keep_every = self._keep_every
        return trade_id, DoorJournal(journal, trade, door, self._disk(), self._observes)

    def fills(self) -> list[FillRecord]:
        """The fills of all trades as they are in the file."""
        with Journal.open(self._url) as journal:
            return [fill for trade in journal.trades() for fill in journal.fills(trade.id)]

    def inputs(self) -> list[JournalledInput]:
        """The inputs of the newest trade as they are in the file."""
        with Journal.open(self._url) as journal:
            return [JournalledInput(row.kind, row.at, row.data) for row in journal.inputs(self._newest)]

    def client_ids(self) -> list[str]:
        """The client ids of all orders in the file."""
        with Journal.open(self._url) as journal:
            return [order.client_id for trade in journal.trades() for order in journal.orders(trade.id)]

    @property
    def is_live(self) -> bool:
        """Whether there is a trade that goes on."""
        config = self._config
        with Journal.open(self._url) as journal:
            return journal.live_trade(config.network.value, ADDRESS, config.symbol) is not None

    def _new_id(self) -> str:
        return f"{self._random.getrandbits(64):016x}"


def _without_waiting(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


class DoorJournal:
    """A trade's journal that ends with its process: what was not committed by then is lost."""

    def __init__(self, journal: Journal, trade: TradeJournal, door: Door, disk: Disk, observes: bool) -> None:
        self._observes = observes
        self._journal = journal
        self._trade = trade
        self._door = door
        self._disk = disk

    def history(self) -> TradeHistory:
        return self._trade.history()

    @property
    def state_is_due(self) -> bool:
        return self._trade.state_is_due

    def keep(self, state: str, at: int) -> None:
        if not self._door.shut:
            self._trade.keep(state, at)

    def record(self, given: Input) -> None:
        if not self._door.shut:
            self._trade.record(given)
            match given:
                case OrderSent(_, order):
                    self._door.noted.add(order.client_id)
                case CancelSent(_, client_ids):
                    self._door.noted |= set(map(cancel_of, client_ids))

    @property
    def place(self) -> str:
        return self._trade.place

    def room(self) -> tuple[int | None, int | None]:
        return self._trade.room()

    async def tidy(self) -> str:
        return await self._trade.tidy()

    @property
    def pending(self) -> int:
        return 0 if self._door.shut else self._trade.pending

    def commit(self) -> None:
        self._commit(self._journal.pending, set(self._door.noted))

    def commit_beside(self, *, at_once: bool, after: float = 0.0) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        takes = self._disk.takes() if at_once else self._disk.delay()
        self._door.journal_works &= takes < _TOO_LONG

        def begin() -> None:
            rows, noted = self._journal.pending, set(self._door.noted)
            if takes:
                loop.call_later(takes, commit, rows, noted)
            else:
                commit(rows, noted)

        def commit(rows: int, noted: set[str]) -> None:
            try:
                self._commit(rows, noted)
            except JournalDown as error:
                done.set_exception(error)
            else:
                # After an outage the engine has yet to hear of its end.
                self._door.journal_works |= at_once and takes < _TOO_LONG
                done.set_result(None)

        if takes and after:
            loop.call_later(after, begin)
        else:
            begin()
        return done

    def _commit(self, rows: int, noted: set[str]) -> None:
        """Commit the first `rows` that wait, which have the orders `noted`: what was written down since is
        the next commit's."""
        if not self.pending:
            return
        if self._disk.is_down():
            self._door.journal_works = False
            raise JournalDown("the database is out of reach")
        if self._door.passes(Boundary.COMMIT):
            queue = self._journal._queue
            later = queue[rows:]
            del queue[rows:]
            try:
                self._trade.commit()
            finally:
                queue += later
            self._door.written |= noted
            self._door.passes(Boundary.COMMITTED)

    def give_up(self) -> int:
        return 0 if self._door.shut else self._trade.give_up()

    def ended(self, at: int, how: str) -> None:
        if not self._door.shut:
            self._trade.ended(at, how)

    def order(self, changed: OrderChanged, at: int) -> None:
        if not self._door.shut:
            self._trade.order(changed, at)

    def fill(self, booked: FillBooked) -> None:
        if not self._door.shut:
            self._trade.fill(booked)

    def move(self, record: MoveRecord, at: int) -> None:
        if not self._door.shut:
            self._trade.move(record, at)

    def event(self, news: Event) -> None:
        if not self._door.shut:
            self._trade.event(news)

    def funding(self, payment: FundingPayment) -> None:
        if not self._door.shut:
            self._trade.funding(payment)

    def transfers(self, transfers: Sequence[Transfer]) -> None:
        if not self._door.shut:
            self._trade.transfers(transfers)

    def reconciliation(self, findings: Mapping[str, object], done: str, at: int) -> None:
        if not self._door.shut:
            self._trade.reconciliation(findings, done, at)

    def rules(self, at: int, instrument: Instrument, timing: Timing) -> None:
        if not self._door.shut:
            self._trade.rules(at, instrument, timing)

    def quote(self, at: int, quote: Quote) -> None:
        if self._observes and not self._door.shut:
            self._trade.quote(at, quote)

    def account(self, at: int, asked_at: int, account: AccountState) -> None:
        if self._observes and not self._door.shut:
            self._trade.account(at, asked_at, account)

    def close(self) -> None:
        """Let go of the file; a living process commits what is queued, a dead one cannot."""
        if self._door.shut:
            self._journal._session.disconnect()
        else:
            self._journal.close()
