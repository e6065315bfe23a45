"""The bracket's own part of a snapshot: what it is about, and the prices that matter to it."""

from __future__ import annotations

from collections.abc import Iterator

from hypertui.core.phrases import in_words
from hypertui.execution.orders import OwnOrder, state_of
from hypertui.execution.trade import Trade
from hypertui.port.views import BracketView, PriceLine
from hypertui.strategy.bracket.strategy import ENTRY, Bracket
from hypertui.strategy.exits.native import OWN_STOP, PROFIT


def bracket_view(bracket: Bracket, trade: Trade, now: int) -> BracketView:
    """What a bracket shows at `now` (ms)."""
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
    )


def _lines(bracket: Bracket, trade: Trade, now: int) -> Iterator[PriceLine]:
    if bracket.protectable > 0:
        yield PriceLine("average", bracket.instrument.round_price(bracket.book.average_price))
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
