"""The master lamp: whether stops that are live at the exchange cover all that is held, and whether the
orders are those that are wanted.

What counts is the exchange's word. A stop that was only sent protects nothing yet, and coins that the trade
has not booked are held all the same. A difference that what is under way explains is settling; one that
stays is a fault, and so are coins that have had no stop for long, whatever is under way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from hypertui.core import phrases
from hypertui.core.market import ONE, ZERO, Instrument
from hypertui.core.order_key import OrderKey
from hypertui.core.purpose import Purpose
from hypertui.execution.market_data import MarketData
from hypertui.execution.orders import OwnOrder, Role
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.trade import Trade
from hypertui.execution.trading_state import Posture
from hypertui.port.snapshot import Invariant, Severity
from hypertui.runtime.alarms import Alarms

# An order's key, and where it stands: its trigger, or its limit without one.
_Place: TypeAlias = tuple[OrderKey, Decimal]

_PATIENT = 2  # how many times as long as an answer may take coins may be without a stop before it is a fault


@dataclass(frozen=True, slots=True)
class Cover:
    """What is held against the stops that are live: coins that the trade has `booked`, that the exchange
    `holds`, and that the stops would sell; valued at `price` (USD)."""

    instrument: Instrument
    booked: Decimal
    holds: Decimal
    stopped: Decimal
    price: Decimal

    @property
    def position(self) -> Decimal:
        """The larger of booked and held; a short position as it is, negative."""
        return self.holds if self.holds < 0 else max(self.booked, self.holds)

    @property
    def unprotected(self) -> Decimal:
        """Coins that the exchange holds and no live stop covers; those that only the books hold need none."""
        return -self.holds if self.holds < 0 else max(self.holds - self.stopped, ZERO)

    @property
    def share(self) -> Decimal | None:
        """The part of the position that live stops cover; None while nothing is held."""
        if self.position == 0:
            return None
        return ZERO if self.position < 0 else min(self.stopped / self.position, ONE)

    @property
    def is_bare(self) -> bool:
        """Whether coins without a stop are worth an order; fewer wait for the next one as dust."""
        return self._matters(self.unprotected)

    @property
    def fault(self) -> str:
        """What is wrong, in words; empty where nothing is."""
        bare = f"{self.in_words} unprotected"
        if self.holds < 0:
            return f"the exchange holds a short position, {bare}"
        if self._matters(abs(self.holds - self.booked)):
            text = f"the exchange holds {self._coins(self.holds)}, booked {self._coins(self.booked)}"
            return f"{text}: {bare}" if self.is_bare else text
        if self.is_bare:
            return bare
        if self._matters(self.stopped - self.booked):
            return f"stops would sell {self._coins(self.stopped)}, {self._coins(self.booked)} held"
        return ""

    @property
    def in_words(self) -> str:
        """The coins without a stop, and what they are worth."""
        worth = phrases.usd(self.unprotected * self.price)
        return f"{self._coins(self.unprotected)} {self.instrument.symbol} ({worth} USD)"

    def _coins(self, size: Decimal) -> str:
        return phrases.coins(size, self.instrument)

    def _matters(self, size: Decimal) -> bool:
        return size * self.price >= self.instrument.min_order_value


class Judge:
    """Judges one trade, and remembers since when (ms) there has been a fault, and coins without a stop."""

    def __init__(self, trade: Trade) -> None:
        self._trade = trade
        self._tracker = trade.tracker
        self._fault_since: int | None = None
        self._bare_since: int | None = None

    def judge(
        self, held: Decimal | None, mark: Decimal | None, busy: bool, entry_block: str, now: int
    ) -> Invariant:
        """How it is at `now` (ms). `held` is the exchange's position (coins) and `mark` the newest price
        (USD), each None while it is not known; `busy`: an action is under way; `entry_block`: why no new risk
        is taken."""
        alive = list(self._tracker.alive)
        stops = [order for order in alive if order.protects]
        places = Counter(_place(order) for order in alive if order.role is not Role.CLOSE)
        cover = self._cover(held, mark, stops)
        fault = cover.fault or self._order_fault(alive, places, entry_block)
        self._bare_since = _since(self._bare_since, cover.is_bare, now)
        self._fault_since = _since(self._fault_since, bool(fault), now)
        return Invariant(
            ok=not fault,
            settled=self._is_settled(busy, now),
            stops=len(stops),
            buys=sum(order.role is Role.BUY for order in alive),
            # While an exit of the whole position may have filled, nobody knows what is left to be sold.
            stopped_size=ZERO if any(own.whole and own.due for own in alive) else cover.stopped,
            position=cover.position,
            unconfirmed=sum(order.unproven for order in alive),
            duplicates=sum(count > 1 for count in places.values()),
            fault=fault,
            protected=cover.share,
            unprotected=cover.in_words if cover.is_bare else "",
            unprotected_since=self._bare_since,
        )

    def _cover(self, held: Decimal | None, mark: Decimal | None, stops: Sequence[OwnOrder]) -> Cover:
        strategy = self._tracker.strategy
        holds = strategy.book.held if held is None else held
        stopped = sum((order.remaining for order in stops), ZERO)
        if any(order.whole for order in stops):
            stopped = max(stopped, holds)
        price = mark or strategy.book.average_price
        return Cover(strategy.instrument, strategy.book.held, holds, stopped, price)

    def _is_settled(self, busy: bool, now: int) -> bool:
        """Whether nothing that is under way explains what there is to see."""
        patience = self._tracker.patience
        if self._bare_since is not None and now - self._bare_since > _PATIENT * patience:
            return True
        if busy or not self._tracker.quiet:
            return False
        return self._fault_since is None or now - self._fault_since > patience

    def _order_fault(self, alive: Sequence[OwnOrder], places: Counter[_Place], entry_block: str) -> str:
        double = next((own for own in alive if places[_place(own)] > 1), None)
        if double is not None:
            return f"two orders at {phrases.place(double.level, _place(double)[1])}"
        if self._trade.state.posture is not Posture.TRADE:
            return ""
        wanted = Counter(
            (want.key, want.stands_at, want.size)
            for want in self._trade.target.orders
            # What must not be placed now is not missing.
            if not (entry_block and want.purpose is Purpose.OPEN and not any(self._tracker.of(want.key)))
        )
        live = Counter(
            (*_place(own), own.wanted_size) for own in alive if own.role is not Role.CLOSE and own.is_live
        )
        if live.total() != wanted.total():
            are = "is" if live.total() == 1 else "are"
            return f"expected {phrases.counted(wanted.total(), 'order')}, {live.total()} {are} live"
        return "" if live == wanted else "the live orders are not those that the strategy wants"


class Protection:
    """Watches one live trade."""

    def __init__(self, recorder: TradeRecorder, market: MarketData, alarms: Alarms) -> None:
        self._recorder = recorder
        self._judge = Judge(recorder.trade)
        self._market = market
        self._alarms = alarms

    def watch(self, verified: bool, busy: bool, entry_block: str, now: int) -> Invariant:
        """Judge what is known at `now` (ms), and sound the alarm over coins that have had no stop for long.
        `verified`: nothing has been missed since orders were last compared; `busy`: an action is under way;
        `entry_block`: why no new risk is taken."""
        knowledge, heard_at = self._market.knowledge, self._market.feed_heard_at
        if verified and heard_at is not None:
            knowledge.heard_until(heard_at)
        lamp = self._judge.judge(knowledge.position, self._recorder.mark, busy, entry_block, now)
        if lamp.settled and lamp.unprotected:
            text = f"{lamp.unprotected} unprotected: no stop known to be live covers it"
            self._alarms.sound("unprotected", Severity.CRITICAL, text)
        elif not lamp.unprotected:
            self._alarms.clear("unprotected")
        return lamp


def _place(own: OwnOrder) -> _Place:
    return own.key, own.order.stands_at


def _since(known: int | None, holds: bool, now: int) -> int | None:
    """Since when a condition has held, if it does."""
    return (now if known is None else known) if holds else None
