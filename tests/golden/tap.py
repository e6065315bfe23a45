"""The tap: an exchange that notes on a tape whatever it hands to the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from hypertui.core.market import Grouping, Order
from hypertui.exchange.protocol import Exchange, ExchangeError, FeedMessage, Placed
from hypertui.exchange.protocol.answers import AccountState
from tests.golden.codec import encoded
from tests.golden.names import Names
from tests.golden.tape import Tape

_T = TypeVar("_T")

# Nothing is decided by candles.
_NOT_NOTED = {"account", "allowance", "prepare", "close", "detach", "beat", "hang_up", "candles"}


class Tap:
    """Fulfils `Exchange` by `inner`. `time` gives the seconds since the tape began; `asked` counts the calls
    by name."""

    def __init__(self, inner: Exchange, tape: Tape, names: Names, time: Callable[[], float]) -> None:
        self.asked: Counter[str] = Counter()
        self._inner = inner
        self._tape = tape
        self._names = names
        self._time = time
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

    async def account_states(self, symbols: Collection[str]) -> Mapping[str, AccountState]:
        """The account as the one market sees it."""
        (symbol,) = symbols
        return {symbol: await self._noted("account_state", self._inner.account_state(symbol))}

    async def place(
        self, orders: Sequence[Order], expires_at: int, grouping: Grouping = Grouping.NONE
    ) -> Sequence[Placed]:
        """Give the orders their names, and place them."""
        self._names.give(orders)
        return await self._noted("place", self._inner.place(orders, expires_at, grouping))

    async def feed(self, symbol: str, deliver: Callable[[FeedMessage], None]) -> None:
        """Note each message before it is delivered."""

        def noted(message: FeedMessage) -> None:
            self._tape.note(self._time(), "feed", encoded(self._names.named(message)))
            deliver(message)

        await self._inner.feed(symbol, noted)

    async def _noted(self, name: str, call: Awaitable[_T]) -> _T:
        self.asked[name] += 1
        number = self.asked[name]
        try:
            answer = await call
        except ExchangeError as error:
            self._tape.note(self._time(), "answer", [name, number, encoded(error)])
            raise
        said = encoded(self._names.named(answer))
        self._note_allowance()
        self._tape.note(self._time(), "answer", [name, number, said])
        return answer

    def _note_allowance(self) -> None:
        allowance = encoded(self._inner.allowance)
        if allowance != self._allowance:
            self._allowance = allowance
            self._tape.note(self._time(), "allowance", allowance)
