"""The operator's exits as steps: cancel buys, sell out, cancel all, adopt, flatten.

Each is a step that is taken after every event for as long as it is wanted: it sends what is missing, and
says what it waits for. It is done only when the exchange has been seen to agree. Nothing is kept of an
attempt that failed, so a line that was down, or a process that was, makes no difference to what is done next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Protocol

from hypertui.core import phrases
from hypertui.core.market import Fill, Reason, Side
from hypertui.core.phrases import at_price, coins, counted
from hypertui.core.purpose import Purpose
from hypertui.core.trade_book import TradeBook
from hypertui.exchange.protocol import OpenOrder
from hypertui.execution.enquiry import Enquiry
from hypertui.execution.order_gateway import OrderGateway
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import Closing, OwnOrder, Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.recovery import adoption
from hypertui.execution.recovery.adoption import Adoption
from hypertui.execution.steering import Steering
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trading_state import Posture
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Severity

_COVERED_WITHIN = 6_000
_QUESTIONS = 3  # that brought no answer, before it goes on without
_PATIENCE = 2_000  # for an answer that others wait for
_UNEXPLAINED = 4  # answers whose fills do not make the position, before it goes on without
_LOOK_AGAIN = 500
_LIST_AGAIN = 1_000
_HOUR = 3_600_000
_PAID_WITHIN = 30_000  # after a full hour its funding is in the exchange's list
_FUNDING_PATIENCE = 3_000  # whoever leaves does not wait for much longer
_SELL_AGAIN = 500  # ms, doubled with each sale that left something
_SELL_DOUBLINGS = 3
# What waits for no falling price is sold so near (a fraction) to it at first, and for so long (ms).
_NEAR = Decimal("0.002")
_NEAR_FOR = 3_000
_UNHURRIED = (Reason.SOFT_STOP, Reason.SIGNAL_EXIT, Reason.TIME_STOP)


class FundingQuestions(Protocol):
    """What asks for funding. `funding_asked_at` is when it was asked last what has been answered."""

    funding_asked_at: int

    async def ask_funding(self) -> str: ...


class ExitedTrade(Protocol):
    """What a wind-down needs of the open trade."""

    context: TradeContext
    recorder: TradeRecorder
    tracker: OrderTracker
    steering: Steering
    gateway: OrderGateway
    adoption: Adoption

    @property
    def account_sync(self) -> FundingQuestions: ...

    @property
    def book(self) -> TradeBook: ...

    @property
    def began_at(self) -> int: ...

    def reconcile(self) -> None: ...

    def cancel(self, orders: Iterable[OwnOrder]) -> None: ...

    def close(self, size: Decimal, seen: SeenPrice, why: Closing) -> OwnOrder: ...


class NotDone(Exception):
    """A wind-down that could not be seen through; the text says what is left and what still works."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a way has come: `text` is the outcome if it is over, else what it waits for. `failed` where it
    cannot be done at all."""

    over: bool
    text: str
    failed: bool = False


class Winddown:
    """One way to its end, and why. Times are ms."""

    def __init__(self, trade: ExitedTrade, verb: Verb, why: Closing) -> None:
        context = trade.context
        self._trade = trade
        self._why = why
        self._way: Callable[[], Progress] = {
            Verb.CANCEL_BUYS: self._cancel_buys,
            Verb.SELL_OUT: self._sell_out,
            Verb.CANCEL_ALL: self._cancel_all,
            Verb.ADOPT: self._adopt,
            Verb.FLATTEN: self._flatten,
        }[verb]
        look = partial(adoption.look, context.exchange, context.config.symbol, trade.began_at)
        listing = partial(context.exchange.open_orders, context.config.symbol)
        asked = (context.queue, context.clock, context.backoff)
        self._looks: Enquiry[tuple[Sequence[Fill], Decimal]] = Enquiry(look, *asked)
        self._listings: Enquiry[Sequence[OpenOrder]] = Enquiry(listing, *asked)
        self._began: int | None = None  # when the first step was taken
        self._from = (
            context.clock()
        )  # what the exchange said before tells nothing of what has been done since
        self._booked = trade.tracker.fills_booked
        self._unexplained = 0
        self._taken = False
        self._sale: OwnOrder | None = None
        self._sales = 0
        self._sell_at = 0
        self._near_until = 0
        self._funding_from: int | None = None  # when it was asked for

    def step(self) -> Progress:
        """Send what is missing, and say how far it has come."""
        context = self._trade.context
        if context.clock_sync.too_far:
            return _waits(f"a clock that is right: nothing is sent, {context.clock_sync.in_words()}")
        if self._began is None:
            self._began = context.clock()
        return self._way()

    # The ways

    def _cancel_buys(self) -> Progress:
        if waits := self._rid_of(self._trade.tracker.buys, _is_buy, "buy"):
            return waits
        held = self._trade.book.position
        if self._trade.steering.state.posture is Posture.HANDS_OFF and not _covered(self._trade):
            text = f"no buys are live, and not all of {_coins(self._trade, held)} has a stop"
            return Progress(True, text, failed=True)
        if not _covered(self._trade):
            return _waits_for_stops(self._trade)
        if not held:
            return Progress(True, self._nothing_but_dust())
        stopped = self._trade.tracker.stopped
        whole = "" if stopped == held else f" of {_coins(self._trade, held)}"
        return Progress(True, f"no buys, and live stops for {_coins(self._trade, stopped)}{whole}")

    def _nothing_but_dust(self) -> str:
        left = self._trade.book.held
        if left <= 0:
            return "no position and no buys"
        return f"no buys, and {_coins(self._trade, left)} held, too little for an order"

    def _sell_out(self) -> Progress:
        if waits := self._rid_of(self._trade.tracker.buys, _is_buy, "buy"):
            return waits
        held = _coins(self._trade, self._trade.book.held)
        if not _covered(self._trade):
            return _waits_for_stops(self._trade)
        return Progress(True, f"no buys, and stops that follow the price for {held}")

    def _cancel_all(self) -> Progress:
        if waits := self._rid_of(lambda: self._trade.tracker.alive, _is_any, "order"):
            return waits
        held = self._trade.book.held
        if held:
            text = f"{_coins(self._trade, held)} is unprotected: all orders were cancelled"
            self._trade.context.alarms.sound("unprotected", Severity.CRITICAL, text)
        return Progress(True, "no orders are live at the exchange")

    def _adopt(self) -> Progress:
        """Take the exchange's position as the slots' coins, and protect them. Fails when its fills do not
        explain that position, or when it is short."""
        trade = self._trade
        if not self._taken:
            look = self._looks.since(self._from)
            if look is None:
                failed = self._looks.failures >= _QUESTIONS
                return Progress(failed, f"the exchange did not answer: {self._looks.trouble}", failed)
            problem = self._take(look)
            if problem:
                failed = self._unexplained >= _UNEXPLAINED
                return Progress(failed, problem, failed)
            self._taken, self._from = True, trade.context.clock()
            for key in ("position", "foreign"):
                trade.context.alarms.clear(key)
        held = trade.book.held
        if held < 0:
            text = f"the account is short of {_coins(trade, -held)}, which nothing here can hold: flatten"
            return Progress(True, text, failed=True)
        if trade.steering.state.posture is Posture.PROTECT and not _covered(trade):
            late = trade.context.clock() > self._from + _COVERED_WITHIN
            text = f"{_coins(trade, held)} is booked, but not all of it has a stop yet"
            return Progress(late, text, failed=late)
        return Progress(True, f"{_coins(trade, held)} in {trade.tracker.strategy.in_words()}")

    def _flatten(self) -> Progress:
        """Cancel the buys, close the position reduce-only, see it at 0, cancel the stops."""
        trade, now = self._trade, self._trade.context.clock()
        buys = trade.tracker.buys()
        trade.cancel(buys)
        assert self._began is not None, "this is a step"
        if buys and now < self._began + trade.context.config.timing.confirm_after:
            return _waits(f"{counted(len(buys), 'buy')} to be cancelled")
        if self._sale is not None and not self._sale.dead:
            answer = "" if self._sale.acknowledged or now < self._sell_at else "an answer to "
            return _waits(f"{answer}the sale of {_coins(trade, self._sale.remaining)}")
        held = self._held()
        if held is None:
            return _waits("the position to be known")
        # While nothing is being sold, what a buy brings or a stop has lost is covered as always.
        trade.steering.set_posture(Posture.PROTECT if held else Posture.HANDS_OFF)
        if held:
            return self._sell(held)
        if waits := self._rid_of(lambda: trade.tracker.alive, _is_any, "order"):
            return _waits(f"flat; {waits.text}")
        if self._awaits_funding(now):
            return _waits("flat; the funding of the last hour")
        for key in ("unprotected", "position", "foreign"):
            trade.context.alarms.clear(key)
        text = "position 0 and no orders"
        if trade.book.held:
            text += f", though the books still hold {_coins(trade, trade.book.held)}: "
            text += "the exchange does not tell of every fill"
        return Progress(True, text)

    # What they are made of

    def _rid_of(
        self, which: Callable[[], Iterable[OwnOrder]], kind: Callable[[OpenOrder], bool], name: str
    ) -> Progress | None:
        """Cancel them; None as soon as the exchange has been seen without."""
        trade = self._trade
        trade.cancel(which())
        left = sum(1 for _ in which())
        if left:
            self._look_again()
            return _waits(f"{counted(left, name)} to be cancelled")
        listing = self._listings.since(self._from)
        if listing is None:
            return _waits("the exchange's list of orders")
        left = sum(1 for order in listing if kind(order) and trade.context.ids.owns(order.client_id))
        if left:  # nobody remembers them; a comparison cancels what it finds
            trade.reconcile()
            self._look_again(_LIST_AGAIN)
            return _waits(f"{counted(left, name)} still listed")
        return None

    def _awaits_funding(self, now: int) -> bool:
        """Whether what was paid at the last full hour is being asked for: it is asked for once a minute, and
        what is found out after the end is in nobody's books."""
        trade, sync = self._trade, self._trade.account_sync
        there = trade.context.clock_sync.at_venue
        hour = there(now) // _HOUR * _HOUR
        if max(there(sync.funding_asked_at) - _PAID_WITHIN, there(trade.began_at)) >= hour:
            return False
        if self._funding_from is None:
            self._funding_from = now
            trade.context.queue.spawn(sync.ask_funding())
        is_known = sync.funding_asked_at >= self._funding_from
        return not is_known and now < self._funding_from + _FUNDING_PATIENCE

    def _look_again(self, pause: int = 0) -> None:
        """What the exchange said until now does not count any more, nor what it says in the next `pause`
        ms."""
        self._from = self._trade.context.clock() + pause

    def _held(self) -> Decimal | None:
        """The position that the exchange has said since anything was last done, its fills booked where they
        explain it; that of the own books where it cannot be asked. None while the answer is awaited."""
        book, booked = self._trade.book, self._trade.tracker.fills_booked
        foreign = self._trade.context.alarms.since("foreign")  # somebody else has traded here
        if booked != self._booked or (foreign is not None and foreign >= self._from):
            self._booked = booked
            self._look_again()
        look = self._looks.since(self._from)
        if look is None:
            # Reduce-only: no more is sold than is there.
            in_vain = (
                self._looks.failures >= _QUESTIONS or self._trade.context.clock() >= self._from + _PATIENCE
            )
            return book.position if in_vain and book.position > 0 else None
        if look[1] != book.held and self._unexplained < _UNEXPLAINED and self._take(look):
            return None
        if book.corrected:
            # Dust was believed before its fills were known: their rows are due before the end.
            self._trade.adoption.take(*look)
        self._booked = self._trade.tracker.fills_booked
        return look[1]

    def _take(self, look: tuple[Sequence[Fill], Decimal]) -> str:
        """Book the fills that nothing here explains; returns what is in the way."""
        problem = self._trade.adoption.take(*look)
        if problem:
            # A stop may have fired between the two questions: its fill is on its way.
            self._unexplained += 1
            self._look_again(_LOOK_AGAIN)
        return problem

    def _sell(self, held: Decimal) -> Progress:
        trade, seen, now = self._trade, self._trade.recorder.seen, self._trade.context.clock()
        if seen is None:
            return _waits("a price")
        last = self._sale
        refused = last is not None and not last.filled and now < last.since + _SELL_AGAIN
        if refused or now < self._sell_at or not trade.context.budget.allows(Purpose.PROTECT):
            return _waits(f"the sale of {_coins(trade, held)}")
        trade.steering.set_posture(Posture.HANDS_OFF)
        if self._sales == 0:
            self._near_until = now + _NEAR_FOR if self._why.reason in _UNHURRIED else now
        why = replace(self._why, within=_NEAR) if now < self._near_until else self._why
        self._sale = trade.close(held, seen, why)
        self._sell_at = now + _SELL_AGAIN * 2 ** min(self._sales, _SELL_DOUBLINGS)
        self._sales += 1
        self._look_again()
        return _waits(f"the sale of {_coins(trade, held)}")


