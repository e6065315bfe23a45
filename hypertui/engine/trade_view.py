"""The snapshot of a live trade: every figure of the screens, computed once from its state and services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from hypertui.core.purpose import Purpose
from hypertui.engine.hodl_watch import hodl_views
from hypertui.engine.state_view import (
    account_fields,
    exit_view,
    guard_views,
    order_fields,
    price_fields,
)
from hypertui.exchange.protocol import Allowance
from hypertui.execution.market_data import MarketData
from hypertui.execution.orders import state_of
from hypertui.port.commands import OF_SOURCES, Verb
from hypertui.port.snapshot import Dependency, Snapshot
from hypertui.port.views import Budget
from hypertui.runtime.request_budget import RequestBudget

if TYPE_CHECKING:
    from hypertui.engine.fallback import Fallback
    from hypertui.engine.live_trade import LiveTrade
    from hypertui.engine.screen_tables import ScreenTables
    from hypertui.engine.trade_runner import TradeRunner
    from hypertui.execution.trade_context import TradeContext

_NO_LIMIT = 2**62  # a journal that had nothing to write for a day is as good as new


def compose(trader: TradeRunner, last: Snapshot, now: int, tables: ScreenTables) -> Snapshot:
    """The snapshot after `last`; `tables` keep what did not change since."""
    context, trade = trader.context, trader.trade
    market = context.market
    lamp = None if trade is None else trade.lamp
    common: dict[str, object] = {
        "seq": last.seq + 1,
        "at": now,
        "mode": context.mode,
        "reason": context.reason,
        "account": context.exchange.account,
        "unit_size": context.config.strategy.stop_distance,
        "sources": (*market.sources(), journal_source(context, now)),
        "health": tables.health(context, now),
        "figures": context.tally.figures(_states(trade, now)),
        "alarms": context.alarms.view(),
        "commands": context.commands.view(),
        "budget": _budget(context.exchange.allowance, context.budget),
        "clock_skew": context.clock_sync.offset,
        "tasks": context.tasks.view(),
        "journal": context.housekeeping.view(),
    }
    asked = (verb for verb in Verb if verb not in OF_SOURCES)
    common["refusals"] = tuple((verb, why) for verb in asked if (why := trader.refusal(verb)))
    signal = trader.signal
    common |= {"waits": signal.waits, "not_begun": signal.not_begun, "begun_by": signal.begun_by}
    if trade is not None:
        common |= {
            "resumes": trade.steering.resumes,
            "wish": trade.wishes.in_words(),
            "closed_at": trade.closed_at,
        }
    if trader.gate is not None:
        common |= {"findings": trader.gate.findings, "asks": trader.gate.asks}
    if market.quote is not None:
        common |= price_fields(market.quote, market.quote_at, market.history)
    if trader.fallback is not None:
        common |= _by_the_exchange(trader.fallback, market)
    if context.events.last_step is not None:
        common["last_step"], common["last_step_at"] = context.events.last_step
    if trade is not None and market.quote is not None:
        common |= tables.state.state(
            trade.trade, market.knowledge.account, market.quote.mark, now, trade.recorder.mark
        )
        guard, seen = trade.exits.before_liquidation(now), trade.recorder.mark
        if guard is not None and seen is not None:
            first = exit_view(guard, trade.context.config.exits, seen)
            common["exits"] = (first, *common["exits"])  # type: ignore[misc]
        common |= order_fields(trade.trade, trade.account_sync.listing, now)
        common |= account_fields(market.knowledge, market.quote.mark)
        common["holds"] = trade.entry_block
        guards = guard_views(trade.guards.verdicts, trade.trade.guards.memory, now)
        common["guards"] = (*guards, *hodl_views(context.account.hodl))
        net = trade.book.net_pnl(market.quote.mark)
        common["day_pnl"], common["day_since"] = tables.day.look(net, trade.began_at, now)
        if lamp is not None:
            common["invariant"] = replace(lamp, orphans=trade.account_sync.orphans)
    return replace(last, **common)  # type: ignore[arg-type]


def _states(trade: LiveTrade | None, now: int) -> Iterator[str]:
    """Of its own orders that are alive."""
    if trade is not None:
        tracker = trade.tracker
        for order in tracker.alive:
            yield state_of(order, now, tracker.timing.confirm_after).value


def _by_the_exchange(fallback: Fallback, market: MarketData) -> dict[str, object]:
    """The fields of a `Snapshot` where there are no books but the exchange's."""
    seen = fallback.seen
    if seen is None:
        return {}
    fields: dict[str, object] = {"position": seen.position, "invariant": fallback.invariant()}
    if market.quote is not None:
        mark = market.quote.mark
        fields |= {"position_value": seen.position * mark, **account_fields(market.knowledge, mark)}
    return fields


def journal_source(context: TradeContext, now: int) -> Dependency:
    """The journal is fresh for as long as nothing that should be written had to wait."""
    problem = bool(context.durability.problem)
    seen = context.alarms.since("journal") if problem else now
    return Dependency("journal", seen, _NO_LIMIT, connected=not problem)


def _budget(left: Allowance, budget: RequestBudget) -> Budget:
    short = budget.refuses(Purpose.PROTECT) or budget.refuses(Purpose.OPEN)
    return Budget(left.weight, left.weight_limit, left.requests, left.requests_limit, short)
