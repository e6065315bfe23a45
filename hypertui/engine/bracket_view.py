"""The bracket's own part of a snapshot: what it is about, and the prices that matter to it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hypertui.core.phrases import at_price, in_words
from hypertui.execution.orders import OwnOrder, state_of
from hypertui.execution.trade import Trade
from hypertui.port.views import BracketView, EntryPlan, PriceLine
from hypertui.strategy.bracket import entry as entries
from hypertui.strategy.bracket.entry_rules import EntryOrder
from hypertui.strategy.bracket.strategy import ENTRY, Bracket
from hypertui.strategy.exits.native import OWN_STOP, PROFIT
from hypertui.strategy.exits.rules import TAKER_FEE


def bracket_view(bracket: Bracket, trade: Trade, seen: Decimal, now: int) -> BracketView:
    """What a bracket shows at `now` (ms), at the price (USD) that it goes by."""
    entry, stay, held = bracket.entry, bracket.stay, bracket.protectable > 0
    cools = bracket.cools_until
    return BracketView(
        state="buying" if entry is not None else "held" if held else "flat",
        since=(stay.began_at if held else bracket.flat_since) or None,
        wanted=None if entry is None else entry.size,
        bought=None if entry is None else entry.bought,
        entry=None if entry is None else entry.price,
        average=bracket.book.average_price if held else None,
        stop=max((own.order.stands_at for own in trade.tracker.alive if own.protects), default=None),
        target=next((own.order.stands_at for own in trade.tracker.of(PROFIT) if own.is_live), None),
        lines=tuple(_lines(bracket, trade, now)),
        cools_until=cools if cools > now else None,
        given_up=bracket.given_up,
        stays=bracket.cycles,
        reenters_after=bracket.plan.reenter_after if bracket.reenters else None,
        plan=None if held or entry is not None else _plan(bracket, trade, seen),
    )


def _plan(bracket: Bracket, trade: Trade, seen: Decimal) -> EntryPlan:
    """What it would do if it were told now."""
    plan, rules, terms = bracket.plan, bracket.plan.entry, trade.exits.terms
    size = plan.entry_size(seen if plan.entry_price is None else plan.entry_price)
    entry = entries.begun(rules, bracket.instrument, size, seen, bracket.source, plan.entry_price)
    stop = plan.stop_at(entry.price, TAKER_FEE if terms is None else terms.fee)
    match entry.order:
        case EntryOrder.LIMIT:
            order, rule = "post-only limit", rules.moves_in_words()
            if entry.pinned is not None:
                rule = "it stays there"
        case EntryOrder.STOP:
            order, rule = "stop", "at the market once the price is there"
        case EntryOrder.MARKET:
            _, worst, _ = entry.terms(rules, bracket.instrument)
            order, rule = "market", f"up to {at_price(worst)}"
    value = size * entry.price
    return EntryPlan(size, value, order, entry.price, rule, stop, value * plan.hard_stop)


def _lines(bracket: Bracket, trade: Trade, now: int) -> Iterator[PriceLine]:
    if bracket.protectable > 0:
        yield PriceLine("average", bracket.instrument.round_price(bracket.book.average_price))
        arms_at = trade.exits.arms_at(bracket.book, bracket.instrument)
        if arms_at is not None:
            yield PriceLine("stop trails from", arms_at)
    works = {own.key for own in trade.tracker.alive}
    for own in trade.tracker.alive:
        order, size = own.order, None if own.whole else own.remaining
        state = state_of(own, now, trade.tracker.timing.confirm_after).value
        yield PriceLine(_name(own), order.stands_at, order.side, size, state)
    for want in trade.target.orders if trade.state.trades else ():
        if want.key not in works:
            yield PriceLine(
                in_words(want.reason.value), want.stands_at, want.side, want.size or None, "waiting"
            )


def _name(own: OwnOrder) -> str:
    if own.key == ENTRY:
        return "entry"
    if own.key in (OWN_STOP, PROFIT):
        return in_words(own.decision.reason.value)
    return own.role.value
