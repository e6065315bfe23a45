"""A trade over a price series, the same one that trades live, with fills that happen the moment a trigger is
touched. The entry is at the first price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hypertui.backtest.curve import NetCurve, PhasePnl, block_ends
from hypertui.backtest.funding import HourlyFunding
from hypertui.backtest.guarding import BacktestGuards, GuardEvent
from hypertui.backtest.hourly_candles import HourlyCandles, require_hours
from hypertui.backtest.instant_exchange import Costs, InstantExchange
from hypertui.core.market import ZERO, Reason
from hypertui.core.price_series import Series
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
    """A finished replay. `max_drawdown` is the deepest fall of the net PnL from an earlier high, in USD, and
    `blocks` are the net PnL at the end of each part of the series; `slippage_cost` is what fills have cost
    (USD) beyond their triggers, by gaps and by slippage."""

    ladder: Ladder
    series: Series
    ticks: int = 0
    fills: int = 0
    last_price: Decimal = ZERO
    max_drawdown: Decimal = ZERO
    slippage_cost: Decimal = ZERO
    phase_steps: Counter[str] = field(default_factory=Counter)
    phase_pnl: Mapping[str, Decimal] = field(default_factory=dict)  # net, and made in each phase
    blocks: Sequence[Decimal] = ()
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
    blocks: int = 0,
) -> Run:
    """Walk `series`, calling `on_move(tick, record)` after each step. `guards` watch an account that begins
    with so much `equity` (USD), by default the margin of the position. So many `blocks` of the series, equal
    parts of it, are told by themselves.

    Raises PlanError when the plan is impossible at the first price. Ends early when the ladder halts, or an
    exit or a guard ends the trade.
    """
    if guards is not None and not series.timed:
        raise PlanError("guards count days and minutes: they need a price file with times, and it has none")
    timely = (ExitRule.SOFT_STOP, ExitRule.TRAILING_STOP, ExitRule.TIME_STOP)
    if not series.timed and (needy := [rule.value for rule in exits.wanted if rule in timely]):
        raise PlanError(f"the price file has no times, without which there is no {' or '.join(needy)}")
    if costs.funding and not series.timed:
        raise PlanError("funding is charged by the hour: it needs a price file with times, and it has none")
    hours = None
    if exits.trailing_stop is not None:
        require_hours(series)
        hours = HourlyCandles()
    first, began = series.prices[0], series.times[0]
    plan.check_at(first)
    exchange = InstantExchange(plan.instrument.symbol, costs)
    entry = exchange.bought(plan.entry_size(first), first, began)
    strategy = plan.start([entry])
    trade = Trade(strategy, Timing(), ClientIds(0))
    if exits.wanted:
        here = replace(exits, native=False)  # an engine always runs
        trade.apply(ExitsSet(began, ExitTerms(here, entry.value, began, costs.fee_rate)))
    exchange.settle(trade, SeenPrice(first, began))
    run = Run(strategy.ladder, series)
    curve = NetCurve(block_ends(len(series.prices), blocks))
    phases = PhasePnl(strategy.ladder.phase.value)
    funding = HourlyFunding(costs.funding, began) if costs.funding else None
    run.last_price = first
    watch = None
    if guards is not None:
        run.equity = plan.position_size / plan.leverage if equity is None else equity
        watch = BacktestGuards(guards, run.equity)
        watch.begin(trade, began)
        run.guards = watch.events
    for tick, price in enumerate(series.prices):
        if funding is not None:
            funding.charge(trade, series.times[tick], run.last_price)
        if hours is not None and (measured := hours.add(series.times[tick], price)) is not None:
            trade.apply(measured)
        for record in exchange.take(trade, price, series.times[tick]):
            phase = str(record.state["phase"])
            run.phase_steps[phase] += 1
            phases.step(phase, strategy.book.net_pnl(price))
            if on_move is not None:
                on_move(tick, record)
        if (rule := trade.exits.due) is not None:
            exchange.close_by_exit(trade, SeenPrice(price, series.times[tick]), rule)
            run.ended_by = rule.words
        elif watch is not None and watch.look(trade, price, series.times[tick], exchange.fills):
            run.ended_by = _act(trade, exchange, watch, SeenPrice(price, series.times[tick]))
        curve.walk(tick, price, strategy.book, exchange.fills)
        run.ticks = tick + 1
        run.last_price = price
        if strategy.halted or run.ended_by:
            break
    run.fills = exchange.fills
    run.slippage_cost = exchange.slipped
    net = strategy.book.net_pnl(run.last_price)
    phases.step(strategy.ladder.phase.value, net)
    curve.end(net)
    run.phase_pnl, run.blocks, run.max_drawdown = phases.made, curve.blocks, curve.deepest
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
