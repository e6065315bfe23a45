"""A trade's side of the journal: rows queued before anything is sent, and the history of a restart."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from hypertui.core.market import Instrument
from hypertui.exchange.protocol import AccountState, FundingPayment, Quote, Transfer
from hypertui.execution.group_commit import GroupCommit
from hypertui.execution.input_codec import JournalledInput, encode
from hypertui.execution.state_version import VERSION
from hypertui.execution.timing import Timing
from hypertui.execution.trade_history import TradeHistory
from hypertui.execution.trade_inputs import Input
from hypertui.execution.trade_news import FillBooked, OrderChanged
from hypertui.execution.trade_past import read_guards, read_history
from hypertui.journal import JournalError, Locked
from hypertui.journal.pruning import Retention
from hypertui.journal.reader import JournalReader
from hypertui.journal.records import (
    AccountRecord,
    AlarmRecord,
    CommandRecord,
    FillCause,
    FillRecord,
    FundingRecord,
    InputRecord,
    MarkRecord,
    OrderRecord,
    ReconciliationRecord,
    Record,
    RulesRecord,
    StateRecord,
    StatusRecord,
    StepRecord,
    TradeRecord,
    TransferRecord,
)
from hypertui.port.engine import Event, EventKind
from hypertui.risk.memory import GuardMemory
from hypertui.strategy.base import MoveRecord

# Inputs between two states that are kept: a restart replays no more, which takes less than a second.
_KEEP_EVERY = 10_000


class TradeJournal(Protocol):
    """Where one trade is written down. `record` and the rest only queue, also while a commit is under way,
    of which there is one at a time for all trades of an engine. All of it belongs to the engine's thread."""

    @property
    def place(self) -> str:
        """Where it is kept, for messages."""

    @property
    def pending(self) -> int:
        """How many rows wait for a commit."""

    def room(self) -> tuple[int | None, int | None]:
        """The bytes that it takes, and those free where it is kept; None where only the database knows."""

    async def tidy(self) -> str:
        """Let go of some of what need not be kept any longer; returns what is in the way, in words."""

    def history(self) -> TradeHistory:
        """What is known of the trade that goes on; nothing for a new one."""

    @property
    def terms(self) -> Mapping[str, Any]:
        """What the trade keeps of its settings."""

    async def keep_terms(self, terms: Mapping[str, object]) -> str:
        """Have these in the place of the strategy's that it was begun with, durable at once, before its first
        input; returns why not, in words, empty where it is done."""

    def record(self, given: Input) -> None:
        """Queue an input."""

    @property
    def state_is_due(self) -> bool:
        """Whether so many inputs have been queued since the last state that another one should be kept."""

    def keep(self, state: str, at: int) -> None:
        """Queue the state after the newest input."""

    def commit_beside(self, *, at_once: bool, after: float = 0.0) -> asyncio.Future[None]:
        """Begin to make durable what is queued by then, while the loop goes on: `at_once` on the connection
        there is, else with patience and on a new one if need be. What would keep the loop busy beside itself
        begins `after` so many seconds, or when another trade wants it. The future raises JournalDown where
        the database is out of reach and another JournalError, or Locked, where it must not be written any
        more; what was not written stays queued."""

    def give_up(self) -> int:
        """Forget what is queued and what comes after it; returns how many rows were."""

    def ended(self, at: int, how: str) -> None:
        """Queue the trade's end: the next start begins a new one. What comes after it belongs to no trade."""

    def order(self, changed: OrderChanged, at: int) -> None:
        """Queue an order's new status, and the order itself when it is sent."""

    def fill(self, booked: FillBooked) -> None:
        """Queue a fill."""

    def move(self, record: MoveRecord, at: int) -> None:
        """Queue a move of the strategy."""

    def event(self, event: Event) -> None:
        """Queue a command or an alarm."""

    def funding(self, payment: FundingPayment) -> None:
        """Queue a payment of funding."""

    def transfers(self, transfers: Sequence[Transfer]) -> None:
        """Queue those of an answer that are not written down yet; it holds all of each time that it holds."""

    def reconciliation(self, findings: Mapping[str, object], done: str, at: int) -> None:
        """Queue a comparison with the venue: what differed, and what was done about it."""

    def quote(self, at: int, quote: Quote) -> None:
        """Queue a price that was seen."""

    def account(self, at: int, asked_at: int, account: AccountState) -> None:
        """Queue the account's state, asked for and read at these times."""

    def rules(self, at: int, instrument: Instrument, timing: Timing) -> None:
        """Queue what this start goes by."""


