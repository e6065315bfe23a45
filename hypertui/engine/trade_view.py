"""The snapshot: every figure of the screens, computed once from the trade's state."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from hypertui.core.market import KNOWN_INSTRUMENTS, ONE, Instrument, Side
from hypertui.core.purpose import Purpose
from hypertui.exchange.protocol import Allowance
from hypertui.execution.knowledge import Knowledge
from hypertui.execution.market_data import MarketData
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import OwnOrder, Role, state_of
from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trading_state import Posture
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Dependency, Mode, Snapshot
from hypertui.port.views import Budget, SlotState, SlotView
from hypertui.runtime.request_budget import RequestBudget

if TYPE_CHECKING:
    from hypertui.engine.fallback import Fallback
    from hypertui.engine.live_trade import LiveTrade
    from hypertui.engine.screen_tables import ScreenTables
    from hypertui.engine.trade_runner import TradeRunner
    from hypertui.execution.trade_context import TradeContext

_NO_LIMIT = 2**62  # a journal that had nothing to write for a day is as good as new


def blank(config: TradeConfig, now: int) -> Snapshot:
    """The snapshot of an engine that starts at `now` (ms) and knows nothing but what it was asked to
    trade."""
    return Snapshot(
        seq=0,
        at=now,
        started_at=now,
        name=config.title,
        network=config.network,
        account="",
        instrument=KNOWN_INSTRUMENTS.get(config.symbol, Instrument(config.symbol, 5, 1)),
        leverage=config.leverage,
        unit_size=config.strategy.stop_distance,
        mode=Mode.STARTING,
        strategy=config.strategy.strategy,
        blind_after=config.stale_after,
    )


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
        "sources": (*market.sources(), journal_source(context, now)),
        "health": tables.health(context, now),
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
        common |= _trade_fields(trade, market.quote.mark, now)
        net = trade.book.net_pnl(market.quote.mark)
        common["day_pnl"], common["day_since"] = tables.day.look(net, trade.began_at, now)
        common |= tables.strategy_fields(trade, market.quote.mark)
        common |= _account_fields(market.knowledge, market.quote.mark)
        common |= tables.fields(trade, now)
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
    short = budget.refuses(Purpose.PROTECT) or budget.refuses(Purpose.OPEN)
    return Budget(left.weight, left.weight_limit, left.requests, left.requests_limit, short)


def _history(prices: tuple[tuple[int, Decimal], ...], mark: Decimal) -> dict[str, object]:
    if not prices:
        return {}
    return {"prices": prices, "price_change": mark / prices[0][1] - ONE}


def _trade_fields(trade: LiveTrade, mark: Decimal, now: int) -> dict[str, object]:
    """The fields of a `Snapshot` that describe the open trade at a mark price."""
    book = trade.book
    # Where nothing is traded, nothing is wanted that does not work already.
    trading = trade.steering.state.posture is Posture.TRADE
    return {
        "slots": _slots(trade.tracker, trading, mark, now),
        "position": book.position,
        "position_value": book.position * mark,
        "realized_pnl": book.realized_pnl,
        "unrealized_pnl": book.unrealized_pnl(mark),
        "net_pnl": book.net_pnl(mark),
        "fees": book.fees,
        "funding": book.funding,
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


def _slots(tracker: OrderTracker, trading: bool, mark: Decimal, now: int) -> tuple[SlotView, ...]:
    views = [
        _order_view(order, tracker, mark, now) for order in tracker.alive if order.role is not Role.CLOSE
    ]
    if trading:
        works = {order.key for order in tracker.alive}
        for want in tracker.target().orders:
            if want.key not in works:
                at = want.stands_at
                away = (at - mark) / mark
                key, state = str(want.key), SlotState.WAITING
                views.append(SlotView(key, want.side, want.level, at, want.size, state, now, away))
    return tuple(sorted(views, key=lambda view: (view.side is Side.BUY, view.trigger)))


def _order_view(order: OwnOrder, tracker: OrderTracker, mark: Decimal, now: int) -> SlotView:
    trigger = order.order.stands_at
    return SlotView(
        str(order.key),
        order.order.side,
        order.level,
        trigger,
        order.remaining,
        state_of(order, now, tracker.timing.confirm_after),
        order.since,
        (trigger - mark) / mark,
        order.order_id,
        order.note,
    )
