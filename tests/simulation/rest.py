"""What must be so at rest: the venue holds exactly the target, and the books agree to the last digit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from decimal import Decimal

from hypertui.core.market import ZERO, Side
from hypertui.core.purpose import Purpose
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.hyperliquid import messages
from hypertui.exchange.protocol import Quote
from hypertui.execution.orders import names_exit
from hypertui.port.snapshot import Mode
from hypertui.strategy.ladder.strategy import LadderStrategy
from hypertui.venue.model.orders import VenueOrder
from tests.simulation.venue import Venue, VenueMarket


def problems_at_rest(trade: LiveTrade, market: VenueMarket, earlier: Set[int] = frozenset()) -> Iterator[str]:
    """What is wrong although nothing moves any more. Trades with the `earlier` numbers have ended before."""
    yield from _books(trade, market, earlier)
    if trade.context.mode is Mode.HALTED and trade.trade.strategy.halted:
        return  # the fragment no longer buys anything; nothing more is placed, by contract
    if trade.ends_by or trade.finished:
        return  # a rule is ending it just now, or has
    if trade.context.mode not in (Mode.RUNNING, Mode.SELLING_OUT):
        yield f"the trade is {trade.context.mode.value}: {trade.context.reason}"
        return
    if (
        not isinstance(trade.trade.strategy, LadderStrategy)
        and trade.tracker.pacing.streak(Purpose.OPEN).count
    ):
        return  # a post-only entry that the price has passed is refused for as long as it stays there
    if not trade.entry_block and not trade.tracker.settled:
        yield f"not settled: {describe(trade)}"
    yield from _orders(trade, market)


def problems_of_waiting(market: VenueMarket) -> Iterator[str]:
    """What is wrong of a market whose trade waits for its signal."""
    if market.position or market.working():
        yield f"it waits for a signal, with {market.position} held and {len(market.working())} orders"


def _books(trade: LiveTrade, market: VenueMarket, earlier: Set[int]) -> Iterator[str]:
    strategy = trade.trade.strategy
    if trade.book.position != market.position:
        yield f"booked {trade.book.position}, the venue holds {market.position}"
    held = strategy.protectable + trade.tracker.target().loose
    if isinstance(strategy, LadderStrategy):
        held -= strategy.ladder.oversold
    if held != trade.book.held or held != trade.book.position:
        yield f"slots and dust hold {held}, the book {trade.book.held}"
    theirs = {f"0x{number:016x}" for number in earlier}
    own = [row for row in market.fills if row.get("cloid", "")[:18] not in theirs]
    at_venue = {fill.key: fill for fill in map(messages.fill, own)}
    missing = sum(not trade.bookkeeper.knows(fill) for fill in at_venue.values())
    entered = sum(fill.order_id > 0 for fill in trade.opening.fills)
    surplus = trade.tracker.fills_booked + entered + missing - len(at_venue)
    if missing or surplus:
        yield f"{missing} fills not booked, {surplus} booked and not there"


def _orders(trade: LiveTrade, market: VenueMarket) -> Iterator[str]:
    target = trade.tracker.target()
    wanted = [
        (want.side, want.limit if want.trigger is None else want.trigger, want.size)
        for want in target.orders
        # What must not be placed now is not missing.
        if not (trade.entry_block and want.purpose is Purpose.OPEN and not any(trade.tracker.of(want.key)))
    ]
    working = sorted(_key(order) for order in market.working())
    if sorted(wanted) != working:
        yield f"the venue works {_words(working)}, wanted {_words(sorted(wanted))}"
    stops = covered_by(market.working(), market.position)
    if stops + target.loose != market.position:
        yield f"stops cover {stops} of {market.position}"


def problems_of_account(trades: Iterable[LiveTrade], venue: Venue) -> Iterator[str]:
    """Whether all of them together have made what the account has."""
    made = sum(
        (trade.book.net_pnl(venue.markets[trade.instrument.symbol].book.mark) for trade in trades), ZERO
    )
    if made != venue.made:
        yield f"the trades made {made}, the account {venue.made}"


def covered_by(working: Iterable[VenueOrder], position: Decimal) -> Decimal:
    """Coins that a strategy's orders would sell where the price falls; the exits that rest beside them are no
    protection by themselves."""
    stops = [
        order
        for order in working
        if order.request.trigger is not None
        and order.request.trigger.tpsl == "sl"
        and not names_exit(order.request.cloid)
    ]
    sells = [order for order in stops if order.side is Side.SELL]
    if any(not order.request.size for order in sells):
        return max(position, ZERO)
    return sum((order.remaining for order in sells), ZERO)


def _key(order: VenueOrder) -> tuple[Side, Decimal, Decimal]:
    trigger = order.request.trigger
    return order.side, trigger.price if trigger is not None else order.limit, order.remaining


def _words(orders: list[tuple[Side, Decimal, Decimal]]) -> str:
    return ", ".join(f"{side.value} {size}@{price}" for side, price, size in orders) or "nothing"


def describe(trade: LiveTrade) -> str:
    """The state of a trade in a few words, for a failure's report."""
    tracker = trade.tracker
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
        f"level {tracker.strategy.level} mark {mark}/{trade.recorder.mark} {tracker.strategy.in_words()} "
        f"{held} {trade.steering.state.posture} orders [{orders}]"
    )
