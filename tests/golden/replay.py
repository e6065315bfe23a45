"""The exchange of a tape: it answers what was answered then, at the time at which it was."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from hypertui.core.candles import Candle
from hypertui.core.market import Grouping, Order, OrderType
from hypertui.exchange.protocol import Allowance, ExchangeError, FeedMessage, Placed, Unreachable
from hypertui.exchange.protocol.answers import AccountState
from tests.golden.codec import decoded
from tests.golden.names import Names
from tests.golden.tape import Row
from tests.simulation.door import Boundary, Door

_WITHOUT_REQUEST = ("open", "signer")


class TapeExchange:
    """Fulfils `Exchange` for one process behind its door. `decided` is told of each action in words.
    Questions that were not asked then are counted in `strays`, and fail as if they had reached nobody."""

    def __init__(
        self,
        account: str,
        rows: Sequence[Row],
        names: Names,
        door: Door,
        decided: Callable[[str], None],
    ) -> None:
        self.account = account
        self.strays: Counter[str] = Counter()
        self._names = names
        self._door = door
        self._decided = decided
        self._feed = [row for row in rows if row.kind == "feed"]
        self._answers = {(row.data[0], row.data[1]): row for row in rows if row.kind == "answer"}
        allowances = [row for row in rows if row.kind == "allowance"]
        self._allowed_at = [row.at for row in allowances]
        self._allowed: list[Allowance] = [decoded(row.data) for row in allowances]
        self._asked: Counter[str] = sum(
            (Counter(row.data["asked"]) for row in rows if row.kind == "end"), Counter()
        )
        self._calls: Counter[str] = Counter()

    @property
    def allowance(self) -> Allowance:
        """The newest one on the tape."""
        known = bisect_right(self._allowed_at, asyncio.get_running_loop().time())
        return self._allowed[max(0, known - 1)]

    def prepare(self, orders: Sequence[Order], expires_at: int, grouping: Grouping = Grouping.NONE) -> None:
        """Nothing is signed."""

    async def candles(self, *_: object) -> Sequence[Candle]:
        """None are on a tape: nothing is decided by them."""
        return ()

    async def funding_since(self, *_: object) -> Any:
        """The answer of then; after the last one nothing was paid."""
        if self._calls["funding_since"] >= self._asked["funding_since"]:
            return ()
        return await self._answer("funding_since")

    def detach(self) -> None:
        """Nothing is heard of anyway."""

    async def close(self) -> None:
        """Nothing is open."""

    async def place(
        self, orders: Sequence[Order], expires_at: int, grouping: Grouping = Grouping.NONE
    ) -> Sequence[Placed]:
        """The answer of then."""
        if not self._door.shut:
            self._names.give(orders)
            for order in orders:
                group = "" if grouping is Grouping.NONE else f" {grouping.value}"
                self._decided(f"place{group} {self._names.name(order.client_id)} {_words(order)}")
        answer = await self._answer("place")
        assert isinstance(answer, tuple)
        return answer

    async def cancel(self, symbol: str, client_ids: Sequence[str], expires_at: int) -> Any:
        """The answer of then."""
        if not self._door.shut:
            self._decided(f"cancel {' '.join(map(self._names.name, client_ids))}")
        return await self._answer("cancel")

    async def set_leverage(
        self, symbol: str, leverage: int, expires_at: int, *, isolated: bool = False
    ) -> Any:
        """The answer of then."""
        if not self._door.shut:
            self._decided(f"leverage {leverage}{' isolated' if isolated else ''}")
        return await self._answer("set_leverage")

    async def feed(self, symbol: str, deliver: Callable[[FeedMessage], None]) -> None:
        """Deliver what the feed said, when it did."""
        for row in self._feed:
            await until(row.at)
            if self._door.shut:
                break
            deliver(self._names.identified(decoded(row.data)))
        await self._door.never()

    async def account_states(self, symbols: Collection[str]) -> Mapping[str, AccountState]:
        """Of the one market on the tape."""
        (symbol,) = symbols
        return {symbol: await self._answer("account_state")}

    def __getattr__(self, name: str) -> Any:
        """Every question, by its name and number."""

        async def asked(*args: Any, **more: Any) -> Any:
            return await self._answer(name)

        return asked

    async def _answer(self, name: str) -> Any:
        if self._door.shut:
            await self._door.never()
        self._calls[name] += 1
        number = self._calls[name]
        if name not in _WITHOUT_REQUEST:
            self._door.passes(Boundary.SENT)
        row = self._answers.get((name, number))
        if row is None and (self._door.shut or number <= self._asked[name]):
            await self._door.never()  # as it was then, to the end
        if row is None:
            self.strays[name] += 1
            raise Unreachable("not on the tape")
        await until(row.at)
        if self._door.shut:
            await self._door.never()
        said = decoded(row.data[2])
        if isinstance(said, ExchangeError):
            raise said
        return self._names.identified(said)


def _words(order: Order) -> str:
    reduces = ", reduce only" if order.reduce_only else ""
    trigger = "" if order.trigger is None else f" trigger {order.trigger}"
    kind = order.tif.value if order.type is OrderType.LIMIT else order.type.value
    return f"{order.side.value} {order.size} {kind}{trigger} limit {order.limit}{reduces}"


async def until(at: float) -> None:
    """Wait for a tape's time (seconds), not at all for one that has passed."""
    pause = at - asyncio.get_running_loop().time()
    if pause > 0:
        await asyncio.sleep(pause)
