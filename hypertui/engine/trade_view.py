"""The snapshot: every figure of the screens, computed once from the trade's state."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from hypertui.core.market import KNOWN_INSTRUMENTS, ONE, Instrument, Side
from hypertui.exchange.protocol import Allowance
from hypertui.execution.knowledge import Knowledge
from hypertui.execution.market_data import MarketData
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import OwnOrder, Role, state_of
from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trading_state import Posture
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Dependency, Mode, Snapshot
from hypertui.port.views import Budget, SlotState, SlotView, Trigger
from hypertui.runtime.request_budget import Purpose, RequestBudget
from hypertui.strategy.ladder.ladder import Ladder, Target
from hypertui.strategy.ladder.plan import SLOTS

if TYPE_CHECKING:
    from hypertui.engine.fallback import Fallback
    from hypertui.engine.live_trade import LiveTrade
    from hypertui.engine.screen_tables import Books
    from hypertui.engine.trade_runner import TradeRunner
    from hypertui.execution.trade_context import TradeContext

_NO_SLOT = 0
_NO_LIMIT = 2**62  # a journal that had nothing to write for a day is as good as new


def blank(config: TradeConfig, now: int) -> Snapshot:
    """The snapshot of an engine that starts at `now` (ms) and knows nothing but what it was asked to
    trade."""
    return Snapshot(
        seq=0,
        at=now,
        started_at=now,
        network=config.network,
        account="",
        instrument=KNOWN_INSTRUMENTS.get(config.symbol, Instrument(config.symbol, 5, 1)),
        leverage=config.leverage,
        unit_size=config.unit_size,
        mode=Mode.STARTING,
        blind_after=config.stale_after,
    )


def compose(trader: TradeRunner, last: Snapshot, now: int, books: Books) -> Snapshot:
    """The snapshot after `last`; `books` keeps what did not change since."""
    context, trade = trader.context, trader.trade
    market = context.market
    lamp = None if trade is None else trade.lamp
    common: dict[str, object] = {
        "seq": last.seq + 1,
        "at": now,
        "mode": context.mode,
        "reason": context.reason,
        "account": context.exchange.account,
        "sources": (*market.sources(), journal_source(context, now)),
        "health": books.health(context, now),
        "alarms": context.alarms.view(),
        "commands": context.commands.view(),
        "budget": _budget(context.exchange.allowance, context.budget),
        "clock_skew": context.clock_sync.offset,
        "tasks": context.tasks.view(),
        "journal": context.housekeeping.view(),
    }
    common["refusals"] = tuple((verb, why) for verb in Verb if (why := trader.refusal(verb)))
    if trade is not None:
        common |= {
            "resumes": trade.steering.resumes,
            "wish": trade.wishes.in_words(),
            "closed_at": trade.closed_at,
        }
    if trader.gate is not None:
        common |= {"findings": trader.gate.findings, "asks": trader.gate.asks}
    if market.quote is not None:
        common |= {"mark": market.quote.mark, "mid": market.quote.mid, "mark_at": market.quote_at}
        common |= _history(market.history.view(), market.quote.mark)
    if trader.fallback is not None:
        common |= _by_the_exchange(trader.fallback, market)
    if context.events.last_step is not None:
        common["last_step"], common["last_step_at"] = context.events.last_step
    if trade is not None and market.quote is not None:
        common["instrument"] = trade.instrument
        common |= _ladder_fields(trade, market.quote.mark, now)
        common |= _account_fields(market.knowledge, market.quote.mark)
        common |= books.fields(trade, now)
        if lamp is not None:
            common["invariant"] = replace(lamp, orphans=trade.account_sync.orphans)
    return replace(last, **common)  # type: ignore[arg-type]


def _by_the_exchange(fallback: Fallback, market: MarketData) -> dict[str, object]:
    """The fields of a `Snapshot` where there are no books but the exchange's."""
    seen = fallback.seen
    if seen is None:
        return {}
    fields: dict[str, object] = {"position": seen.position, "invariant": fallback.invariant()}
    if market.quote is not None:
        mark = market.quote.mark
        fields |= {"position_value": seen.position * mark, **_account_fields(market.knowledge, mark)}
    return fields


def journal_source(context: TradeContext, now: int) -> Dependency:
    """The journal is fresh for as long as nothing that should be written had to wait."""
    problem = bool(context.durability.problem)
    seen = context.alarms.since("journal") if problem else now
    return Dependency("journal", seen, _NO_LIMIT, connected=not problem)


