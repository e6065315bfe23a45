"""The operator's ways to make a trade safer: cancel the buys, sell out, cancel everything, adopt, flatten.

Each one works on a trader whose order manager has been told to keep its hands off what is being undone, and
is done only when the venue has been seen to agree.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Protocol, TypeVar

from hypertui.exchange import ExchangeError, OpenOrder
from hypertui.execution import adoption
from hypertui.execution.adoption import Adoption
from hypertui.execution.courier import Courier
from hypertui.execution.desk import Desk
from hypertui.execution.order_manager import Action, OrderManager, Place, Posture
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import OwnOrder, Role
from hypertui.execution.words import at_price, coins, counted
from hypertui.market import ZERO, Side
from hypertui.port import Mode, Severity, Verb

_PATIENCE = 6.0
_CLOSE_TRIES = 3
_QUESTION_TRIES = 3
_QUESTION_PAUSE = 0.5
_ADOPT_TRIES = 4

T = TypeVar("T")


class Trade(Protocol):
    """What a wind-down needs of the open trade."""

    desk: Desk
    tracker: OrderTracker
    manager: OrderManager
    courier: Courier
    adoption: Adoption

    @property
    def began_at(self) -> int: ...

    def send(self, action: Action) -> None: ...

    def sell_out(self, reason: str) -> None: ...


class NotDone(Exception):
    """A wind-down that could not be seen through; the text says what is left and what still works."""


async def cancel_buys(trade: Trade, reason: str) -> str:
    """Cancel the buys and keep the stops; the trade is paused with it. Raises NotDone."""
    if trade.manager.posture is Posture.TRADE:
        trade.manager.posture = Posture.PROTECT
    trade.desk.set_mode(Mode.PAUSED, reason)
    await _cancel(trade, trade.tracker.buys, "buy")
    left = [order for order in await _working(trade) if order.side is Side.BUY]
    if left:
        raise NotDone(f"{counted(len(left), 'buy')} still working at the venue; the stops work on")
    position = trade.tracker.ladder.position
    if trade.manager.posture is Posture.PROTECT:
        if not await trade.desk.inbox.run_until(lambda: _covered(trade), _PATIENCE):
            raise NotDone(f"no buys work, but not all of {_coins(trade, position)} has a stop yet")
    elif not _covered(trade):
        raise NotDone(f"no buys work, and not all of {_coins(trade, position)} has a stop")
    position = trade.tracker.ladder.position
    if not position:
        return "no position and no buys"
    return f"no buys, and stops working for {_coins(trade, position)}"


async def sell_out(trade: Trade, reason: str) -> str:
    """Buy nothing any more, for good, and let the stops follow the price until all is sold. Raises NotDone
    when a buy still works or a coin has no stop; the trade goes on selling out all the same."""
    trade.sell_out(reason)
    await _cancel(trade, trade.tracker.buys, "buy")
    left = [order for order in await _working(trade) if order.side is Side.BUY]
    if left:
        raise NotDone(f"{counted(len(left), 'buy')} still working at the venue; the stops work on")
    covered = await trade.desk.inbox.run_until(lambda: _covered(trade), _PATIENCE)
    held = _coins(trade, trade.tracker.ladder.position)
    if not covered:
        raise NotDone(f"no buys work, but not all of {held} has a stop yet")
    return f"no buys, and stops that follow the price for {held}"


async def leave(trade: Trade) -> str:
    """Leave every order working, once nothing is on its way any more. Raises NotDone."""
    if trade.manager.posture is Posture.TRADE:
        trade.manager.posture = Posture.PROTECT
    if not await trade.desk.inbox.run_until(lambda: trade.tracker.quiet, _PATIENCE):
        raise NotDone("not every order has been answered for")
    held = _coins(trade, trade.tracker.ladder.position)
    return f"{counted(len(list(trade.tracker.alive)), 'order')} working and {held}"


async def cancel_all(trade: Trade, reason: str) -> str:
    """Cancel every order; the trade is paused with it and holds its coins unprotected. Raises NotDone."""
    trade.manager.posture = Posture.HANDS_OFF
    trade.desk.set_mode(Mode.PAUSED, reason)
    await _cancel(trade, lambda: trade.tracker.alive, "order")
    left = await _working(trade)
    if left:
        raise NotDone(f"{counted(len(left), 'order')} still working at the venue")
    position = trade.tracker.ladder.position
    if position:
        text = f"{_coins(trade, position)} is unprotected: all orders were cancelled"
        trade.desk.alarms.sound("unprotected", Severity.CRITICAL, text)
    return "no orders work at the venue"


async def adopt(trade: Trade, reason: str) -> str:
    """Take the venue's position as the slots' coins, and protect them; the trade is paused with it. Raises
    NotDone when its fills do not explain that position, or when it is short."""
    if trade.manager.posture is Posture.TRADE:
        trade.manager.posture = Posture.PROTECT
    trade.desk.set_mode(Mode.PAUSED, reason)
    await _take_over(trade)
    ladder = trade.tracker.ladder
    if ladder.held < 0:
        raise NotDone(
            f"the account is short of {_coins(trade, -ladder.held)}, which no slot can hold: flatten"
        )
    for key in ("position", "foreign"):
        trade.desk.alarms.clear(key)
    covered = await trade.desk.inbox.run_until(lambda: _covered(trade), _PATIENCE)
    if not covered and trade.manager.posture is Posture.PROTECT:
        raise NotDone(f"{_coins(trade, ladder.held)} is booked, but not all of it has a stop yet")
    return f"{_coins(trade, ladder.held)} in {counted(ladder.long_slots, 'slot')}"


async def flatten(trade: Trade, reason: str) -> str:
    """Cancel the buys, close the position reduce-only, verify 0, cancel the stops, halt.

    Raises NotDone, with the stops working on, when the position could not be closed.
    """
    done = await close_out(trade, reason)
    trade.desk.set_mode(Mode.HALTED, reason)
    return done


async def close_out(trade: Trade, reason: str) -> str:
    """Do what flatten does, and leave it to the caller what the engine is then. Raises NotDone."""
    trade.manager.posture = Posture.PROTECT
    trade.desk.set_mode(Mode.PAUSED, f"flattening: {reason}")
    await _cancel(trade, trade.tracker.buys, "buy")
    with suppress(NotDone):  # what cannot be explained can still be closed
        await _take_over(trade)
    trade.manager.posture = Posture.HANDS_OFF
    try:
        await _close_position(trade, reason)
    except NotDone:
        trade.manager.posture = Posture.PROTECT
        raise
    await _cancel(trade, lambda: trade.tracker.alive, "order")
    left = await _working(trade)
    if left:
        raise NotDone(f"the position is closed, but {counted(len(left), 'order')} still working")
    for key in ("unprotected", "position", "foreign"):
        trade.desk.alarms.clear(key)
    return "position 0 and no orders"


WAYS: dict[Verb, Callable[[Trade, str], Awaitable[str]]] = {
    Verb.CANCEL_BUYS: cancel_buys,
    Verb.SELL_OUT: sell_out,
    Verb.CANCEL_ALL: cancel_all,
    Verb.ADOPT: adopt,
    Verb.FLATTEN: flatten,
}


def what_works(trade: Trade) -> str:
    """The orders that are not proven dead, in words: what protects, and what may still buy."""
    orders = sorted(trade.tracker.alive, key=lambda order: order.unit)
    stops = [_order_in_words(trade, order) for order in orders if order.order.reduce_only]
    buys = [_order_in_words(trade, order) for order in orders if not order.order.reduce_only]
    held = f"{_coins(trade, trade.tracker.ladder.position)} held"
    return f"{held}, stops: {', '.join(stops) or 'none'}, buys: {', '.join(buys) or 'none'}"


def _order_in_words(trade: Trade, order: OwnOrder) -> str:
    size = coins(order.remaining, trade.tracker.ladder.plan.instrument)
    at = at_price(order.order.trigger or order.order.limit)
    return f"{size} at {at}{' (not proven)' if order.unproven else ''}"


def _coins(trade: Trade, size: Decimal) -> str:
    return f"{coins(size, trade.tracker.ladder.plan.instrument)} {trade.desk.config.symbol}"


async def _take_over(trade: Trade) -> None:
    problem = ""
    look = partial(adoption.look, trade.desk.exchange, trade.desk.config.symbol, trade.began_at)
    for _ in range(_ADOPT_TRIES):
        fills, position = await _asked(trade, look)
        problem = trade.adoption.take(fills, position)
        if not problem:
            return
        # A stop may have fired between the two questions: its fill is on its way.
        await trade.desk.inbox.run_until(lambda: False, _QUESTION_PAUSE)
    raise NotDone(problem)


async def _close_position(trade: Trade, reason: str) -> None:
    for _ in range(_CLOSE_TRIES):
        try:
            held = await _position(trade)
        except NotDone:
            held = trade.tracker.ladder.position  # reduce-only: no more is sold than is there
            if held <= 0:
                break
        if held == 0:
            # Sales of the stops may still be on their way to the books.
            if await trade.desk.inbox.run_until(lambda: trade.tracker.ladder.position == 0, _PATIENCE):
                return
            raise NotDone(f"the venue holds 0 {trade.desk.config.symbol}, but not every sale is booked")
        mark = trade.tracker.mark
        if mark is None:
            break
        if trade.desk.skew.too_far:
            raise NotDone(f"{_coins(trade, held)} is not closed: {_clock(trade)}; the stops work on")
        sale = trade.manager.close(held, mark, trade.desk.clock(), reason)
        trade.send(Place((sale,)))
        await trade.desk.inbox.run_until(partial(_is_dead, sale), _PATIENCE)
    held = await _position(trade, patient=True)
    if held:
        raise NotDone(f"{_coins(trade, held)} could not be closed; the stops work on")


def _covered(trade: Trade) -> bool:
    """Whether the coins of every slot have a working stop, and nothing is on its way."""
    stops = [order for order in trade.tracker.alive if order.role is Role.STOP and order.acknowledged]
    stopped = sum((stop.remaining for stop in stops), ZERO)
    held = sum((slot.coins for slot in trade.tracker.ladder.slots), ZERO)
    return trade.tracker.quiet and stopped == held


def _is_dead(order: OwnOrder) -> bool:
    return order.dead


async def _cancel(trade: Trade, which: Callable[[], Iterable[OwnOrder]], name: str) -> None:
    def gone() -> bool:
        now = trade.desk.clock()
        if not trade.courier.busy:
            for action in trade.manager.cancel(which(), now):
                trade.send(action)
        return not any(True for _ in which())

    skew = trade.desk.skew
    await trade.desk.inbox.run_until(lambda: gone() or skew.too_far, _PATIENCE)
    left, held = list(which()), _coins(trade, trade.tracker.ladder.position)
    if left:
        why = f": {_clock(trade)}" if skew.too_far else f" within {_PATIENCE:.0f} s"
        raise NotDone(f"{counted(len(left), name)} could not be cancelled{why}; {held} is held")


def _clock(trade: Trade) -> str:
    return f"nothing is sent, {trade.desk.skew.in_words()}"


async def _working(trade: Trade) -> Sequence[OpenOrder]:
    symbol = trade.desk.config.symbol
    return await _asked(trade, lambda: trade.desk.exchange.open_orders(symbol), patient=True)


async def _position(trade: Trade, patient: bool = False) -> Decimal:
    symbol = trade.desk.config.symbol
    return (await _asked(trade, lambda: trade.desk.exchange.account_state(symbol), patient)).position


async def _asked(trade: Trade, question: Callable[[], Coroutine[None, None, T]], patient: bool = False) -> T:
    """The venue's answer, with the trade going on meanwhile; asked again while it does not come, after the
    pauses that the venue asks for if `patient`."""
    failures, pause = 0, _QUESTION_PAUSE
    while True:
        try:
            return await trade.desk.inbox.meanwhile(question())
        except ExchangeError as error:
            failures += 1
            if failures == _QUESTION_TRIES:
                raise NotDone(f"the venue did not answer: {error}") from error
            if patient:
                pause = trade.desk.backoff.after(error, failures, _QUESTION_PAUSE)
        await trade.desk.inbox.run_until(lambda: False, pause)
