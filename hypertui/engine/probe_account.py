"""The account of a probe: places tiny orders in one market that is free of others, and leaves nothing there.

Whatever it has sent it can name, so that even what was never answered is found and taken away again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ONE, ZERO, Fill, Instrument, Order, OrderType, Side, plain
from hypertui.core.phrases import counted
from hypertui.exchange.protocol import (
    Exchange,
    OrderReport,
    Placed,
    RateLimited,
    Refused,
    Rejected,
    Unknown,
    Unreachable,
)
from hypertui.runtime.clock_sync import ClockSync

# An order of so many USD at a price well below the market is above the minimum order value.
_VALUE = Decimal(12)
_FREE = Decimal(50)
_EXPIRES_AFTER = 5_000
_PASSING = (Unknown, RateLimited, Unreachable)
_CLOSING_SLIPPAGE = Decimal("0.05")


class NotProbed(Exception):
    """The account is not fit for a probe, and nothing was placed; the text is one line."""


class LeftBehind(Exception):
    """What a probe has placed, or brought about, and could not take away; the text is one line."""


@dataclass(frozen=True, slots=True)
class ProbeMarket:
    """The market as it stands: its rules, its mark in USD, and a size in coins that is small and allowed."""

    instrument: Instrument
    mark: Decimal
    size: Decimal

    def price(self, share: str) -> Decimal:
        """The mark times `share`, as a price that the exchange takes."""
        return self.instrument.round_price(self.mark * Decimal(share))


class ProbeAccount:
    """`clock` is in ms, `new_id` gives client ids; `patience` is how many seconds what has been sent may take
    to become known, and `pause` how many pass between two looks."""

    def __init__(
        self,
        exchange: Exchange,
        symbol: str,
        clock: Callable[[], int],
        new_id: Callable[[], str],
        patience: float,
        pause: float,
    ) -> None:
        self.symbol = symbol
        self._exchange = exchange
        self._clock = clock
        self._new_id = new_id
        self._patience = patience
        self._pause = pause
        self._clock_sync = ClockSync()
        self._ids: set[str] = set()
        self._sent: dict[str, int] = {}  # those not proven to be over: when each expires by our clock (ms)
        self._began = 0

    async def begin(self) -> None:
        """Make sure that the market is free, and that there is money for a tiny position. Raises NotProbed,
        and an ExchangeError."""
        await self._exchange.open()
        asked_at = self._clock()
        state = await self._exchange.account_state(self.symbol)
        self._clock_sync.measure(asked_at, self._clock(), state.time)
        if self._clock_sync.too_far:
            raise NotProbed(f"nothing is sent: {self._clock_sync.in_words()}")
        if self.symbol not in await self._exchange.instruments():
            raise NotProbed(f"the exchange has no market {self.symbol}")
        orders = await self._exchange.open_orders(self.symbol)
        if state.position or orders:
            held = f"{plain(state.position)} {self.symbol} and {counted(len(orders), 'live order')}"
            raise NotProbed(f"the account has {held}: probe in a market where it has nothing (--symbol)")
        free = await self._exchange.available(self.symbol)
        if free < _FREE:
            raise NotProbed(f"{plain(free)} USD are free, a probe wants {plain(_FREE)}")
        self._began = self._clock()

    async def market(self) -> ProbeMarket:
        """The market now. Raises an ExchangeError."""
        instrument = (await self._exchange.instruments())[self.symbol]
        mark = (await self._exchange.quote(self.symbol)).mark
        size = instrument.floor_size(_VALUE / (mark * Decimal("0.8"))) + instrument.lot
        return ProbeMarket(instrument, mark, size)

    def order(
        self,
        side: Side,
        size: Decimal,
        kind: OrderType,
        limit: Decimal,
        trigger: Decimal | None = None,
        *,
        reduce_only: bool = False,
    ) -> Order:
        """An order under a client id of its own."""
        return Order(self._new_id(), self.symbol, side, size, kind, limit, trigger, reduce_only)

    async def place(self, order: Order) -> Placed | None:
        """Place it; None where no answer came and it may be there. Raises Rejected, RateLimited and
        Unreachable: then it is not."""
        expires_at = self._clock() + _EXPIRES_AFTER
        self._ids.add(order.client_id)
        self._sent[order.client_id] = expires_at
        try:
            (answer,) = await self._exchange.place([order], self._clock_sync.expiry(expires_at))
        except Unknown:
            return None
        except (Rejected, RateLimited, Unreachable):
            del self._sent[order.client_id]
            raise
        if isinstance(answer, Refused):
            del self._sent[order.client_id]
        return answer

    async def report(self, order: Order) -> OrderReport | None:
        """What the exchange says of an order. Raises an ExchangeError."""
        return await self._exchange.order_report(order.client_id)

    async def ended(self, order: Order) -> OrderReport | None:
        """The same once the order has ended, or when the patience is over."""
        report = await self.report(order)
        until = self._clock() + int(self._patience * 1000)
        while (report is None or not report.state.ended) and self._clock() < until:
            await asyncio.sleep(self._pause)
            report = await self.report(order)
        return report

    async def fills(self, order: Order) -> list[Fill]:
        """What has been traded under an order. Raises an ExchangeError."""
        return [fill for fill in await self._own_fills() if fill.client_id == order.client_id]

    async def position(self) -> Decimal:
        """The coins held; negative when short. Raises an ExchangeError."""
        return (await self._exchange.account_state(self.symbol)).position

    async def take_away(self, order: Order) -> None:
        """Cancel an order, however long that takes. Raises LeftBehind."""
        await self._until_done(lambda: self._cancelled({order.client_id}))

    async def leave_nothing(self) -> str:
        """Cancel whatever is left of what was sent, close what it has bought or sold, and make sure of both.
        Returns what that cost, in words. Raises LeftBehind."""
        await self._until_done(self._gone)
        fills = await self._own_fills()
        spent = sum((fill.value * fill.side.sign + fill.fee for fill in fills), ZERO)
        return f"{counted(len(fills), 'fill')} cost {plain(round(spent, 2))} USD with fees"

    async def _own_fills(self) -> list[Fill]:
        since = self._clock_sync.at_venue(self._began) - 1_000
        return [f for f in await self._exchange.fills_since(self.symbol, since) if f.client_id in self._ids]

    async def _gone(self) -> str:
        left = await self._cancelled(set(self._sent))
        if await self.position():
            await self._close()
        held, orders = await self.position(), await self._exchange.open_orders(self.symbol)
        if held or orders:
            return f"{plain(held)} {self.symbol} held, {counted(len(orders), 'live order')}"
        return left

    async def _cancelled(self, client_ids: set[str]) -> str:
        """Cancel those that may work; returns what is not proven to be gone, in words."""
        alive = []
        for client_id in sorted(client_ids):
            asked_at = self._clock()
            report = await self._exchange.order_report(client_id)
            never = report is None and asked_at > self._sent.get(client_id, 0)
            if never or (report is not None and report.state.ended):
                self._sent.pop(client_id, None)
            else:
                alive.append(client_id)
        if not alive:
            return ""
        await self._exchange.cancel(self.symbol, alive, self._expiry())
        return f"{counted(len(alive), 'order')} not proven to be cancelled"

    async def _close(self) -> None:
        """Close what the probe itself has bought or sold: nobody else's coins."""
        net = sum((fill.size * fill.side.sign for fill in await self._own_fills()), ZERO)
        if not net:
            return
        market = await self.market()
        side = Side.SELL if net > 0 else Side.BUY
        limit = market.instrument.round_price(market.mark * (ONE + side.sign * _CLOSING_SLIPPAGE))
        await self.place(self.order(side, abs(net), OrderType.IOC, limit, reduce_only=True))

    def _expiry(self) -> int:
        return self._clock_sync.expiry(self._clock() + _EXPIRES_AFTER)

    async def _until_done(self, step: Callable[[], Awaitable[str]]) -> None:
        """Repeat until it says that nothing is left. Raises LeftBehind with its last words."""
        until = self._clock() + int(self._patience * 1000) + _EXPIRES_AFTER
        while True:
            try:
                left = await step()
            except Rejected as error:
                left = f"refused: {error}"
            except _PASSING as error:
                left = f"not known: {error}"
            if not left:
                return
            if self._clock() > until:
                raise LeftBehind(f"{self.symbol}: {left}")
            await asyncio.sleep(self._pause)