def what_works(trade: ExitedTrade) -> str:
    """The orders that are not proven dead, in words: what protects, what may still buy, and what else
    sells."""
    orders = sorted(trade.tracker.alive, key=lambda order: order.order.stands_at)
    stops = [_order_in_words(trade, order) for order in orders if order.role is Role.STOP]
    buys = [_order_in_words(trade, order) for order in orders if order.role is Role.BUY]
    others = [_order_in_words(trade, order) for order in orders if order.role not in (Role.STOP, Role.BUY)]
    said = f"{_coins(trade, trade.book.held)} held, stops: {', '.join(stops) or 'none'}"
    said += f", buys: {', '.join(buys) or 'none'}"
    return f"{said}, others: {', '.join(others)}" if others else said


def what_is_left(trade: ExitedTrade) -> str:
    """What an engine that leaves every order live leaves behind, in words."""
    held = _coins(trade, trade.book.held)
    said = f"{counted(sum(1 for _ in trade.tracker.alive), 'order')} live and {held}"
    buys = len(trade.tracker.buys())
    return f"{said}; UNATTENDED: {phrases.unattended(buys)}" if buys else said


def _waits(text: str) -> Progress:
    return Progress(False, text)


def _is_buy(order: OpenOrder) -> bool:
    return order.side is Side.BUY


def _is_any(order: OpenOrder) -> bool:
    return True


def _order_in_words(trade: ExitedTrade, order: OwnOrder) -> str:
    size = "all" if order.whole else coins(order.remaining, trade.tracker.strategy.instrument)
    at = at_price(order.order.stands_at)
    return f"{size} at {at}{' (not proven)' if order.unproven else ''}"


def _coins(trade: ExitedTrade, size: Decimal) -> str:
    return f"{coins(size, trade.tracker.strategy.instrument)} {trade.context.config.symbol}"


def _covered(trade: ExitedTrade) -> bool:
    """Whether all coins that can have a stop have a working one, and nothing is on its way."""
    return trade.tracker.quiet and trade.tracker.stopped == trade.tracker.strategy.protectable


def _waits_for_stops(trade: ExitedTrade) -> Progress:
    held = trade.book.position
    return _waits(f"stops for all of {_coins(trade, held)}" if held else "orders that are not answered for")
