"""A trade over a price series, the same one that trades live, with fills that happen the moment a trigger is
touched. The entry is at the first price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hypertui.backtest.course import CourseRecorder
from hypertui.backtest.guarding import BacktestGuards, GuardEvent
from hypertui.backtest.hourly_candles import HourlyCandles, require_hours
from hypertui.backtest.instant_exchange import Costs, InstantExchange
from hypertui.core.market import ZERO, Reason
from hypertui.core.price_series import Series
from hypertui.core.trade_book import TradeBook
from hypertui.execution.orders import ClientIds, Closing
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import ExitsSet, SellOutBegan
from hypertui.risk.guards import GuardAction
from hypertui.risk.rules import GuardRules
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.exits.rules import ExitRule, ExitRules, ExitTerms
from hypertui.strategy.ladder.ladder import Ladder
from hypertui.strategy.ladder.trade_plan import LadderPlan
from hypertui.strategy.plans import PlanError

_USUAL = Costs()
_NO_EXITS = ExitRules()


@dataclass(slots=True)
class Run:
    """A finished replay. `max_drawdown` is the deepest fall of the net PnL from an earlier high, in USD."""

    ladder: Ladder
    series: Series
    ticks: int = 0
    fills: int = 0
    last_price: Decimal = ZERO
    max_drawdown: Decimal = ZERO
    phase_steps: Counter[str] = field(default_factory=Counter)
    ended_by: str = ""  # the exit or the guard, where one has ended it
    guards: Sequence[GuardEvent] = ()  # oldest first
    equity: Decimal | None = None  # that the account began with (USD), where guards have watched


def replay(
    series: Series,
    plan: LadderPlan,
    costs: Costs = _USUAL,
    on_move: Callable[[int, MoveRecord], None] | None = None,
    exits: ExitRules = _NO_EXITS,
    guards: GuardRules | None = None,
    equity: Decimal | None = None,
    recorder: CourseRecorder | None = None,
) -> Run:
    """Walk `series`, calling `on_move(tick, record)` after each step. `guards` watch an account that begins
    with so much `equity` (USD), by default the margin of the position. A `recorder` is given the course.

    Raises PlanError when the plan is impossible at the first price. Ends early when the ladder halts, or an
    exit or a guard ends the trade.
    """
    if guards is not None and not series.timed:
        raise PlanError("guards count days and minutes: they need a price file with times, and it has none")
    timely = (ExitRule.SOFT_STOP, ExitRule.TRAILING_STOP, ExitRule.TIME_STOP)
    if not series.timed and (needy := [rule.value for rule in exits.wanted if rule in timely]):
        raise PlanError(f"the price file has no times, without which there is no {' or '.join(needy)}")
    hours = None
    if exits.trailing_stop is not None:
        require_hours(series)
        hours = HourlyCandles()
    first, began = series.prices[0], series.times[0]
    plan.check_at(first)
    exchange = InstantExchange(plan.instrument.symbol, costs, keeps_fills=recorder is not None)
    entry = exchange.bought(plan.entry_size(first), first, began)
    strategy = plan.start([entry])
    trade = Trade(strategy, Timing(), ClientIds(0))
    if exits.wanted:
        here = replace(exits, native=False)  # an engine always runs
        trade.apply(ExitsSet(began, ExitTerms(here, entry.value, began, costs.fee_rate)))
    exchange.settle(trade, SeenPrice(first, began))
    run = Run(strategy.ladder, series)
    if recorder is not None:
        recorder.begin(entry, strategy.ladder)
    drawdown = _Drawdown()
    watch = None
    if guards is not None:
        run.equity = plan.position_size / plan.leverage if equity is None else equity
        watch = BacktestGuards(guards, run.equity)
        watch.begin(trade, began)
        run.guards = watch.events
    for tick, price in enumerate(series.prices):
        if hours is not None and (measured := hours.add(series.times[tick], price)) is not None:
            trade.apply(measured)
        for record in exchange.take(trade, price, series.times[tick]):
            run.phase_steps[str(record.state["phase"])] += 1
            if on_move is not None:
                on_move(tick, record)
        if (rule := trade.exits.due) is not None:
            exchange.close_by_exit(trade, SeenPrice(price, series.times[tick]), rule)
            run.ended_by = rule.words
        elif watch is not None and watch.look(trade, price, series.times[tick], exchange.fills):
            run.ended_by = _act(trade, exchange, watch, SeenPrice(price, series.times[tick]))
        drawdown.walk(price, strategy.book, exchange.fills)
        if recorder is not None:
            recorder.look(tick, strategy.ladder, exchange.booked)
            exchange.booked.clear()
        run.ticks = tick + 1
        run.last_price = price
        if strategy.halted or run.ended_by:
            break
    run.fills = exchange.fills
    run.max_drawdown = drawdown.deepest
    return run


def _act(trade: Trade, exchange: InstantExchange, watch: BacktestGuards, seen: SeenPrice) -> str:
    """Do what the guards want now; returns the one that has ended the trade, in words, empty where none
    has."""
    acting = watch.acting(trade)
    if acting is not None and acting.action is GuardAction.FLATTEN:
        guard = acting.guard
        exchange.close(trade, seen, Closing(f"{guard.words} guard", guard.source, Reason.GUARD))
        return f"{guard.words} guard"
    if acting is not None and not trade.strategy.selling_out:
        trade.apply(SellOutBegan(seen.at))
    exchange.settle(trade, seen)
    return ""


class _Drawdown:
    """The deepest fall of the net PnL. Between fills it is a straight line in the price, so the line's
    figures are worked out once a fill, and each price costs one multiplication."""

    def __init__(self) -> None:
        self.deepest = ZERO
        self._peak = ZERO
        self._fills = -1
        self._position = ZERO
        self._base = ZERO

    def walk(self, price: Decimal, book: TradeBook, fills: int) -> None:
        if fills != self._fills:
            self._fills = fills
            self._position = book.position
            self._base = book.net_pnl(ZERO)
        pnl = self._base + self._position * price
        if pnl > self._peak:
            self._peak = pnl
        elif self._peak - pnl > self.deepest:
            self.deepest = self._peak - pnl
