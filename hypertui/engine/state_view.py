"""The part of a snapshot that follows from a trade's state alone, whether it is live or replayed.

Each part is rebuilt only when something in it has changed, because a snapshot is made many times a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice

from hypertui.core import phrases
from hypertui.core.market import ONE, ZERO, Side
from hypertui.core.trade_book import Execution, TradeBook
from hypertui.engine.bracket_view import bracket_view
from hypertui.engine.ladder_view import LadderView
from hypertui.engine.order_tables import working_orders
from hypertui.exchange.protocol import AccountState, OpenOrder, Quote
from hypertui.execution.knowledge import Knowledge
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import OwnOrder, Role, state_of
from hypertui.execution.trade import Trade
from hypertui.execution.trading_state import Posture
from hypertui.port.views import ExitView, FillView, GuardView, LotView, ResultView, SlotState, SlotView
from hypertui.risk.guards import MOST_USED, GuardVerdict
from hypertui.risk.memory import DAY, GuardMemory
from hypertui.runtime.price_history import PriceHistory
from hypertui.strategy.bracket.strategy import Bracket
from hypertui.strategy.exits.native import STOP, is_exit, key_of
from hypertui.strategy.exits.rules import ExitRule, ExitRules
from hypertui.strategy.exits.watch import ExitVerdict
from hypertui.strategy.ladder.strategy import LadderStrategy

_LOTS_SHOWN = 100


class StateView:
    """Keeps what it made last, of one trade. Each method gives fields of a `Snapshot`."""

    def __init__(self) -> None:
        self._ladder = LadderView()
        self._booked = -1
        self._money: dict[str, object] = {}

    def state(
        self,
        trade: Trade,
        account: AccountState | None,
        mark: Decimal,
        now: int,
        seen: Decimal | None = None,
    ) -> dict[str, object]:
        """What is held, made and working of an open trade at a mark price (USD), and its strategy's own; some
        of it as a share of the `account`, as far as that has been told of. `seen` is the price that the trade
        itself goes by, where that is another one."""
        book, strategy = trade.strategy.book, trade.strategy
        slots = _slots(trade, mark, now)
        fields: dict[str, object] = {
            "instrument": strategy.instrument,
            "slots": slots,
            **_at_stops(slots, book, account, mark),
            "position": book.position,
            "position_value": book.position * mark,
            "realized_pnl": book.realized_pnl,
            "unrealized_pnl": book.unrealized_pnl(mark),
            "net_pnl": book.net_pnl(mark),
            "fees": book.fees,
            "funding": book.funding,
            "exits": tuple(_exits(trade, seen or mark, now)),
            "ends_by": trade.ends_by,
            "guards": guard_views(trade.guards.verdicts, trade.guards.memory, now),
            **self._bookings(book, trade.tracker.fills_booked),
        }
        if isinstance(strategy, LadderStrategy):
            fields |= self._ladder.fields(strategy.ladder, trade.tracker, mark)
        elif isinstance(strategy, Bracket):
            fields["bracket"] = bracket_view(strategy, trade, seen or mark, now)
        return fields

    def _bookings(self, book: TradeBook, booked: int) -> dict[str, object]:
        if self._booked != booked:
            self._booked = booked
            self._money = {
                "fills": tuple(_fill(execution) for execution in reversed(book.executions)),
                "lots": tuple(_lots(book)),
                "result": _result(book),
            }
        return self._money


def _exits(trade: Trade, seen: Decimal, now: int) -> Iterator[ExitView]:
    """The rules that may end the trade, and what each says at a price (USD)."""
    terms = trade.exits.terms
    for verdict in trade.verdicts(seen, now):
        assert terms is not None, "there are rules"
        rests = _at_exchange(trade, verdict.rule, verdict.price, now)
        yield exit_view(verdict, terms.rules, seen, rests)


def exit_view(verdict: ExitVerdict, rules: ExitRules, seen: Decimal, at_exchange: str = "") -> ExitView:
    """What a rule says at a price (USD), for the screens."""
    price, rule = verdict.price, verdict.rule
    distance = None if price is None else (price - seen) / seen
    return ExitView(rule.words, rules.limit(rule), verdict.due, price, distance, verdict.text, at_exchange)


def _at_exchange(trade: Trade, rule: ExitRule, price: Decimal | None, now: int) -> str:
    """What is known of a rule's own order, in words; empty where it has none, and is to have none."""
    key, tracker = key_of(rule, trade.strategy), trade.tracker
    if key is None:
        return ""
    orders = [own for own in tracker.of(key) if not own.cancelling]
    if orders:
        stands_for = ExitRule.by(orders[-1].decision.reason)
        if stands_for is rule or stands_for is None:
            return state_of(orders[-1], now, tracker.timing.confirm_after).value
        return f"{stands_for.words} first" if price is not None else ""
    if any(want.key == key and want.reason is rule.reason for want in trade.target.orders):
        return SlotState.WAITING.value
    if price is not None and key == STOP and trade.exits.rests and trade.strategy.protectable > 0:
        return "stops come first"
    return ""


