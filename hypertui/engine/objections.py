"""What the exchange has against the trade itself: the key that signs, the market that trades no more, orders
that it refuses. Each is asked about, told with what protects the coins, and not simply tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from hypertui.core.market import Fill
from hypertui.core.phrases import coins
from hypertui.core.purpose import Purpose
from hypertui.engine.account_sync import AccountSync
from hypertui.engine.refusals import TOLD_FROM, RefusalAlarms, protected
from hypertui.exchange.protocol import ExchangeError, Halted, NotAuthorized, OrderReport, Rejected
from hypertui.execution.arrivals import MarketDelisted, SettlementRead
from hypertui.execution.key_watch import KeyWatch
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.recovery import adoption
from hypertui.execution.recovery.adoption import Adoption
from hypertui.execution.steering import Steering
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trading_state import Posture
from hypertui.port.snapshot import Invariant, Severity

_DELISTED = "delistedCanceled"  # how the exchange ends the orders of a market that it closes
_KEY_EVERY, _FIRST_KEY = 600.0, 90.0  # seconds; the start has just looked at it
_PAUSE = 1.0


class HaltedTrade(Protocol):
    """What this needs of the open trade."""

    context: TradeContext
    tracker: OrderTracker
    steering: Steering
    account_sync: AccountSync
    adoption: Adoption

    @property
    def began_at(self) -> int: ...

    @property
    def lamp(self) -> Invariant | None: ...


class Objections:
    """Of one trade."""

    def __init__(self, trade: HaltedTrade) -> None:
        self._trade = trade
        self._context = trade.context
        self.key = KeyWatch(trade.context.alarms, trade.context.clock, self._protected)
        self._refusals = RefusalAlarms(trade.tracker, trade.context.alarms, self._protected)
        self._asking = False
        self._delisted = False
        self._is_open = False  # whether the trouble is that an answer was missing

    def begin(self) -> None:
        """Look at the key now and then."""
        self._context.every("key", _KEY_EVERY, self._trade.account_sync.ask_key, _FIRST_KEY)

    def look(self, now: int) -> None:
        """Say what is due at `now` (ms)."""
        self._refusals.look(now)

    def refused(self, error: Rejected) -> None:
        """The exchange has refused a whole action."""
        if isinstance(error, Halted):
            self._suspect_delisting()
        elif isinstance(error, NotAuthorized) and self.key.refused(str(error)):
            self._context.queue.spawn(self._trade.account_sync.ask_key())

    def trouble(self, text: str | None) -> None:
        """An action did not take effect, in words; None when one did again."""
        self._is_open = False
        if text is None:
            self.key.accepted()
            self._context.alarms.clear("exchange")
            return
        if self.key.is_refused:
            return  # that alarm says it all
        lasting = self._context.budget.failures(Purpose.PROTECT) >= TOLD_FROM
        self._context.alarms.sound("exchange", Severity.CRITICAL if lasting else Severity.WARNING, text)

    def unanswered(self, text: str) -> None:
        """Nobody knows whether an action took effect, in words."""
        self.trouble(text)
        self._is_open = True

    def proven(self) -> None:
        """What became of every order is known now: an answer that was missing is missed no more."""
        if self._is_open:
            self._is_open = False
            self._context.alarms.clear("exchange")

    def on_reports(self, reports: Sequence[OrderReport]) -> None:
        """See how own orders end."""
        if any(each.status == _DELISTED and self._trade.tracker.find(each.client_id) for each in reports):
            self._suspect_delisting()

    def _protected(self) -> str:
        return protected(self._trade.lamp, self._trade.tracker.strategy.instrument)

    # A market that trades no more

    def _suspect_delisting(self) -> None:
        if not (self._asking or self._delisted):
            self._asking = True
            self._context.queue.spawn(self._ask())

    async def _ask(self) -> None:
        try:
            await self._trade.account_sync.ask_listing()
        finally:
            self._asking = False

    def take(self, arrival: MarketDelisted | SettlementRead) -> None:
        """The market trades no more, or it is known how it was settled."""
        match arrival:
            case MarketDelisted():
                self._end()
            case SettlementRead(fills, position):
                self._settled(fills, position)

    def _end(self) -> None:
        if self._delisted:
            return
        self._delisted = True
        symbol = self._context.config.symbol
        text = f"{symbol} is delisted: the exchange has cancelled its orders and settles the position"
        self._context.alarms.sound("delisted", Severity.CRITICAL, text)
        self._trade.steering.set_posture(Posture.HANDS_OFF)
        self._context.queue.spawn(self._settle())

    async def _settle(self) -> None:
        """Find out how it was settled, and end the trade by that."""
        exchange, symbol = self._context.exchange, self._context.config.symbol
        while True:
            try:
                fills, position = await adoption.look(exchange, symbol, self._trade.began_at)
            except ExchangeError:
                await asyncio.sleep(_PAUSE)
            else:
                self._context.queue.post(SettlementRead(fills, position))
                return

    def _settled(self, fills: Sequence[Fill], position: Decimal) -> None:
        context, symbol = self._context, self._context.config.symbol
        unexplained = self._trade.adoption.take(fills, position)
        strategy = self._trade.tracker.strategy
        text = f"{symbol} is delisted"
        if position:
            self._trade.steering.halt(
                f"{text}; {coins(position, strategy.instrument)} {symbol} not settled yet"
            )
            return
        for key in ("exchange", "foreign", "position", "unprotected"):
            context.alarms.clear(key)
        result = unexplained or f"Result {strategy.book.realized_pnl:+,.2f} USD"
        self._trade.steering.halt(f"{text}: the exchange settled the position. {result}")
        context.ended(text)
