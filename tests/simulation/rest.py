"""What must be so at rest: the venue holds exactly the target, and the books agree to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hypertui.core.market import ZERO, Side
from hypertui.core.purpose import Purpose
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.hyperliquid import messages
from hypertui.exchange.protocol import Quote
from hypertui.port.snapshot import Mode
from hypertui.venue.model.orders import VenueOrder
from tests.simulation.venue import Venue
from tests.support.ladders import ladder_of, windows_of


def problems_at_rest(trade: LiveTrade, venue: Venue) -> Iterator[str]:
    """What is wrong although nothing moves any more."""
    yield from _books(trade, venue)
    if trade.context.mode is Mode.HALTED and ladder_of(trade.tracker).halted:
        return  # the fragment no longer buys anything; nothing more is placed, by contract
    if trade.context.mode not in (Mode.RUNNING, Mode.SELLING_OUT):
        yield f"the trade is {trade.context.mode.value}: {trade.context.reason}"
        return
    if not trade.tracker.settled:
        yield f"not settled: {describe(trade)}"
    yield from _orders(trade, venue)


def _books(trade: LiveTrade, venue: Venue) -> Iterator[str]:
    ladder, account = ladder_of(trade.tracker), venue.account
    if trade.book.position != venue.position:
        yield f"booked {trade.book.position}, the venue holds {venue.position}"
    held = sum((slot.coins for slot in ladder.slots), ZERO) + ladder.dust - ladder.oversold
    if held != trade.book.held or held != trade.book.position:
        yield f"slots and dust hold {held}, the book {trade.book.held}"
    at_venue = {fill.key: fill for fill in map(messages.fill, account.fills)}
    missing = sum(not trade.bookkeeper.knows(fill) for fill in at_venue.values())
    entered = sum(fill.order_id > 0 for fill in trade.opening.fills)
    surplus = trade.tracker.fills_booked + entered + missing - len(at_venue)
    if missing or surplus:
        yield f"{missing} fills not booked, {surplus} booked and not there"
    mark = venue.book.mark
    made = account.cash - account.deposits + venue.position * mark
    if trade.book.net_pnl(mark) != made:
        yield f"the trade made {trade.book.net_pnl(mark)}, the account {made}"


def _orders(trade: LiveTrade, venue: Venue) -> Iterator[str]:
    target = windows_of(trade.tracker)
    grid = ladder_of(trade.tracker).grid
    wanted = sorted((Side.SELL, grid.price(stop.unit), stop.size) for stop in target.stops)
    wanted += sorted((Side.BUY, grid.price(buy.unit), buy.size) for buy in target.buys)
    working = sorted(_key(order) for order in venue.working())
    if sorted(wanted) != working:
        yield f"the venue works {_words(working)}, wanted {_words(sorted(wanted))}"
    stops = sum((order.remaining for order in venue.working() if order.side is Side.SELL), ZERO)
    dust, oversold = ladder_of(trade.tracker).dust, ladder_of(trade.tracker).oversold
    if oversold:
        yield f"{oversold} coins sold that no slot gave"
    if stops + dust != venue.position:
        yield f"stops cover {stops} of {venue.position}"


def _key(order: VenueOrder) -> tuple[Side, Decimal, Decimal]:
    trigger = order.request.trigger
    return order.side, trigger.price if trigger is not None else order.limit, order.remaining


def _words(orders: list[tuple[Side, Decimal, Decimal]]) -> str:
    return ", ".join(f"{side.value} {size}@{price}" for side, price, size in orders) or "nothing"


def describe(trade: LiveTrade) -> str:
    """The state of a trade in a few words, for a failure's report."""
    tracker = trade.tracker
    slots = " ".join(f"{s.coins}/{s.stop_unit}" for s in ladder_of(tracker).slots)
    orders = "; ".join(
        f"{o.role.value} {o.level} {o.key} {o.remaining}"
        + "".join(f" {name}" for name in ("acknowledged", "cancelling", "due", "altered") if getattr(o, name))
        + (f" {o.ended.value}" if o.ended else "")
        for o in tracker.alive
    )
    quote: Quote | None = trade.context.market.quote
    mark = quote.mark if quote else None
    held = f"hold {trade.context.budget.refuses(Purpose.PROTECT)!r} {trade.entry_block!r}"
    return (
        f"unit {ladder_of(tracker).unit:+d} mark {mark}/{trade.recorder.mark} slots [{slots}] "
        f"{held} {trade.steering.state.posture} orders [{orders}]"
    )
