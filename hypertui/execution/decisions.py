"""Why an order is made: its reason, its target price, and the words for an operator.

Decided with the order and recorded with it; see `Decision`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.core.market import LADDER, REPAIR, Reason, Side, Source, plain
from hypertui.exchange.protocol import OrderState
from hypertui.execution.orders import Decision, OwnOrder
from hypertui.strategy.ladder.ladder import Ladder, Slot


def entry(price: Decimal, text: str = "no trade was on") -> Decision:
    """The opening order, decided at `price`."""
    return Decision(Reason.ENTRY, LADDER, price, text)


def stop(ladder: Ladder, slot: Slot, unit: int, alive: Sequence[OwnOrder], last: OwnOrder | None) -> Decision:
    """A stop for a slot's coins at `unit`. `alive` are the slot's stops that work, the newest last, and
    `last` is the newest one ever made for these coins."""
    old = alive[-1] if alive else last
    if last is not None and last is not old and last.unit == unit and last.filled == 0:
        old = last  # another one covers the coins, and the newest came to nothing
    reason, text = _stop_words(slot, unit, old)
    replaces = None if old is None else old.client_id
    source = REPAIR if reason is Reason.REPAIR else LADDER
    return Decision(reason, source, ladder.grid.price(unit), text, replaces, ladder.steps)


def _stop_words(slot: Slot, unit: int, old: OwnOrder | None) -> tuple[Reason, str]:
    if old is None:
        return Reason.LADDER_STOP, f"the first stop of {plain(slot.coins)} coins"
    where = f"the stop at unit {old.unit:+d}"
    if old.altered:
        return Reason.REPAIR, f"{where} works otherwise than it was sent"
    if old.dead:
        return _in_place_of_a_dead_one(where, old)
    if old.unit != unit:
        return Reason.LADDER_STOP, f"{where} follows the price to unit {unit:+d}"
    return Reason.LADDER_STOP, f"{where} covers {plain(old.remaining)}, the slot holds {plain(slot.coins)}"


def _in_place_of_a_dead_one(where: str, old: OwnOrder) -> tuple[Reason, str]:
    said = f": {old.note}" if old.note else ""
    if old.never_placed:
        return Reason.REPAIR, f"{where} never reached the venue{said}"
    if old.ended is OrderState.REJECTED:
        return Reason.REPAIR, f"{where} was refused{said}"
    if old.remaining <= 0:
        return Reason.LADDER_STOP, f"{where} is filled, and coins are left"
    if old.cancelling:
        return Reason.LADDER_STOP, f"{where} was cancelled here"
    return Reason.REPAIR, f"{where} was lost: the venue cancelled it{said}"


def sale(ladder: Ladder, unit: int, mark: Decimal, last: OwnOrder | None) -> Decision:
    """A sale at the market of coins whose stop at `unit` the price has passed. It is meant to fill at that
    stop's price."""
    price = ladder.grid.price(unit)
    text = f"the price {plain(mark)} has passed the stop at {plain(price)}, and none works"
    replaces = None if last is None else last.client_id
    return Decision(Reason.LADDER_STOP, LADDER, price, text, replaces, ladder.steps)


def buy(ladder: Ladder, unit: int) -> Decision:
    """A buy that a cash slot wants at `unit`."""
    text, replaces = f"unit {unit:+d} is armed: {ladder.long_slots} slots are long", None
    before = [order for order in ladder.position_map.orders(unit) if order.side is Side.BUY]
    if before and not before[-1].fills:
        text += f"; the buy before it is {before[-1].status}"
        replaces = before[-1].client_id
    return Decision(Reason.LADDER_BUY, LADDER, ladder.grid.price(unit), text, replaces, ladder.steps)


def close(ladder: Ladder, mark: Decimal, text: str, source: Source) -> Decision:
    """A close of everything at the market, decided at `mark`."""
    return Decision(Reason.MANUAL, source, mark, text, None, ladder.steps)
