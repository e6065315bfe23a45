"""The entry of a bracket: where its order stands, when it is moved, and when it is given up.

Pure values: what happens makes another one of them, or None once the entry is over. Prices are USD, sizes
coins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from hypertui.core.market import ONE, ZERO, Instrument, OrderType, Source, TimeInForce
from hypertui.strategy.bracket.entry_rules import EntryOrder, EntryRules, Unfilled

# How far (a fraction) the price may run away from an entry that follows it before it is moved.
FOLLOWS_BY = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Entering:
    """An entry under way, for `size` coins by the word of `source`, of which so many are `bought`. Its order
    stands, or is to stand, at `price`, which was fixed when the price was `seen`; `sent` is the client id of
    the order that was made for it, empty while there is none; it is `recalled` from the moment of its cancel.
    One that was `refused` waits for another price. It has been moved `moves` times; a limit that was told,
    and does not follow the price, is `pinned`."""

    order: EntryOrder
    size: Decimal
    price: Decimal
    seen: Decimal
    source: Source
    pinned: Decimal | None = None
    bought: Decimal = ZERO
    sent: str = ""
    recalled: bool = False
    refused: bool = False
    refusals: int = 0
    moves: int = 0

    @property
    def left(self) -> Decimal:
        """Coins that are not bought yet."""
        return self.size - self.bought

    def is_complete(self, instrument: Instrument) -> bool:
        """Whether what is left is too little for an order."""
        return self.left * self.price < instrument.min_order_value

    def terms(self, rules: EntryRules, instrument: Instrument) -> tuple[OrderType, Decimal, Decimal | None]:
        """The kind of its order, its limit and its trigger."""
        if self.order is EntryOrder.LIMIT:
            return OrderType.LIMIT, self.price, None
        worst = instrument.round_price(self.price * (ONE + rules.slippage))
        if self.order is EntryOrder.MARKET:
            return OrderType.IOC, worst, None
        return OrderType.STOP_MARKET, worst, self.price

    @property
    def tif(self) -> TimeInForce:
        """Post only, of a limit."""
        return TimeInForce.ALO if self.order is EntryOrder.LIMIT else TimeInForce.GTC


@dataclass(frozen=True, slots=True)
class Over:
    """An entry has come to its end with so much `bought`; `given_up` says in words why with no more, empty
    where it is complete."""

    bought: Decimal
    given_up: str = ""


def begun(
    rules: EntryRules,
    instrument: Instrument,
    size: Decimal,
    seen: Decimal,
    source: Source,
    price: Decimal | None,
) -> Entering:
    """An entry for `size` coins while the price is `seen`, at a `price` that was told, where one was. A stop
    that the price has passed already, or that has none, buys at the market."""
    order = rules.order
    if order is EntryOrder.STOP and (price is None or seen >= price):
        order = EntryOrder.MARKET
    match order:
        case EntryOrder.LIMIT:
            at = _beside(seen, 0, price, instrument)
        case EntryOrder.STOP:
            assert price is not None, "it would buy at the market"
            at = instrument.round_price(price)
        case EntryOrder.MARKET:
            at = instrument.round_price(seen)
    pinned = None if price is None or order is not EntryOrder.LIMIT else price
    return Entering(order, size, at, seen, source, pinned)


def at_price(entry: Entering, price: Decimal, rules: EntryRules, instrument: Instrument) -> Entering | Over:
    """The entry at another price; the same where nothing changes. Whatever was refused is tried again once
    with each price, and moves are bounded: after the last one it crosses, or is given up."""
    if entry.order is EntryOrder.STOP and price >= entry.price and (entry.refused or not entry.sent):
        return _at_market(entry, price, instrument)
    if entry.refused:
        return entry if price == entry.seen else _moved(entry, price, rules, instrument)
    if entry.order is EntryOrder.STOP or entry.pinned is not None:
        return entry
    away = price - entry.seen
    if entry.sent:
        runs_away = entry.order is EntryOrder.LIMIT and away >= FOLLOWS_BY * entry.seen
        return _moved(entry, price, rules, instrument) if runs_away else entry
    if abs(away) < FOLLOWS_BY * entry.seen:
        return entry
    return replace(entry, price=_place(entry, price, instrument), seen=price)  # nothing stands there yet


def sent(entry: Entering, client_id: str) -> Entering:
    """An order has been made for it."""
    return replace(entry, sent=client_id, recalled=False)


def unsent(entry: Entering) -> Entering:
    """There is no order of it: one goes out again."""
    return replace(entry, sent="", recalled=False)


def refused(entry: Entering) -> Entering:
    """The exchange has refused its order."""
    return replace(entry, refused=True, refusals=entry.refusals + 1)


def cancelled(entry: Entering) -> Entering | Over:
    """Its order has been cancelled. What one at the market leaves is not chased; one that was recalled goes
    out again as soon as it may. One that the exchange or another hand has taken away counts as refused, so
    that it is not placed again and again."""
    if entry.bought and entry.order is not EntryOrder.LIMIT:
        return Over(entry.bought)
    return unsent(entry) if entry.recalled else replace(entry, refused=True)


def filled(entry: Entering) -> Entering | Over:
    """Its order has been filled completely."""
    return unsent(entry) if entry.order is EntryOrder.LIMIT else Over(entry.bought)


def _moved(entry: Entering, price: Decimal, rules: EntryRules, instrument: Instrument) -> Entering | Over:
    if entry.moves < rules.reprices:
        at = _place(entry, price, instrument)
        return replace(entry, price=at, seen=price, sent="", refused=False, moves=entry.moves + 1)
    if entry.order is EntryOrder.LIMIT and rules.unfilled is Unfilled.CROSS:
        return replace(_at_market(entry, price, instrument), moves=0)
    tried = "moved" if entry.order is EntryOrder.LIMIT else "tried again"
    times = "once" if entry.moves == 1 else f"{entry.moves} times"
    return Over(entry.bought, f"the entry was {tried} {times} and is given up")


def _place(entry: Entering, price: Decimal, instrument: Instrument) -> Decimal:
    match entry.order:
        case EntryOrder.LIMIT:
            return _beside(price, entry.refusals, entry.pinned, instrument)
        case EntryOrder.STOP:
            return entry.price
        case EntryOrder.MARKET:
            return instrument.round_price(price)


def _at_market(entry: Entering, price: Decimal, instrument: Instrument) -> Entering:
    at = instrument.round_price(price)
    return replace(entry, order=EntryOrder.MARKET, price=at, seen=price, sent="", refused=False, pinned=None)


def _beside(price: Decimal, refusals: int, pinned: Decimal | None, instrument: Instrument) -> Decimal:
    """The highest price below the market for a buyer who does not take: at the price, and a tick lower with
    each refusal, since only the exchange knows its book of that moment."""
    at = instrument.round_price(price, ROUND_FLOOR)
    at -= refusals * instrument.tick(at)
    return at if pinned is None else min(at, instrument.round_price(pinned, ROUND_FLOOR))
