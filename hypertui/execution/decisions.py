"""Why an order is made: its reason, its target price, and the words for an operator.

Decided with the order and recorded with it; see `Decision`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.core.market import REPAIR, OrderType, Reason, Source, SourceKind, plain
from hypertui.exchange.protocol import OrderState
from hypertui.execution.orders import Closing, Decision, OwnOrder
from hypertui.strategy.base import WantedOrder
from hypertui.strategy.exits.native import is_exit


def opening(source: Source, price: Decimal, text: str = "no trade was on") -> Decision:
    """The opening order, decided at `price`."""
    return Decision(Reason.ENTRY, source, price, text)


def exit_order(
    source: Source, want: WantedOrder, alive: Sequence[OwnOrder], last: OwnOrder | None, step: int | None
) -> Decision:
    """What protects or reduces. `alive` are the key's orders that work, the newest last, and `last` is the
    newest one ever made for these coins."""
    old = alive[-1] if alive else last
    if last is not None and last is not old and _stood_there(last, want) and last.filled == 0:
        old = last  # another one covers the coins, and the newest came to nothing
    reason, text = _exit_words(want, old)
    if _is_by_rule(want):
        reason = want.reason  # whatever it takes the place of: its fill says why the trade has ended
    replaces = None if old is None else old.client_id
    by = REPAIR if reason is Reason.REPAIR else source
    return Decision(reason, by, want.stands_at, text, replaces, step)


def _exit_words(want: WantedOrder, old: OwnOrder | None) -> tuple[Reason, str]:
    if old is None:
        return want.reason, want.why
    where = f"the {old.role.value} at {_place(old.level, old.order.stands_at)}"
    if old.altered:
        return Reason.REPAIR, f"{where} is live otherwise than it was sent"
    if old.dead:
        return _in_place_of_a_dead_one(want.reason, where, old)
    if _is_by_rule(want):
        return want.reason, want.why
    if not _stood_there(old, want):
        place = _place(want.level, want.stands_at)
        return want.reason, f"{where} follows the price to {place}"
    return want.reason, f"{where} covers {plain(old.remaining)}, {plain(want.size)} are held"


def _is_by_rule(want: WantedOrder) -> bool:
    """Whether a rule that ends the trade stands there."""
    by_rule = want.source is not None and want.source.kind is SourceKind.EXIT
    return by_rule or is_exit(want.key)


def _in_place_of_a_dead_one(reason: Reason, where: str, old: OwnOrder) -> tuple[Reason, str]:
    said = f": {old.note}" if old.note else ""
    if old.never_placed:
        return Reason.REPAIR, f"{where} never reached the exchange{said}"
    if old.ended is OrderState.REJECTED:
        return Reason.REPAIR, f"{where} was refused{said}"
    if old.remaining <= 0 and not old.whole:
        return reason, f"{where} is filled, and coins are left"
    if old.cancelling:
        return reason, f"{where} was cancelled here"
    return Reason.REPAIR, f"{where} was lost: the exchange cancelled it{said}"


def sale(
    source: Source, want: WantedOrder, mark: Decimal, last: OwnOrder | None, step: int | None
) -> Decision:
    """A sale at the market of coins whose stop the price has passed. It is meant to fill at that stop's
    price."""
    assert want.passed is not None, "it has been passed"
    price = want.passed.price
    text = f"the price {plain(mark)} has passed the {want.key.kind.value} at {plain(price)}, and none is live"
    replaces = None if last is None else last.client_id
    return Decision(want.reason, source, price, text, replaces, step)


def entry_order(source: Source, want: WantedOrder, mark: Decimal, step: int | None) -> Decision:
    """What opens a position; at the market it is meant to fill at the `mark` of then."""
    target = mark if want.type is OrderType.IOC else want.stands_at
    return Decision(want.reason, source, target, want.why, want.replaces, step)


def close(step: int | None, mark: Decimal, why: Closing) -> Decision:
    """A close of everything at the market, decided at `mark`."""
    return Decision(why.reason, why.source, mark, why.text, None, step)


def _stood_there(old: OwnOrder, want: WantedOrder) -> bool:
    if want.level is not None:
        return old.level == want.level
    return (old.order.trigger, old.order.limit) == (want.trigger, want.limit)


def _place(level: int | None, price: Decimal) -> str:
    return plain(price) if level is None else f"unit {level:+d}"