def guard_views(verdicts: Sequence[GuardVerdict], memory: GuardMemory, now: int) -> tuple[GuardView, ...]:
    """The limits on the risk, as they were judged last."""
    return tuple(_guard(verdict, memory, now) for verdict in verdicts)


def _guard(verdict: GuardVerdict, memory: GuardMemory, now: int) -> GuardView:
    guard, rearm = verdict.guard, memory.rearm(verdict.guard)
    note = "" if rearm is None or rearm.at // DAY != now // DAY else f"re-armed by {rearm.by}: {rearm.reason}"
    used = verdict.used
    return GuardView(
        guard.value,
        verdict.state.value,
        None if used is None else min(used, MOST_USED),
        verdict.text,
        verdict.action.value,
        guard.resets,
        verdict.is_tripped,
        verdict.withdraws,
        note,
    )


def order_fields(
    trade: Trade, listing: tuple[int, Sequence[OpenOrder]] | None, now: int, **words: str
) -> dict[str, object]:
    """The working orders, by the venue's newest `listing` too; `words` as for `working_orders`."""
    return {
        "orders": working_orders(trade, listing, now, **words),
        "listed_at": None if listing is None else listing[0],
    }


def price_fields(quote: Quote, quote_at: int | None, history: PriceHistory) -> dict[str, object]:
    """The newest price, and what it was before."""
    fields: dict[str, object] = {"mark": quote.mark, "mid": quote.mid, "mark_at": quote_at}
    fields["series"] = history.series
    if prices := history.marks:
        fields |= {"prices": prices, "price_change": quote.mark / prices[0][1] - ONE}
    return fields


def account_fields(knowledge: Knowledge, mark: Decimal) -> dict[str, object]:
    """The account as the exchange told of it."""
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


def _at_stops(
    slots: Sequence[SlotView], book: TradeBook, account: AccountState | None, mark: Decimal
) -> dict[str, object]:
    """What is lost or gained from here if every stop fills at its trigger, with a fee as the newest fill paid
    one; not known where live stops are not exactly what is held."""
    stops = [slot for slot in slots if slot.side is Side.SELL and slot.state.is_known_live]
    if not book.position or sum(slot.size for slot in stops) != book.position:
        return {"at_stops": None, "at_stops_share": None}
    paid = (execution.fill for execution in reversed(book.executions) if execution.fill.fee)
    rate = next((fill.fee / fill.value for fill in paid), ZERO)
    found = sum((slot.size * (slot.trigger - mark - slot.trigger * rate) for slot in stops), ZERO)
    share = found / account.equity if account is not None and account.equity > 0 else None
    return {"at_stops": found, "at_stops_share": share}


def _fill(execution: Execution) -> FillView:
    fill, target = execution.fill, execution.target
    slippage = None if target is None else (fill.price - target) * fill.side.sign
    return FillView(
        fill.time,
        fill.side,
        execution.level,
        fill.size,
        fill.price,
        fill.value,
        fill.fee,
        execution.gain,
        slippage,
        fill.order_id,
        fill.trade_id,
        fill.client_id,
    )


def _result(book: TradeBook) -> ResultView:
    results, newest = book.results, book.executions[-1].fill.time if book.executions else 0
    course = results.course
    if results.count % results.stride:  # the newest is not among them
        course = [*course, (newest, results.total)]
    return ResultView(
        tuple(course),
        results.deepest,
        tuple(sorted(results.hours.items())),
        tuple((phrases.in_words(reason), made) for reason, made in sorted(results.reasons.items())),
    )


def _lots(book: TradeBook) -> Iterator[LotView]:
    for lot in islice(book.lots, _LOTS_SHOWN):
        yield LotView(lot.fill.time, lot.size, lot.price, lot.size * lot.price, lot.fee, lot.fill.order_id)


def _slots(trade: Trade, mark: Decimal, now: int) -> tuple[SlotView, ...]:
    tracker = trade.tracker
    views = [
        _order_view(order, tracker, mark, now)
        for order in tracker.of_strategy
        if order.role is not Role.CLOSE
    ]
    # Where nothing is traded, nothing is wanted that does not work already.
    if trade.state.posture is Posture.TRADE:
        works = {order.key for order in tracker.alive}
        for want in trade.target.orders:
            if want.key not in works and not is_exit(want.key):
                at = want.stands_at
                away = (at - mark) / mark
                key, state, size = str(want.key), SlotState.WAITING, want.size or trade.strategy.protectable
                views.append(SlotView(key, want.side, want.level, at, size, state, now, away))
    return tuple(sorted(views, key=lambda view: (view.side is Side.BUY, view.trigger)))


def _order_view(order: OwnOrder, tracker: OrderTracker, mark: Decimal, now: int) -> SlotView:
    trigger = order.order.stands_at
    return SlotView(
        str(order.key),
        order.order.side,
        order.level,
        trigger,
        tracker.strategy.protectable if order.whole else order.remaining,
        state_of(order, now, tracker.timing.confirm_after),
        order.since,
        (trigger - mark) / mark,
        order.order_id,
        order.note,
    )
