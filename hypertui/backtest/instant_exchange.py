"""An exchange without delay, for a trade that is fed by hand: what is sent works at once, what is touched is
filled at once.

A trigger fires at the first price that touches or passes it and fills at the worse of the two, so gaps cost;
slippage comes on top, and the taker fee. Limits are ignored, and nothing is rounded. What rests in the book
by its limit, or is for the whole position, is refused: nothing here says when it would have been filled.

By a `FillModel` fills come late: at the first price that is given once the latency is over, better or worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from hypertui.backtest.fill_model import FillDraws, FillModel, FillSample
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
from hypertui.execution.trade_news import FillBooked, StrategyMoved
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
    """What a fill costs, the taker fee and the slippage, and what holding costs: `funding` an hour, positive
    where those who are long pay. All are fractions."""

    fee_rate: Decimal = DEFAULT_FEE_RATE
    slippage: Decimal = ZERO
    funding: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class _Fired:
    """An order that fired at `at` (ms), the price (USD) that it was `meant` for, and its fill's draw."""

    order: OwnOrder
    meant: Decimal
    at: int
    sample: FillSample

    def is_over(self, now: int) -> bool:
        """Whether its latency is."""
        return now >= self.at + self.sample.latency


class InstantExchange:
    """Answers one trade. `fills` counts what it has filled, the opening included; `slipped` is what fills
    have cost (USD) beyond the prices that they were meant for, a trigger or else the price of then: gaps,
    latency and slippage. By a `model` each fill has the latency and the slippage of its draw, and
    `costs.slippage` does not count. `kept`, where it is given, gets the fill of each order as it was
    booked."""

    def __init__(
        self, symbol: str, costs: Costs, model: FillModel | None = None, kept: list[FillBooked] | None = None
    ) -> None:
        self._symbol = symbol
        self._costs = costs
        model = FillModel((FillSample(0, costs.slippage),)) if model is None else model
        self._draws = FillDraws(model)
        self._late: dict[str, _Fired] = {}  # by client id: they wait for their latency
        self._kept = kept
        self._orders = 0
        self._forget_at = _FORGET_EVERY
        self.fills = 0
        self.booked: list[FillBooked] = []
        self.slipped = ZERO

    def bought(self, size: Decimal, price: Decimal, at: int) -> Fill:
        """The fill of an opening order, without slippage, at `at` (ms)."""
        return self._fill(Side.BUY, size, price, at, None)

    def take(self, trade: Trade, price: Decimal, at: int) -> Iterator[MoveRecord]:
        """Give the trade a price (USD), level by level: at each one what has been touched is filled, and what
        is wanted then works, before the next one is looked at. Yields each move with the state after that.
        Raises PlanError where an order is wanted that is not filled here."""
        seen = SeenPrice(price, at)
        changed = True
        if self._late and self.fill_late(trade, seen):
            self.settle(trade, seen)
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
                if order.client_id not in self._late:
                    self._fire(trade, order, seen)
            if not self._serve(trade, seen):
                return
        raise RuntimeError(f"the trade wants something else for ever at {seen.price}")

    @property
    def waits(self) -> bool:
        """Whether an order has fired whose latency is not over."""
        return bool(self._late)

    def fill_late(self, trade: Trade, seen: SeenPrice) -> bool:
        """Fill at this price what has waited long enough; whether there was anything."""
        over = [each for each in self._late.values() if each.is_over(seen.at)]
        for fired in over:
            del self._late[fired.order.client_id]
            self._fill_order(trade, fired, seen.price, seen.at)
        return bool(over)

    def close_by_exit(self, trade: Trade, seen: SeenPrice, rule: ExitRule) -> None:
        """End the trade by an exit."""
        trade.apply(ExitBegan(seen.at, rule, seen.price, trade.verdicts(seen.price, seen.at)))
        self.close(trade, seen, Closing(rule.words, rule.source, rule.reason))

    def close(self, trade: Trade, seen: SeenPrice, why: Closing) -> None:
        """End the trade: nothing is bought any more, what is held is sold at the market, and all orders
        go. With a latency the sale is still to be filled (`fill_late`)."""
        at = seen.at
        trade.apply(StateSet(at, trade.state.with_posture(Posture.HANDS_OFF)))
        self.cancel(trade, trade.tracker.alive, at)
        if held := trade.strategy.book.position:
            sent = trade.convergence(seen, at).close(held, why)
            trade.apply(sent)
            sale = trade.tracker.find(sent.order.client_id)
            assert sale is not None, "it has just been sent"
            self._fire(trade, sale, seen)

    def cancel(self, trade: Trade, orders: Iterable[OwnOrder], at: int) -> None:
        """Take orders back at `at` (ms), fired ones too."""
        client_ids = tuple(order.client_id for order in orders)
        for client_id in client_ids:
            self._late.pop(client_id, None)
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
                self._fire(trade, own, seen)
        if proposed.cancels:
            self.cancel(trade, proposed.cancels, at)
        return bool(proposed.sweeps or proposed.places or proposed.cancels)

    def _fire(self, trade: Trade, own: OwnOrder, seen: SeenPrice) -> None:
        """Fill an order that is due, or let it wait for its latency."""
        meant = seen.price if own.order.trigger is None else own.order.trigger
        fired = _Fired(own, meant, seen.at, self._draws.draw())
        if not fired.is_over(seen.at):
            self._late[own.client_id] = fired
            return
        worst = max if own.order.side is Side.BUY else min
        self._fill_order(trade, fired, worst(meant, seen.price), seen.at)

    def _fill_order(self, trade: Trade, fired: _Fired, price: Decimal, at: int) -> None:
        own, sign = fired.order, fired.order.order.side.sign
        price *= ONE + sign * fired.sample.slippage
        self.slipped += own.remaining * (price - fired.meant) * sign
        fill = self._fill(own.order.side, own.remaining, price, at, own.client_id)
        news = trade.apply(FillReceived(at, fill, at, IngestVia.ANSWER))
        if self._kept is not None:
            self._kept += [each for each in news if isinstance(each, FillBooked)]

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
