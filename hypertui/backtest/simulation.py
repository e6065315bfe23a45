"""A trade over a price series, the same one that trades live, with fills that happen the moment a trigger is
touched. The entry is at the first price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from hypertui.backtest.course import CourseRecorder
from hypertui.backtest.crossings import Crossings
from hypertui.backtest.curve import NetCurve, PhasePnl, block_ends
from hypertui.backtest.demands import refuse_untimed
from hypertui.backtest.fill_model import FillModel
from hypertui.backtest.funding import HourlyFunding
from hypertui.backtest.guarding import BacktestGuards
from hypertui.backtest.hourly_candles import HourlyCandles, require_hours
from hypertui.backtest.instant_exchange import Costs, InstantExchange
from hypertui.backtest.outcome import Outcome, WalkedPrices
from hypertui.core.price_series import Series
from hypertui.core.round_trips import SLOTS
from hypertui.execution.orders import ClientIds
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import ExitsSet
from hypertui.execution.trade_news import FillBooked
from hypertui.risk.rules import GuardRules
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.exits.rules import ExitRules, ExitTerms
from hypertui.strategy.ladder.ladder import Ladder
from hypertui.strategy.ladder.trade_plan import LadderPlan
from hypertui.strategy.plans import PlanError

_USUAL = Costs()
_NO_EXITS = ExitRules()


@dataclass(slots=True, kw_only=True)
class Run(Outcome):
    """A finished replay by the trade itself, with the ladder as it was at the end."""

    ladder: Ladder
    series: Series

    def conclude(self) -> None:
        """Tell what the ladder has come to."""
        ladder, book = self.ladder, self.ladder.book
        self.entry_price, self.entry_coins = ladder.grid.entry_price, ladder.entry_coins
        self.stake = ladder.fragment_at_entry * SLOTS
        self.steps, self.unit, self.phase = ladder.moves, ladder.unit, ladder.phase
        self.position, self.fragment = book.position, ladder.fragment
        self.realized_pnl, self.unrealized_pnl = book.realized_pnl, book.unrealized_pnl(self.last_price)
        self.net_pnl, self.fees, self.funding = book.net_pnl(self.last_price), book.fees, book.funding
        self.whipsaw_cost, self.round_trips = ladder.round_trips.whipsaw_cost, ladder.round_trips.count
        self.halted = ladder.halted


def replay(
    series: Series,
    plan: LadderPlan,
    costs: Costs = _USUAL,
    on_move: Callable[[int, MoveRecord], None] | None = None,
    exits: ExitRules = _NO_EXITS,
    guards: GuardRules | None = None,
    equity: Decimal | None = None,
    blocks: int = 0,
    model: FillModel | None = None,
    recorder: CourseRecorder | None = None,
) -> Run:
    """Walk `series`, calling `on_move(tick, record)` after each step. `guards` watch an account that begins
    with so much `equity` (USD), by default the margin of the position. So many `blocks` of the series, equal
    parts of it, are told by themselves. A `model` says how late and at what slippage fills come, in place of
    that of `costs`. A `recorder` is given the course.

    Raises PlanError when the plan is impossible at the first price. Ends early when the ladder halts, or an
    exit or a guard ends the trade.
    """
    late = model is not None and model.has_latency
    if not series.timed:
        refuse_untimed(costs, exits, guarded=guards is not None)
        if late:
            raise PlanError("latency is a time, and the price file has no times")
    hours = None
    if exits.needs_candles:
        require_hours(series)
        hours = HourlyCandles()
    first, began = series.prices[0], series.times[0]
    plan.check_at(first)
    booked: list[FillBooked] | None = None if recorder is None else []
    exchange = InstantExchange(plan.instrument.symbol, costs, model, booked)
    entry = exchange.bought(plan.entry_size(first), first, began)
    strategy = plan.start([entry])
    trade = Trade(strategy, Timing(), ClientIds(0))
    if exits.wanted:
        here = replace(exits, native=False)  # an engine always runs
        trade.apply(ExitsSet(began, ExitTerms(here, entry.value, began, costs.fee_rate)))
    exchange.settle(trade, SeenPrice(first, began))
    steps: Counter[str] = Counter()
    run = Run(plan=plan, source=_source(series), ladder=strategy.ladder, series=series, phase_steps=steps)
    if recorder is not None:
        recorder.begin(entry, strategy.ladder)
    curve = NetCurve(block_ends(len(series.prices), blocks))
    phases = PhasePnl(strategy.ladder.phase.value)
    funding = HourlyFunding(costs.funding, began) if costs.funding else None
    watch = None
    if guards is not None:
        run.equity = plan.position_size / plan.leverage if equity is None else equity
        watch = BacktestGuards(guards, run.equity)
        watch.begin(trade, began)
        run.guards = watch.events
    ticks: Iterable[int] = Crossings(series, trade, strategy.ladder.grid, curve, hourly=bool(costs.funding))
    if exits.trailing_stop is not None or watch is not None or late:
        ticks = range(len(series.prices))
    for tick in ticks:
        price = series.prices[tick]
        if funding is not None:
            funding.charge(trade, series.times[tick], series.prices[max(tick - 1, 0)])
        if hours is not None and (measured := hours.add(series.times[tick], price)) is not None:
            trade.apply(measured)
        if run.ended_by or strategy.halted:  # what had fired by then is still filled
            exchange.fill_late(trade, SeenPrice(price, series.times[tick]))
        else:
            for record in exchange.take(trade, price, series.times[tick]):
                phase = str(record.state["phase"])
                steps[phase] += 1
                phases.step(phase, strategy.book.net_pnl(price))
                if on_move is not None:
                    on_move(tick, record)
            if (rule := trade.exits.due) is not None:
                exchange.close_by_exit(trade, SeenPrice(price, series.times[tick]), rule)
                run.ended_by = rule.words
            elif watch is not None and watch.look(trade, price, series.times[tick], exchange.fills):
                run.ended_by = watch.act(trade, exchange, SeenPrice(price, series.times[tick]))
        curve.walk(tick, price, strategy.book, exchange.fills)
        if recorder is not None and booked is not None:
            recorder.look(tick, strategy.ladder, booked)
            booked.clear()
        run.ticks = tick + 1
        run.last_price = price
        if (run.ended_by or strategy.halted) and not exchange.waits:
            break
    run.fills = exchange.fills
    run.slippage_cost = exchange.slipped
    net = strategy.book.net_pnl(run.last_price)
    phases.step(strategy.ladder.phase.value, net)
    curve.end(net)
    run.phase_pnl, run.max_drawdown = phases.made, curve.deepest
    run.blocks = [float(each) for each in curve.blocks]
    run.conclude()
    return run


def _source(series: Series) -> WalkedPrices:
    first, last = (series.times[0], series.times[-1]) if series.timed else (None, None)
    return WalkedPrices(series.rows, first, last, series.notes)