class LedgerJournal:
    """One trade in the ledger's journal, among those that `group` commits; `retention` prunes those that have
    ended. Made in any thread but the journal's own, for which it waits."""

    def __init__(
        self,
        group: GroupCommit,
        trade: TradeRecord,
        is_new: bool,
        retention: Retention | None = None,
        keep_every: int = _KEEP_EVERY,
    ) -> None:
        self._retention = retention
        self._group = group
        self._journal = group.journal
        self._trade = trade
        self._keep_every = keep_every
        self._history, self._transfers = TradeHistory(), set[tuple[int, str, int]]()
        if is_new:
            self._history = TradeHistory(guards=group.read(self._guards_before))
        else:
            self._history, self._transfers = group.read(self._read)
        state = self._history.state
        self._kept_at = len(self._history.opening) if state is None else state.seq
        self._seq = self._kept_at + len(self._history.since)
        self._over = False

    def _guards_before(self, journal: JournalReader) -> GuardMemory:
        """What the guards of the account's trades before have written down."""
        return read_guards(journal, self._trade.network, self._trade.account)

    def _read(self, journal: JournalReader) -> tuple[TradeHistory, set[tuple[int, str, int]]]:
        """What the journal knows of the trade, and the keys of its transfers."""
        history = read_history(journal, self._trade.id)
        known = {(row.time, row.hash, row.number) for row in journal.transfers(self._trade.id)}
        return replace(history, again=lambda: self._group.read(self._all_since)), known

    def _all_since(self, journal: JournalReader) -> Sequence[JournalledInput]:
        """All inputs since the opening, whatever state was kept."""
        return read_history(journal, self._trade.id).again()

    @property
    def place(self) -> str:
        """Where it is kept, for messages."""
        return self._journal.place

    @property
    def begun(self) -> bool:
        """Whether the trade has any input: one without has sent nothing."""
        return self._seq > 0

    @property
    def pending(self) -> int:
        """How many rows wait for a commit, the trade's end among them."""
        return self._journal.pending_of(self._trade.id)

    def room(self) -> tuple[int | None, int | None]:
        """The bytes of the file and those free on its disk. The database itself is not asked: it may be slow,
        and a commit may be under way."""
        return self._journal.room()

    async def tidy(self) -> str:
        """Prune some of the trades that have ended, in a thread and on a connection of its own."""
        if self._retention is None:
            return ""
        try:
            await asyncio.to_thread(self._retention.work)
        except JournalError as error:
            return f"retention: {error}"
        return ""

    def history(self) -> TradeHistory:
        """What is known of the trade that goes on."""
        return self._history

    @property
    def terms(self) -> Mapping[str, Any]:
        """As the trade was begun, or with what is kept since."""
        return self._trade.settings

    async def keep_terms(self, terms: Mapping[str, object]) -> str:
        """Write them to the trade's own row: until its first input nothing has been made of it."""
        trade = replace(self._trade, settings={**self._trade.settings, **terms})
        try:
            await asyncio.to_thread(self._group.do, lambda journal: journal.keep_terms(trade))
        except (JournalError, Locked) as error:
            return str(error)
        self._trade = trade
        return ""

    def record(self, given: Input) -> None:
        """Queue an input."""
        self._seq += 1
        kept = encode(given)
        self._add(InputRecord(self._trade.id, self._seq, kept.at, kept.kind, kept.data))

    @property
    def state_is_due(self) -> bool:
        """Whether another state should be kept."""
        return self._seq - self._kept_at >= self._keep_every

    def keep(self, state: str, at: int) -> None:
        """Queue the state after the newest input."""
        self._kept_at = self._seq
        self._add(StateRecord(self._trade.id, self._seq, at, VERSION, state))

    def commit_beside(self, *, at_once: bool, after: float = 0.0) -> asyncio.Future[None]:
        """Make it durable in the journal's own thread, together with what other trades have queued."""
        return self._group.commit_beside(self._trade.id, at_once=at_once, after=after)

    def give_up(self) -> int:
        """Forget what is queued and what comes after it; returns how many rows were."""
        self._over = True
        return self._journal.give_up(self._trade.id)

    def ended(self, at: int, how: str) -> None:
        """Queue the trade's end."""
        if not self._over:
            self._over = True
            self._journal.end(self._trade.id, at, how)

    def order(self, changed: OrderChanged, at: int) -> None:
        """Queue an order's new status, and the order itself when it is sent."""
        order, trade = changed.order, self._trade.id
        wanted = order.order
        if changed.status == "sent":
            self._add(
                OrderRecord(
                    trade,
                    order.client_id,
                    order.role.value,
                    str(order.key),
                    order.level,
                    wanted.side,
                    wanted.size,
                    wanted.type.value,
                    wanted.tif.value,
                    wanted.trigger,
                    wanted.limit,
                    wanted.reduce_only,
                    order.decision.reason.value,
                    str(order.decision.source),
                    order.sent_at,
                    order.decision.target,
                    order.decision.text,
                    order.decision.replaces,
                    order.decision.step,
                )
            )
        self._add(StatusRecord(trade, order.client_id, at, changed.status, changed.order_id, changed.note))

    def fill(self, booked: FillBooked) -> None:
        """Queue a fill."""
        decision = booked.decision
        why = FillCause(
            booked.role.value, booked.level, decision.reason.value, str(decision.source), booked.via.value
        )
        self._add(FillRecord.of(self._trade.id, booked.fill, why, decision.target))

    def move(self, record: MoveRecord, at: int) -> None:
        """Queue a move of the strategy."""
        move = record.move
        way = "up" if move.upwards else "down"
        self._add(StepRecord(self._trade.id, move.number, at, move.price, way, move.level, record.state))

    def event(self, event: Event) -> None:
        """Queue a command or an alarm."""
        data: Mapping[str, Any] = event.data
        if event.kind is EventKind.COMMAND:
            self._add(
                CommandRecord(
                    self._trade.id,
                    event.at,
                    data["id"],
                    data["verb"],
                    data["who"],
                    data["source"],
                    data["state"],
                    data["took_ms"],
                    data["text"],
                )
            )
        elif event.kind is EventKind.ALARM:
            self._add(
                AlarmRecord(
                    self._trade.id, event.at, data["alarm"], event.severity.value, event.text, data["active"]
                )
            )

    def funding(self, payment: FundingPayment) -> None:
        """Queue a payment of funding."""
        self._add(FundingRecord(self._trade.id, payment.time, payment.amount))

    def transfers(self, transfers: Sequence[Transfer]) -> None:
        """Queue those of an answer that are not written down yet."""
        numbers = Counter[tuple[int, str]]()
        for moved in transfers:
            numbers[moved.time, moved.hash] += 1
            key = (moved.time, moved.hash, numbers[moved.time, moved.hash])
            if key not in self._transfers:
                self._transfers.add(key)
                self._add(TransferRecord(self._trade.id, *key, moved.kind, moved.delta))

    def reconciliation(self, findings: Mapping[str, object], done: str, at: int) -> None:
        """Queue a comparison with the venue."""
        self._add(ReconciliationRecord(self._trade.id, at, findings, done))

    def quote(self, at: int, quote: Quote) -> None:
        """Queue a price that was seen."""
        self._add(MarkRecord(self._trade.id, at, quote.mark, quote.mid))

    def account(self, at: int, asked_at: int, account: AccountState) -> None:
        """Queue the account's state."""
        self._add(
            AccountRecord(
                self._trade.id,
                at,
                asked_at,
                account.time,
                account.equity,
                account.margin_used,
                account.liquidation_price,
                account.position,
            )
        )

    def rules(self, at: int, instrument: Instrument, timing: Timing) -> None:
        """Queue what this start goes by."""
        self._add(
            RulesRecord(
                self._trade.id,
                at,
                instrument.sz_decimals,
                instrument.max_leverage,
                instrument.min_order_value,
                instrument.only_isolated,
                timing.confirm_after,
                timing.expires_after,
            )
        )

    def _add(self, record: Record) -> None:
        if not self._over:
            self._journal.add(record)
