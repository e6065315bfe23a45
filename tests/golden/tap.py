"""The tap: an exchange that notes on a tape whatever it hands to the engine.

Own orders are named by the order in which they were placed, `#1` and so on, since their client ids are the
engine's own affair. Everything else stands on the tape as it came.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from hypertui.exchange import Exchange, ExchangeError, FeedMessage, Placed
from hypertui.market import Order
from tests.golden.codec import encoded
from tests.golden.tape import Tape

_T = TypeVar("_T")

_NOT_NOTED = {"account", "allowance", "prepare", "close", "detach", "beat", "hang_up"}


class Names:
    """Own orders by the order in which they were placed, whoever of the engine's processes did it."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def give(self, orders: Sequence[Order]) -> None:
        """These are placed now."""
        for order in orders:
            self._names.setdefault(order.client_id, f"#{len(self._names) + 1}")

    def of(self, client_id: str) -> str:
        """The name of an order; its id where it is nobody's that is known."""
        return self._names.get(client_id, client_id)

    def in_place_of_ids(self, value: Any) -> Any:
        """`value` with names instead of the ids of own orders, however deep they stand."""
        if isinstance(value, tuple | list):
            return tuple(self.in_place_of_ids(each) for each in value)
        if isinstance(value, Mapping):
            return {key: self.in_place_of_ids(each) for key, each in value.items()}
        if not is_dataclass(value) or isinstance(value, type):
            return value
        changes: dict[str, Any] = {}
        for each in fields(value):
            inner = getattr(value, each.name)
            if each.name == "client_id" and inner is not None:
                changes[each.name] = self.of(inner)
            elif isinstance(inner, tuple | list):
                changes[each.name] = self.in_place_of_ids(inner)
        return replace(value, **changes) if changes else value


class Tap:
    """Fulfils `Exchange` by `inner`. `clock` gives ms since the tape began."""

    def __init__(self, inner: Exchange, tape: Tape, names: Names, clock: Callable[[], int]) -> None:
        self._inner = inner
        self._tape = tape
        self._names = names
        self._clock = clock
        self._calls: dict[str, int] = {}
        self._allowance: object = None
        self._note_allowance()

    def __getattr__(self, name: str) -> Any:
        """What needs no note, and questions, each of which is answered on the tape by its name and number."""
        inner = getattr(self._inner, name)
        if name in _NOT_NOTED:
            return inner

        async def asked(*args: Any, **more: Any) -> Any:
            return await self._noted(name, inner(*args, **more))

        return asked

    async def place(self, orders: Sequence[Order], expires_at: int) -> Sequence[Placed]:
        """Give the orders their names, and place them."""
        self._names.give(orders)
        return await self._noted("place", self._inner.place(orders, expires_at))

    async def feed(self, symbol: str, deliver: Callable[[FeedMessage], None]) -> None:
        """Note each message before it is delivered."""

        def noted(message: FeedMessage) -> None:
            self._tape.note(self._clock(), "feed", encoded(self._names.in_place_of_ids(message)))
            deliver(message)

        await self._inner.feed(symbol, noted)

    async def _noted(self, name: str, call: Awaitable[_T]) -> _T:
        number = self._calls[name] = self._calls.get(name, 0) + 1
        try:
            answer = await call
        except ExchangeError as error:
            self._tape.note(self._clock(), "answer", [name, number, encoded(error)])
            raise
        said = encoded(self._names.in_place_of_ids(answer))
        self._tape.note(self._clock(), "answer", [name, number, said])
        self._note_allowance()
        return answer

    def _note_allowance(self) -> None:
        allowance = encoded(self._inner.allowance)
        if allowance != self._allowance:
            self._allowance = allowance
            self._tape.note(self._clock(), "allowance", allowance)
