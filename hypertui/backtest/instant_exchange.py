"""An exchange without delay, for a trade that is fed by hand: what is sent works at once, what is touched is
filled at once.

A trigger fires at the first price that touches or passes it and fills at the worse of the two, so gaps cost;
slippage comes on top, and the taker fee. Limits are ignored, and nothing is rounded. What rests in the book
by its limit, or is for the whole position, is refused: nothing here says when it would have been filled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ONE, ZERO, Fill, IngestVia, Side
from hypertui.exchange.protocol import CancelOutcome, Resting
from hypertui.execution.orders import Closing, OwnOrder, Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import (
    CancelAnswered,
    CancelSent,
    ExitBegan,
    FillReceived,
    FillsCompared,
    OrderAnswered,
    OrderSent,
    PriceMoved,
    StateSet,
    StrategyHalted,
)
from hypertui.execution.trade_news import StrategyMoved
from hypertui.execution.trading_state import Posture
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.exits.rules import ExitRule
from hypertui.strategy.plans import PlanError

DEFAULT_FEE_RATE = Decimal("0.00045")
_FORGET_EVERY = 1_000  # orders
_LONG_AFTER = 10**9  # ms
_MOST_ROUNDS = 50  # of deciding on one price: there are never that many orders to move


@dataclass(frozen=True, slots=True)
class Costs:
    """What a fill costs: the taker fee and the slippage, both as fractions."""

    fee_rate: Decimal = DEFAULT_FEE_RATE
    slippage: Decimal = ZERO


class InstantExchange:
    """Answers one trade. `fills` counts what it has filled, the opening included."""

    def __init__(self, symbol: str, costs: Costs) -> None:
        self._symbol = symbol
        self._costs = costs
        self._orders = 0
        self._forget_at = _FORGET_EVERY
        self.fills = 0

    def bought(self, size: Decimal, price: Decimal, at: int) -> Fill:
        """The fill of an opening order, without slippage, at `at` (ms)."""
        return self._fill(Side.BUY, size, price, at, None)

    def take(self, trade: Trade, price: Decimal, at: int) -> Iterator[MoveRecord]:
        """Give the trade a price (USD), level by level: at each one what has been touched is filled, and what
        is wanted then works, before the next one is looked at. Yields each move with the state after that.
        Raises PlanError where an order is wanted that is not filled here."""
        seen = SeenPrice(price, at)
        changed = True
        while trade.matters(price, changed, at):
            news = trade.apply(PriceMoved(at, price, changed))
            changed = False
            self.settle(trade, seen)
            self._forget(trade, at)
            moves = [each.record.move for each in news if isinstance(each, StrategyMoved)]
            for move in moves:
                yield trade.strategy.record(move, trade.tracker.alive)
            if not moves or trade.strategy.halted:
                return

    def _forget(self, trade: Trade, at: int) -> None:
        """Let the trade let go of orders that are over: here nothing of them comes later."""
        if self._orders >= self._forget_at:
            self._forget_at = self._orders + _FORGET_EVERY
            trade.apply(FillsCompared(at, at + _LONG_AFTER))

    def settle(self, trade: Trade, seen: SeenPrice) -> None:
        """Fill what is due, and do what the trade wants done, until that is nothing more. Raises PlanError as
        `take` does."""
        for _ in range(_MOST_ROUNDS):
            for order in [each for each in trade.tracker.alive if each.due]:
                self._fill_order(trade, order, seen)
            if not self._serve(trade, seen):
                return
        raise RuntimeError(f"the trade wants something else for ever at {seen.price}")

    def close_by_exit(self, trade: Trade, seen: SeenPrice, rule: ExitRule) -> None:
        """End the trade by an exit."""
        trade.apply(ExitBegan(seen.at, rule, seen.price, trade.verdicts(seen.price, seen.at)))
        self.close(trade, seen, Closing(rule.words, rule.source, rule.reason))

    def close(self, trade: Trade, seen: SeenPrice, why: Closing) -> None:
        """End the trade: nothing is bought any more, what is held is sold at the market, and all orders
        go."""
        at = seen.at
        trade.apply(StateSet(at, trade.state.with_posture(Posture.HANDS_OFF)))
        self._cancel(trade, trade.tracker.alive, at)
        if held := trade.strategy.book.position:
            sent = trade.convergence(seen, at).close(held, why)
            trade.apply(sent)
            sale = trade.tracker.find(sent.order.client_id)
            assert sale is not None, "it has just been sent"
            self._fill_order(trade, sale, seen)

    def _cancel(self, trade: Trade, orders: Iterable[OwnOrder], at: int) -> None:
        client_ids = tuple(order.client_id for order in orders)
        trade.apply(CancelSent(at, client_ids))
        for client_id in client_ids:
            trade.apply(CancelAnswered(at, client_id, CancelOutcome.CANCELLED))

    def _serve(self, trade: Trade, seen: SeenPrice) -> bool:
        """One round of what the trade decides; whether there was anything."""
        at = seen.at
        proposed = trade.decide(seen, at)
        if proposed.halted and not trade.strategy.halted:
            trade.apply(StrategyHalted(at, proposed.halted))
        for sweep in proposed.sweeps:
            trade.apply(sweep)
        for sent in proposed.places:
            _refuse_unknown(sent)
            trade.apply(sent)
            self._orders += 1
            if not sent.order.is_immediate:
                trade.apply(OrderAnswered(at, sent.order.client_id, Resting(self._orders)))
            elif sent.role is Role.BUY and (own := trade.tracker.find(sent.order.client_id)) is not None:
                self._fill_order(trade, own, seen)
        if proposed.cancels:
            self._cancel(trade, proposed.cancels, at)
        return bool(proposed.sweeps or proposed.places or proposed.cancels)

    def _fill_order(self, trade: Trade, own: OwnOrder, seen: SeenPrice) -> None:
        order = own.order
        worst = max if order.side is Side.BUY else min
        price = seen.price if order.trigger is None else worst(order.trigger, seen.price)
        price *= ONE + order.side.sign * self._costs.slippage
        fill = self._fill(order.side, own.remaining, price, seen.at, own.client_id)
        trade.apply(FillReceived(seen.at, fill, seen.at, IngestVia.ANSWER))

    def _fill(self, side: Side, size: Decimal, price: Decimal, at: int, client_id: str | None) -> Fill:
        self.fills += 1
        fee = size * price * self._costs.fee_rate
        return Fill(self._symbol, side, size, price, fee, at, self.fills, self.fills, client_id)


def _refuse_unknown(sent: OrderSent) -> None:
    order = sent.order
    if order.trigger is None and not order.is_immediate:
        raise PlanError(f"a backtest fills triggers and market orders: {sent.key} is a limit order")
    if not order.size:
        raise PlanError(f"a backtest fills orders of a size: {sent.key} is for the whole position")
