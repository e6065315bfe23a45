"""Making an account safe in one market without an engine: no buys, and stops for every coin held.

Nothing here knows a trade or a ladder; it looks at the venue, acts, and looks again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal

from hypertui.core.market import ONE, ZERO, Order, OrderType, Side, plain
from hypertui.exchange.protocol import (
    Exchange,
    OpenOrder,
    RateLimited,
    Refused,
    Rejected,
    Unknown,
    Unreachable,
)
from hypertui.execution.exposure import Exposure, look
from hypertui.runtime.clock_sync import ClockSync

_TRIES = 4
_PAUSE = 0.5
_EXPIRES_AFTER = 5_000
_PASSING = (Unknown, RateLimited, Unreachable)


class NotSafe(Exception):
    """What is left, and the way out, in one line."""


class Safety:
    """Acts on one market of an account. `say` is told, in words, what is done; `new_id` gives client ids.
    `seen` is what was there at the last look, None while the exchange has not said."""

    def __init__(
        self,
        exchange: Exchange,
        symbol: str,
        slippage: Decimal,
        clock: Callable[[], int],
        new_id: Callable[[], str],
        say: Callable[[str], None],
    ) -> None:
        self._exchange = exchange
        self._symbol = symbol
        self._slippage = slippage
        self._clock = clock
        self._new_id = new_id
        self._say = say
        self._clock_sync = ClockSync()
        self.seen: Exposure | None = None

    async def make_safe(self, distance: Decimal | None) -> str:
        """Cancel the buys, and cover what is bare by a stop `distance` USD below the mark price. Returns how
        it is then. Raises NotSafe, and an ExchangeError where the venue does not answer."""
        await self._read_clock()
        seen = await self._without_buys()
        if seen.position < 0:
            short = f"{plain(-seen.position)} {self._symbol}"
            raise NotSafe(f"the account is short of {short}: no stop-sell protects that, close it yourself")
        if seen.bare and not await self._is_dust(seen.bare):
            seen = await self._covered(seen, distance)
        if not seen.position:
            return "no position and no buys"
        stops = f"{len(seen.stops)} stops cover {plain(seen.covered)}"
        return f"no buys, and {stops} of {plain(seen.position)} {self._symbol}"

    async def flatten(self) -> str:
        """Cancel the buys, close the position reduce-only, long or short, and then cancel the rest of the own
        orders. Returns how it is then. Raises NotSafe, with the stops left live, and an ExchangeError."""
        await self._read_clock()
        seen = await self._without_buys()
        for _ in range(_TRIES):
            if not seen.position:
                break
            order = await self._close(seen.position)
            self._say(f"closes {plain(seen.position)} {self._symbol} at the market")
            with suppress(*_PASSING):  # whatever became of it, the next look tells
                await self._exchange.place([order], self._expiry())
            seen = await self._look()
        if seen.position:
            raise NotSafe(f"{plain(seen.position)} {self._symbol} could not be closed; {seen.in_words()}")
        await self._cancel([order.client_id for order in seen.orders if order.client_id is not None])
        seen = await self._look()
        if seen.orders or seen.position:
            raise NotSafe(f"not flat: {seen.in_words()}")
        return "position 0 and no orders"

    async def _look(self) -> Exposure:
        self.seen = None
        self.seen = await look(self._exchange, self._symbol)
        return self.seen

    async def _cancel(self, ids: Sequence[str]) -> None:
        if ids:
            try:
                await self._exchange.cancel(self._symbol, ids, self._expiry())
            except _PASSING as error:
                self._say(f"not sure: {error}")
                await asyncio.sleep(_PAUSE)

    async def _close(self, position: Decimal) -> Order:
        instrument = (await self._exchange.instruments())[self._symbol]
        mark = (await self._exchange.quote(self._symbol)).mark
        side = Side.SELL if position > 0 else Side.BUY
        limit = instrument.round_price(mark * (ONE + side.sign * self._slippage))
        size = abs(position)
        return Order(self._new_id(), self._symbol, side, size, OrderType.IOC, limit, reduce_only=True)

    async def _read_clock(self) -> None:
        asked_at = self._clock()
        account = await self._exchange.account_state(self._symbol)
        self._clock_sync.measure(asked_at, self._clock(), account.time)
        if self._clock_sync.too_far:
            raise NotSafe(f"nothing is sent: {self._clock_sync.in_words()}")

    def _expiry(self) -> int:
        return self._clock_sync.expiry(self._clock() + _EXPIRES_AFTER)

    async def _without_buys(self) -> Exposure:
        for _ in range(_TRIES):
            seen = await self._look()
            ids = [order.client_id for order in seen.buys if order.client_id is not None]
            if not ids:
                break
            self._say(f"cancels {_in_words(seen.buys)}")
            try:
                await self._cancel(ids)
            except Rejected as error:
                raise NotSafe(f"the exchange refuses to cancel {_in_words(seen.buys)}: {error}") from None
        if seen.buys:
            raise NotSafe(f"still live: {_in_words(seen.buys)}; cancel them at the exchange's own page")
        return seen

    async def _covered(self, seen: Exposure, distance: Decimal | None) -> Exposure:
        for _ in range(_TRIES):
            bare = f"{plain(seen.bare)} of {plain(seen.position)} {self._symbol}"
            if distance is None:
                raise NotSafe(
                    f"{bare} have no stop, and nothing here says where one belongs: say --stop-distance USD, "
                    "start the trade again, or close them"
                )
            order = await self._stop(seen.bare, distance)
            self._say(f"places a stop for {plain(order.size)} at {plain(order.trigger or ZERO)}")
            try:
                (answer,) = await self._exchange.place([order], self._expiry())
            except _PASSING as error:
                self._say(f"not sure: {error}")
                await asyncio.sleep(_PAUSE)
            except Rejected as error:
                raise NotSafe(f"{bare} have no stop: the exchange refuses it: {error}") from None
            else:
                if isinstance(answer, Refused):
                    raise NotSafe(f"{bare} have no stop: the exchange refuses it: {answer.text}")
            seen = await self._look()
            if not seen.bare:
                return seen
        raise NotSafe(f"{plain(seen.bare)} of {plain(seen.position)} {self._symbol} still have no stop")

    async def _is_dust(self, coins: Decimal) -> bool:
        """Whether it is a remainder for which the venue takes no order."""
        minimum = (await self._exchange.instruments())[self._symbol].min_order_value
        return coins * (await self._exchange.quote(self._symbol)).mark < minimum

    async def _stop(self, size: Decimal, distance: Decimal) -> Order:
        instrument = (await self._exchange.instruments())[self._symbol]
        mark = (await self._exchange.quote(self._symbol)).mark
        trigger = instrument.round_price(mark - distance)
        if not 0 < trigger < mark:
            raise NotSafe(f"a stop {plain(distance)} USD below {plain(mark)} would be at {plain(trigger)}")
        limit = instrument.round_price(trigger * (ONE - self._slippage))
        kind = OrderType.STOP_MARKET
        return Order(self._new_id(), self._symbol, Side.SELL, size, kind, limit, trigger, reduce_only=True)


def _in_words(orders: Sequence[OpenOrder]) -> str:
    each = [f"{plain(order.remaining)} at {plain(order.trigger or order.limit)}" for order in orders]
    return f"{len(orders)} buys ({', '.join(each)})"
