"""A live trade's entries that are told: at its start, by an operator, by whatever names another source."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from hypertui.core.market import OrderType, Source, SourceKind, plain
from hypertui.core.phrases import at_price
from hypertui.engine.trade_guards import TradeGuards
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.steering import Steering
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trading_state import Posture
from hypertui.execution.wishes import Wish, Wishes
from hypertui.strategy.base import EntryTold, StayEnded


class EnteredTrade(Protocol):
    """What a trade's entries need of it."""

    context: TradeContext
    recorder: TradeRecorder
    steering: Steering
    wishes: Wishes
    guards: TradeGuards
    entry_block: str


class TradeEntry:
    """Of one trade, whose strategy may begin flat, and enters with `planned` USD. This is where a source of
    signals opens it."""

    def __init__(self, trade: EnteredTrade, planned: Decimal) -> None:
        self._trade = trade
        self._planned = planned

    def work(self, now: int) -> None:
        """Tell it to enter as it begins, where it is to."""
        if self._trade.recorder.trade.strategy.enters_now and not self._refusal(now):
            self.tell(self._trade.recorder.trade.strategy.source)

    def refusal(self) -> str:
        """Why an entry would come to nothing now, or be held by a guard, in words; empty where it would
        not."""
        refused = self._refusal(self._trade.context.clock())
        return refused or self._trade.guards.refusal_of_entry(self._planned)

    def tell(self, source: Source, price: Decimal | None = None, most: Decimal | None = None) -> str:
        """`source` wants it to enter, at a `price` and with so much at `most` where it says so (USD); returns
        what becomes of it, in words. It must not be refused."""
        recorder, now = self._trade.recorder, self._trade.context.clock()
        seen = recorder.mark
        assert seen is not None, "it would be refused before the first price"
        recorder.take(EntryTold(now, source, seen, price, most))
        wanted = next(iter(recorder.trade.target.orders), None)
        if wanted is None:
            return "it does not enter"
        at_market = wanted.type is OrderType.IOC
        at = "at the market" if at_market else f"at {at_price(wanted.stands_at)}"
        return f"it enters {at}" if most is None else f"it enters {at} with {plain(wanted.size)}"

    def reopened(self, wish: Wish) -> bool:
        """Whether the trade goes on flat, now that an exit has been seen through."""
        trade, strategy = self._trade, self._trade.recorder.trade.strategy
        by_rule = wish.closes and wish.source.kind is SourceKind.EXIT
        if not by_rule or not strategy.reenters:
            return False
        trade.recorder.take(StayEnded(trade.context.clock()))
        if trade.steering.state.trades:
            trade.steering.set_posture(Posture.TRADE)
        return True

    def _refusal(self, now: int) -> str:
        trade = self._trade
        if said := trade.recorder.trade.strategy.entry_refusal(now):
            return said
        if trade.recorder.mark is None:
            return "no price has come yet"
        if trade.context.config.protect_only or trade.wishes.current is not None:
            return "something else is being done"
        if trade.recorder.trade.ends_by:
            return f"the {trade.recorder.trade.ends_by} is being seen through"
        if trade.steering.state.posture is not Posture.TRADE:
            return f"it does not trade: {trade.steering.state.reason or trade.steering.state.mode.value}"
        return trade.entry_block
