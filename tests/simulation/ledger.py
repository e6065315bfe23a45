"""The real journal in a file, as a simulated process has it until it dies."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Protocol, TypeVar

from sqlalchemy import event

from hypertui.cli.journal import take_up
from hypertui.core.market import Instrument
from hypertui.exchange.protocol import AccountState, FundingPayment, Quote, Transfer
from hypertui.execution.group_commit import GroupCommit
from hypertui.execution.input_codec import JournalledInput
from hypertui.execution.timing import Timing
from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trade_history import TradeHistory
from hypertui.execution.trade_inputs import CancelSent, EntrySent, Input, OrderSent, TradeOpened
from hypertui.execution.trade_journal import TradeJournal
from hypertui.execution.trade_news import FillBooked, OrderChanged
from hypertui.journal import Journal, JournalDown
from hypertui.journal.batch import Batch, Refusals
from hypertui.journal.intents import IntentJournal
from hypertui.journal.records import FillRecord
from hypertui.journal.session import DatabaseSession
from hypertui.port.engine import Event
from hypertui.strategy.base import EntryTold, MoveRecord
from tests.simulation.door import Boundary, Door, cancel_of
from tests.simulation.network import Network
from tests.simulation.venue import ADDRESS

T = TypeVar("T")


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
    """Draws when the database goes out of reach, and for how long, by the first of the `networks`: it is
    trouble for all of them."""

    def __init__(self, networks: Sequence[Network], random: Random, pace: Random) -> None:
        self.down_until = 0.0  # loop seconds
        self._network = networks[0]
        self._networks = networks
        self._random = random
        self._pace = pace

    def is_down(self) -> bool:
        """Out of reach already, or from now on."""
        now = asyncio.get_running_loop().time()
        if now >= self.down_until and self._network.happens(self._network.faults.journal):
            self.down_until = now + self._random.uniform(0.2, 20.0)
            self._trouble()
        return now < self.down_until

    def delay(self) -> float:
        """Up to half a second."""
        return self._random.uniform(0.0, 0.5)

    def takes(self) -> float:
        """A few milliseconds, sometimes as long as a request takes, and on a bad disk now and then so long
        that it passes for an outage."""
        kind = self._pace.random()
        if kind < 0.01 and self._network.faults.journal:
            self._trouble()
            return self._pace.uniform(0.5, 4.0)
        return self._pace.uniform(0.0, 0.3 if kind < 0.2 else 0.005)

    def _trouble(self) -> None:
        for network in self._networks:
            network.trouble()


class FileJournal:
    """A database in a file, opened anew by every process, which each time has a new `disk`. A state is kept
    every so many inputs; what was only seen is written down where it `observes`."""

    def __init__(
        self,
        folder: Path,
        random: Random,
        disk: Callable[[], Disk],
        keep_every: int = _KEEP_EVERY,
        observes: bool = True,
    ) -> None:
        self._keep_every = keep_every
        self._observes = observes
        self._url = f"sqlite:///{folder / 'journal.db'}"
        self._random = random
        self._disk = disk

    def connect(self, door: Door) -> DoorCommit:
        """The file as the process behind `door` has it, for all of its trades."""
        journal = Journal.open(self._url)
        _hurry(journal._session)
        return DoorCommit(journal, door, self._disk())

    def intents(self, network: str) -> IntentJournal:
        """The intents in the file."""
        journal = IntentJournal.open(self._url, network)
        _hurry(journal._session)
        return journal

    def trade(
        self, group: DoorCommit, config: TradeConfig, now: int, account: str = ADDRESS
    ) -> tuple[int, DoorJournal]:
        """The journal of one trade, live or new, of a process that has `group`."""
        trade_id, trade = take_up(group, config, account, now, self._new_id)
        trade._keep_every = self._keep_every
        return trade_id, DoorJournal(group, trade, f"{trade_id:016x}", self._observes)

    def fills(self) -> list[FillRecord]:
        """The fills of all trades as they are in the file."""
        with Journal.open(self._url) as journal:
            return [fill for trade in journal.trades() for fill in journal.fills(trade.id)]

    def trade_ids(self) -> list[int]:
        """All trades in the file."""
        with Journal.open(self._url) as journal:
            return [int(trade.id, 16) for trade in journal.trades()]

    def inputs(self, trade_id: int) -> list[JournalledInput]:
        """The inputs of a trade as they are in the file."""
        with Journal.open(self._url) as journal:
            return [JournalledInput(row.kind, row.at, row.data) for row in journal.inputs(f"{trade_id:016x}")]

    def client_ids(self) -> list[str]:
        """The client ids of all orders in the file."""
        with Journal.open(self._url) as journal:
            return [order.client_id for trade in journal.trades() for order in journal.orders(trade.id)]

    def lives(self, config: TradeConfig, account: str = ADDRESS) -> bool:
        """Whether the trade of this account and symbol goes on."""
        with Journal.open(self._url) as journal:
            return journal.live_trade(config.network.value, account, config.symbol) is not None

    def _new_id(self) -> str:
        return f"{self._random.getrandbits(64):016x}"


def _hurry(session: DatabaseSession) -> None:
    """Here processes die, not machines: what the system was given is safe, and nobody waits for a disk."""
    session.disconnect()
    event.listen(session.database.engine, "connect", _without_waiting)


def _without_waiting(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


class DoorCommit(GroupCommit):
    """The commits of one process, in virtual time and on a faulty disk, until the process dies: what was not
    committed by then is lost."""

    def __init__(self, journal: Journal, door: Door, disk: Disk) -> None:
        super().__init__(journal)
        self.door = door
        self.disk = disk
        self._takes = 0.0  # seconds, of the next commit
        self._notes: deque[tuple[str, int, set[str]]] = deque()

    def note(self, trade_id: str, client_ids: set[str]) -> None:
        """These orders, or cancels, are in the newest row that the trade has queued."""
        self.door.noted |= client_ids
        self._notes.append((trade_id, self.journal.mark(trade_id).number, client_ids))

    def do(self, work: Callable[[Journal], T]) -> T:
        return work(self.journal)

    def commit_beside(self, trade_id: str, *, at_once: bool, after: float = 0.0) -> asyncio.Future[None]:
        takes = 0.0
        if self.journal.pending_of(trade_id) and not (at_once and self._down):
            takes = self.disk.takes() if at_once else self.disk.delay()
            self._takes = max(self._takes, takes)
        answer = super().commit_beside(trade_id, at_once=at_once, after=after if takes else 0.0)
        self._watch(answer, trade_id, at_once)
        return answer

    def _watch(self, answer: asyncio.Future[None], trade_id: str, at_once: bool) -> None:
        """A trade whose rows fail, or wait too long, has an outage: until the next commit that it gets in
        time."""
        loop, outages = asyncio.get_running_loop(), self.door.outages
        late = loop.call_later(_TOO_LONG, outages.add, trade_id)
        had_rows = not answer.done()

        def ended(_: asyncio.Future[None]) -> None:
            in_time = late.when() > loop.time()
            late.cancel()
            if answer.cancelled() or answer.exception() is not None:
                outages.add(trade_id)
            elif at_once and in_time and had_rows:
                outages.discard(trade_id)

        if had_rows:
            answer.add_done_callback(ended)
        else:
            ended(answer)

    def close(self) -> None:
        """Let go of the file; a living process commits what is queued, a dead one cannot."""
        if self.door.shut:
            self.journal._session.disconnect()
        else:
            self.journal.close()

    def _writing(self, batch: Batch, at_once: bool) -> asyncio.Future[Refusals]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Refusals] = loop.create_future()
        takes, self._takes = self._takes, 0.0

        def write() -> None:
            try:
                refused = self._written_now(batch)
            except JournalDown as error:
                done.set_exception(error)
            else:
                done.set_result(refused)

        if takes:
            loop.call_later(takes, write)
        else:
            write()
        return done

    def _written_now(self, batch: Batch) -> Refusals:
        """Nothing of a dead process arrives, whatever its code believes."""
        if self.door.shut:
            return {}
        if self.disk.is_down():
            self._down = JournalDown("the database is out of reach")
            raise self._down
        if not self.door.passes(Boundary.COMMIT):
            return {}
        refused = self.journal.write(batch)
        written = {
            trade_id: taken.mark.number for trade_id, taken in batch.items() if trade_id not in refused
        }
        notes, self._notes = self._notes, deque()
        for trade_id, number, client_ids in notes:
            if number <= written.get(trade_id, -1):
                self.door.written |= client_ids
            else:
                self._notes.append((trade_id, number, client_ids))
        self.door.passes(Boundary.COMMITTED)
        return refused


class DoorJournal:
    """A trade's journal that ends with its process: what was not committed by then is lost."""

    def __init__(self, group: DoorCommit, trade: TradeJournal, trade_id: str, observes: bool) -> None:
        self._observes = observes
        self._group = group
        self._door = group.door
        self._trade = trade
        self._id = trade_id

    def history(self) -> TradeHistory:
        return self._trade.history()

    @property
    def terms(self) -> Mapping[str, Any]:
        return self._trade.terms

    async def keep_terms(self, terms: Mapping[str, object]) -> str:
        return "" if self._door.shut else await self._trade.keep_terms(terms)

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
                case EntryTold(source=source):
                    self._door.entries.append(source)
                case EntrySent() | TradeOpened():
                    self._door.begun.add(self._id)
                case OrderSent(_, order):
                    self._group.note(self._id, {order.client_id})
                case CancelSent(_, client_ids):
                    self._group.note(self._id, set(map(cancel_of, client_ids)))

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

    def commit_beside(self, *, at_once: bool, after: float = 0.0) -> asyncio.Future[None]:
        return self._trade.commit_beside(at_once=at_once, after=after)

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