def _budget(left: Allowance, budget: RequestBudget) -> Budget:
    short = budget.refuses(Purpose.PROTECT) or budget.refuses(Purpose.BUY)
    return Budget(left.weight, left.weight_limit, left.requests, left.requests_limit, short)


def _history(prices: tuple[tuple[int, Decimal], ...], mark: Decimal) -> dict[str, object]:
    if not prices:
        return {}
    return {"prices": prices, "price_change": mark / prices[0][1] - ONE}


def _ladder_fields(trade: LiveTrade, mark: Decimal, now: int) -> dict[str, object]:
    """The fields of a `Snapshot` that describe the open trade at a mark price."""
    tracker, ladder = trade.tracker, trade.tracker.ladder
    # Where the manager does not trade, nothing is wanted that does not work already.
    wanted = ladder.target() if trade.steering.state.posture is Posture.TRADE else None
    stake = ladder.fragment_at_entry * SLOTS
    value = ladder.value(mark)
    base = ladder.cycles.base_value
    return {
        "entry_price": ladder.grid.entry_price,
        "unit": ladder.unit,
        "long_slots": ladder.long_slots,
        "phase": ladder.phase.value,
        "cycle": ladder.cycles.number,
        "peak_unit": ladder.cycles.peak_unit,
        "valley_unit": ladder.cycles.valley_unit,
        "next_up": _trigger(ladder, ladder.unit + 1, mark),
        "next_down": _trigger(ladder, ladder.unit - 1, mark),
        "slots": _slots(ladder, tracker, wanted, mark, now),
        "steps": ladder.steps,
        "position": ladder.position,
        "position_value": ladder.position * mark,
        "fragment": ladder.fragment,
        "reinvest": ladder.plan.reinvest.value,
        "realized_pnl": ladder.realized_pnl,
        "unrealized_pnl": ladder.book.unrealized_pnl(mark),
        "net_pnl": ladder.net_pnl(mark),
        "fees": ladder.book.fees,
        "funding": ladder.funding,
        "whipsaw_cost": ladder.round_trips.whipsaw_cost,
        "round_trips": ladder.round_trips.count,
        "growth": value / stake - ONE,
        "cycle_growth": None if base is None else value / base - ONE,
        "holds": trade.entry_block,
    }


def _account_fields(knowledge: Knowledge, mark: Decimal) -> dict[str, object]:
    account = knowledge.account
    if account is None:
        return {"known_at": knowledge.known_at}
    liquidation = account.liquidation_price
    return {
        "equity": account.equity,
        "margin_used": account.margin_used,
        "venue_position": knowledge.position,
        "account_at": knowledge.account_at,
        "known_at": knowledge.known_at,
        "liquidation_price": liquidation,
        "liquidation_distance": None if liquidation is None else (mark - liquidation) / mark,
    }


def _trigger(ladder: Ladder, unit: int, mark: Decimal) -> Trigger:
    price = ladder.grid.price(unit)
    return Trigger(unit, price, price - mark, (price - mark) / mark)


def _slots(
    ladder: Ladder, tracker: OrderTracker, wanted: Target | None, mark: Decimal, now: int
) -> tuple[SlotView, ...]:
    views = [
        _order_view(order, tracker, mark, now) for order in tracker.alive if order.role is not Role.CLOSE
    ]
    if wanted is not None:
        stopped = {order.slot for order in tracker.alive if order.order.side is Side.SELL}
        bought = {order.unit for order in tracker.alive if order.role is Role.BUY}
        missing = [
            (stop.slot + 1, Side.SELL, stop.unit, stop.size)
            for stop in wanted.stops
            if stop.slot not in stopped
        ]
        missing += [(_NO_SLOT, Side.BUY, buy.unit, buy.size) for buy in wanted.buys if buy.unit not in bought]
        for slot, side, unit, size in missing:
            trigger = ladder.grid.price(unit)
            away = (trigger - mark) / mark
            views.append(SlotView(slot, side, unit, trigger, size, SlotState.WAITING, now, away))
    return tuple(sorted(views, key=lambda view: (view.side is Side.BUY, view.unit)))


def _order_view(order: OwnOrder, tracker: OrderTracker, mark: Decimal, now: int) -> SlotView:
    trigger = order.order.trigger or order.order.limit
    return SlotView(
        order.slot + 1,
        order.order.side,
        order.unit,
        trigger,
        order.remaining,
        state_of(order, now, tracker.timing.confirm_after),
        order.since,
        (trigger - mark) / mark,
        order.order_id,
        order.note,
    )
