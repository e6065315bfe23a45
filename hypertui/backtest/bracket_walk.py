"""A bracket over a price series, as it trades live: told to enter at the first price, and whenever it may be
again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hypertui.backtest.hourly_candles import HourlyCandles, require_hours
from hypertui.backtest.instant_exchange import Costs, InstantExchange
from hypertui.core.market import ZERO
from hypertui.core.price_series import Series
from hypertui.execution.orders import ClientIds
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import ExitsSet, StateSet
from hypertui.execution.trading_state import Posture
from hypertui.strategy.base import EntryTold, StayEnded
from hypertui.strategy.bracket.entry_rules import EntryOrder
from hypertui.strategy.bracket.plan import BracketPlan
from hypertui.strategy.bracket.strategy import Bracket
from hypertui.strategy.exits.rules import ExitRule, ExitRules, ExitTerms
from hypertui.strategy.plans import PlanError

_TIMELY = (ExitRule.SOFT_STOP, ExitRule.TRAILING_STOP, ExitRule.TIME_STOP)


@dataclass(slots=True)
class BracketRun:
    """A finished walk. `max_drawdown` is the deepest fall of the net PnL from an earlier high (USD); `ends`
    counts the exits by their words."""

    bracket: Bracket
    series: Series
    fills: int = 0
    ticks: int = 0
    last_price: Decimal = ZERO
    max_drawdown: Decimal = ZERO
    ends: Counter[str] = field(default_factory=Counter)
    finished: str = ""


def walk_bracket(series: Series, plan: BracketPlan, costs: Costs, exits: ExitRules) -> BracketRun:
    """Walk `series`. Raises PlanError where the plan is impossible at the first price, where a limit would
    have to be filled, and where the file lacks the times that its rules need."""
    if plan.entry.order is EntryOrder.LIMIT:
        raise PlanError(
            "a backtest fills stop and market entries: no price file says when a limit would be filled"
        )
    needy = [rule.value for rule in exits.wanted if rule in _TIMELY]
    needy += ["reenter"] if plan.reenter_after is not None else []
    if not series.timed and needy:
        raise PlanError(f"the price file has no times, without which there is no {' or '.join(needy)}")
    hours = None
    if exits.trailing_stop is not None:
        require_hours(series)
        hours = HourlyCandles()
    first, began = series.prices[0], series.times[0]
    for rule in (*plan.rules(), *plan.rules_at(first)):
        if rule.broken:
            raise PlanError(rule.broken)
    exchange, bracket = InstantExchange(plan.instrument.symbol, costs), plan.start(())
    trade = Trade(bracket, Timing(), ClientIds(0))
    here = replace(exits, native=False)  # an engine always runs
    trade.apply(ExitsSet(began, ExitTerms(here, plan.position_size, began, costs.fee_rate)))
    run, peak = BracketRun(bracket, series), ZERO
    for tick, price in enumerate(series.prices):
        at = series.times[tick]
        if hours is not None and (measured := hours.add(at, price)) is not None:
            trade.apply(measured)
        if not bracket.entry_refusal(at) and (bracket.reenters or not bracket.told):
            trade.apply(EntryTold(at, bracket.source, price))
            exchange.settle(trade, SeenPrice(price, at))
        for _ in exchange.take(trade, price, at):
            pass  # it makes no moves
        if (due := trade.exits.due) is not None:
            exchange.close_by_exit(trade, SeenPrice(price, at), due)
            run.ends[due.words] += 1
            if bracket.reenters:
                trade.apply(StayEnded(at))
                trade.apply(StateSet(at, trade.state.with_posture(Posture.TRADE)))
        net = bracket.book.net_pnl(price)
        peak = max(peak, net)
        run.max_drawdown = max(run.max_drawdown, peak - net)
        run.ticks, run.last_price = tick + 1, price
        if finished := trade.target.finished:
            run.finished = finished
            break
    run.fills = exchange.fills
    return run
