"""Whether what comes in can be so. It is looked at before it becomes an input: what cannot be is dropped,
with an alarm, and never written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypertui.core.market import Fill, Side, plain
from hypertui.core.phrases import at_price
from hypertui.exchange.protocol import Exchange, ExchangeError, Quote
from hypertui.execution.orders import OwnOrder
from hypertui.port.snapshot import Severity
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.event_queue import EventQueue

_TOO_FAR = 10  # a price that is so many times the last one, or a part of it, is asked for again
_AGREES = 2  # and believed if the answer is no further from it than this
_PAUSE = 5_000  # ms between two questions


def fault_of(fill: Fill, order: OwnOrder) -> str:
    """Why this cannot be a fill of that order, in words; empty where it can."""
    fault = fault_beside(fill, order.order.side)
    if fault:
        return fault
    if fill.size > order.remaining and not order.altered:
        return f"{plain(fill.size)} of an order with {plain(order.remaining)} left"
    if start_of(fill) in order.starts:
        return f"the {fill.side.value} of {plain(fill.size)} is booked under another trade id already"
    return ""


def fault_beside(fill: Fill, side: Side, others: Iterable[Fill] = ()) -> str:
    """The same for what has no order here: of `side`, beside `others` of the same order."""
    if fill.size <= 0:
        return f"its size is {plain(fill.size)}"
    if fill.price <= 0:
        return f"its price is {plain(fill.price)}"
    if fill.side is not side:
        return f"a {fill.side.value} of an order to {side.value}"
    starts = {start_of(other) for other in others if other.key != fill.key} - {None}
    if start_of(fill) in starts:
        return f"the {fill.side.value} of {plain(fill.size)} is there under another trade id already"
    return ""


def start_of(fill: Fill) -> tuple[Decimal, Decimal, Decimal] | None:
    """What two fills of one order never have in common: each begins where the one before it ended. None where
    the venue does not say."""
    return None if fill.start_position is None else (fill.start_position, fill.size, fill.price)


class FillCheck:
    """Lets fills in, those of one trade: `find` knows its orders, `entry` are the fills that it was opened
    with. `compare` is called for each that is turned away, once: something may be missing then."""

    def __init__(
        self,
        find: Callable[[str | None], OwnOrder | None],
        entry: Sequence[Fill],
        alarms: Alarms,
        compare: Callable[[], None],
    ) -> None:
        self._find = find
        self._entry = entry
        self._entered_by = {fill.client_id for fill in entry} - {None}
        self._alarms = alarms
        self._compare = compare
        self._dropped: set[tuple[int, int, int]] = set()

    def admits(self, fill: Fill) -> bool:
        """Whether it can be; if not, that is said."""
        fault = self._fault(fill)
        if not fault:
            return True
        text = f"a fill told by the exchange cannot be so, and is not booked: {fault}"
        self._alarms.sound("implausible", Severity.WARNING, text)
        if fill.key not in self._dropped:
            self._dropped.add(fill.key)
            self._compare()
        return False

    def _fault(self, fill: Fill) -> str:
        order = self._find(fill.client_id)
        if order is not None:
            return fault_of(fill, order)
        if fill.client_id in self._entered_by:
            return fault_beside(fill, Side.BUY, self._entry)
        return fault_beside(fill, fill.side)


@dataclass(frozen=True, slots=True)
class PriceConfirmed:
    """The answer to a question about a doubtful price."""

    doubtful: Quote
    answer: Quote


class PriceCheck:
    """Lets prices in. One that is ten times the last, or a tenth of it, is asked for by another way before it
    is believed; until then there is none. `take` gets what may be believed."""

    def __init__(
        self,
        exchange: Exchange,
        symbol: str,
        queue: EventQueue[Any],
        alarms: Alarms,
        clock: Callable[[], int],
        take: Callable[[Quote], None],
    ) -> None:
        self.last: Decimal | None = None  # the mark that was believed last
        self._exchange = exchange
        self._symbol = symbol
        self._queue = queue
        self._alarms = alarms
        self._clock = clock
        self._take = take
        self._asked_at: int | None = None

    def on_quote(self, quote: Quote) -> None:
        """A price has come by the feed."""
        last = self.last
        if last is None or _near(quote, last, _TOO_FAR):
            self._believe(quote)
            return
        now = self._clock()
        if self._asked_at is None or now - self._asked_at >= _PAUSE:
            self._asked_at = now
            text = f"a mark of {_words(quote)} after {at_price(last)} is not believed before it is asked for"
            self._alarms.sound("price", Severity.WARNING, text)
            self._queue.spawn(self._ask(quote))

    async def _ask(self, doubtful: Quote) -> None:
        try:
            answer = await self._exchange.quote(self._symbol)
        except ExchangeError:
            return  # the next one of its kind asks again
        self._queue.post(PriceConfirmed(doubtful, answer))

    def take(self, confirmed: PriceConfirmed) -> None:
        """What was asked about a doubtful price has been answered."""
        doubtful, answer = confirmed.doubtful, confirmed.answer
        last = self.last
        if last is None or _near(answer, last, _TOO_FAR):
            self._believe(answer)
            text = (
                f"a mark of {_words(doubtful)} came by the feed, the exchange says {_words(answer)}: dropped"
            )
            self._alarms.sound("price", Severity.WARNING, text)
        elif _near(answer, doubtful.mark, _AGREES):
            self._believe(answer)

    def _believe(self, quote: Quote) -> None:
        self.last = quote.mark
        self._alarms.clear("price")
        self._take(quote)


def _near(quote: Quote, price: Decimal, times: int) -> bool:
    prices = [each for each in (quote.mark, quote.mid, quote.last) if each is not None]
    return all(price < each * times and each < price * times for each in prices)


def _words(quote: Quote) -> str:
    others = [
        f"{name} {at_price(price)}" for name, price in (("mid", quote.mid), ("last", quote.last)) if price
    ]
    return at_price(quote.mark) + (f" ({', '.join(others)})" if others else "")
