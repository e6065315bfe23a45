"""The exchange of a tape: it answers what was answered then, at the time at which it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from hypertui.exchange import Allowance, ExchangeError, FeedMessage, Placed, Unreachable
from hypertui.market import Order
from tests.golden.codec import decoded
from tests.golden.tape import Row


class Ids:
    """The client ids of this run's own orders, by the names that a tape gives them."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self.names: dict[str, str] = {}

    def give(self, orders: Sequence[Order]) -> None:
        """These are placed now, in this order."""
        for order in orders:
            if order.client_id not in self.names:
                name = f"#{len(self.names) + 1}"
                self.names[order.client_id], self._ids[name] = name, order.client_id

    def in_place_of_names(self, value: Any) -> Any:
        """`value` with ids instead of names, however deep they stand."""
        if isinstance(value, tuple):
            return tuple(self.in_place_of_names(each) for each in value)
        if isinstance(value, dict):
            return {key: self.in_place_of_names(each) for key, each in value.items()}
        if not is_dataclass(value) or isinstance(value, type):
            return value
        changes: dict[str, Any] = {}
        for each in fields(value):
            inner = getattr(value, each.name)
            if each.name == "client_id" and inner is not None:
                changes[each.name] = self._ids.get(inner, inner)
            elif isinstance(inner, tuple):
                changes[each.name] = self.in_place_of_names(inner)
        return replace(value, **changes) if changes else value


class TapeExchange:
    """Fulfils `Exchange` for one process. `decided` is told of each action. A question that was not asked
    then is counted in `strays`, and fails as one that reached nobody."""

    def __init__(
        self,
        account: str,
        rows: Sequence[Row],
        ids: Ids,
        clock: Callable[[], int],
        decided: Callable[[str, tuple[Any, ...], Mapping[str, Any]], None],
    ) -> None:
        self.account = account
        self.strays: list[str] = []
        self._ids = ids
        self._clock = clock
        self._decided = decided
        self._feed = [row for row in rows if row.kind == "feed"]
        self._answers = {(row.data[0], row.data[1]): row for row in rows if row.kind == "answer"}
        self._allowances = [row for row in rows if row.kind == "allowance"]
        self._calls: dict[str, int] = {}

    @property
    def allowance(self) -> Allowance:
        """The newest one on the tape."""
        known = [row for row in self._allowances if row.at <= self._clock()]
        found = decoded((known or self._allowances)[-1 if known else 0].data)
        assert isinstance(found, Allowance)
        return found

    def prepare(self, orders: Sequence[Order], expires_at: int) -> None:
        """Nothing is signed."""

    async def close(self) -> None:
        """Nothing is open."""

    async def place(self, orders: Sequence[Order], expires_at: int) -> Sequence[Placed]:
        """The answer of then."""
        self._ids.give(orders)
        self._decided("place", tuple(orders), {})
        answer = await self._answer("place")
        assert isinstance(answer, tuple)
        return answer

    async def feed(self, symbol: str, deliver: Callable[[FeedMessage], None]) -> None:
        """Deliver what the feed said, when it did."""
        for row in self._feed:
            await self._until(row.at)
            deliver(self._ids.in_place_of_names(decoded(row.data)))
        await asyncio.get_running_loop().create_future()

    def __getattr__(self, name: str) -> Any:
        """Every other call, by its name and number."""

        async def asked(*args: Any, **more: Any) -> Any:
            if name in ("cancel", "set_leverage"):
                self._decided(name, args, more)
            return await self._answer(name)

        return asked

    async def _answer(self, name: str) -> Any:
        number = self._calls[name] = self._calls.get(name, 0) + 1
        row = self._answers.get((name, number))
        if row is None:
            self.strays.append(f"{name} {number}")
            raise Unreachable("not on the tape")
        await self._until(row.at)
        said = decoded(row.data[2])
        if isinstance(said, ExchangeError):
            raise said
        return self._ids.in_place_of_names(said)

    async def _until(self, at: int) -> None:
        await asyncio.sleep(max(0, at - self._clock()) / 1000)
