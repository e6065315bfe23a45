"""The start of a trade: what has to be so before it, and the opening order."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from hypertui.exchange import (
    Exchange,
    ExchangeError,
    Filled,
    OpenOrder,
    OrderState,
    Placed,
    Quote,
    Refused,
    Unknown,
)
from hypertui.execution import rebuild
from hypertui.execution.inbox import Inbox
from hypertui.execution.order_tracker import Timing
from hypertui.execution.orders import ClientIds
from hypertui.execution.rebuild import Remains
from hypertui.execution.skew import ClockSkew
from hypertui.market import ZERO, Fill, Order, plain
from hypertui.strategy.plan import Plan

_FILLS_PATIENCE = 2.0
_INSIST_PAUSE = 0.5
_FILLS_MARGIN_MS = 60_000


T = TypeVar("T")


class StartRefused(Exception):
    """A trade that cannot begin; the text is one line for the operator, `status` the exit status."""

    def __init__(self, text: str, status: int = 2) -> None:
        super().__init__(text)
        self.status = status


class Entry:
    """Checks the ground and buys the position."""

    def __init__(
        self,
        exchange: Exchange,
        plan: Plan,
        ids: ClientIds,
        timing: Timing,
        clock: Callable[[], int],
        skew: ClockSkew,
    ) -> None:
        self._exchange = exchange
        self._plan = plan
        self._timing = timing
        self._clock = clock
        self._skew = skew
        self._ids = ids
        self._fills: dict[tuple[int, int, int], Fill] = {}

    async def check(self) -> Remains | None:
        """Refuse what cannot work. Returns what remains of a trade that this account has on already, if it
        can be taken up without a guess. Raises PlanError or StartRefused; places nothing."""
        symbol = self._plan.instrument.symbol
        self._plan.check()
        asked_at = self._clock()
        account = await self._exchange.account_state(symbol)
        self._skew.measure(asked_at, self._clock(), account.time)
        if self._skew.too_far:
            raise StartRefused(f"{self._skew.in_words()}: set it right first")
        orders = await self._exchange.open_orders(symbol)
        if account.position or orders:
            return await self._remains(account.position, orders)
        quote = await self._exchange.quote(symbol)
        price = quote.mid or quote.mark
        self._plan.check_at(price)
        margin = self._plan.entry_size(price) * price / self._plan.leverage
        if margin > account.withdrawable:
            raise StartRefused(
                f"a position of {plain(self._plan.position_size)} USD at {self._plan.leverage}x needs "
                f"{margin:.2f} USD of margin, the account has {account.withdrawable:.2f} USD free"
            )
        return None

    async def _remains(self, position: Decimal, orders: Sequence[OpenOrder]) -> Remains:
        symbol, account = self._plan.instrument.symbol, self._exchange.account
        why = "no journal of it is here"
        if any(order.client_id for order in orders):
            try:
                return rebuild.read(self._plan, orders, await self._exchange.fills_since(symbol, 0), position)
            except rebuild.Ambiguous as error:
                why = f"{why}, and it cannot be rebuilt: {error}"
        if position:
            raise StartRefused(
                f"the account {account} holds {plain(position)} {symbol} already; a trade starts from 0: "
                f"close that position first ({why})"
            )
        raise StartRefused(
            f"the account {account} has {len(orders)} working orders in {symbol} already; a trade starts "
            f"from 0: cancel them first ({why})"
        )

    async def enter(
        self, inbox: Inbox, newest: Callable[[], Quote], record: Callable[[Order, int, Decimal], None]
    ) -> Sequence[Fill]:
        """Set the leverage and buy at the `newest` price; returns the fills. `record` takes the order, its
        expiry (ms) and the price it was decided at before it is sent. Raises StartRefused when nothing was
        bought, and an ExchangeError only while nothing can have been."""
        symbol = self._plan.instrument.symbol
        expiry = self._skew.at_venue(self._expiry())
        await inbox.meanwhile(self._exchange.set_leverage(symbol, self._plan.leverage, expiry))
        quote = newest()
        price = quote.mid or quote.mark
        order, expires_at = self._plan.entry(self._ids.entry(), price), self._expiry()
        record(order, expires_at, price)
        bought = await self._bought(order, expires_at, inbox)
        if bought == 0:
            raise StartRefused("the entry found no seller within its limit; nothing was bought", status=3)
        return await self._all_fills(bought, symbol, expires_at, inbox)

    async def found(self, order: Order, expires_at: int, inbox: Inbox) -> Sequence[Fill]:
        """The fills of an entry that was recorded before a restart; none if it never took effect."""
        bought = await self._find_out(order, expires_at, inbox)
        return await self._all_fills(bought, order.symbol, expires_at, inbox) if bought else ()

    async def _all_fills(self, bought: Decimal, symbol: str, expires_at: int, inbox: Inbox) -> Sequence[Fill]:
        since = expires_at - self._timing.expires_after - _FILLS_MARGIN_MS
        await inbox.run_until(lambda: self._booked >= bought, _FILLS_PATIENCE)
        while self._booked < bought:
            for fill in await _insist(partial(self._exchange.fills_since, symbol, since), inbox):
                self.takes(fill)
            await inbox.run_until(lambda: self._booked >= bought, _FILLS_PATIENCE)
        return sorted(self._fills.values(), key=lambda fill: fill.key)

    def takes(self, fill: Fill) -> bool:
        """Take a fill if it is the entry's."""
        if fill.client_id != self._ids.entry():
            return False
        self._fills[fill.key] = fill
        return True

    @property
    def _booked(self) -> Decimal:
        return sum((fill.size for fill in self._fills.values()), ZERO)

    def _expiry(self) -> int:
        return self._clock() + self._timing.expires_after

    async def _bought(self, order: Order, expires_at: int, inbox: Inbox) -> Decimal:
        answer: Placed
        try:
            (answer,) = await self._exchange.place([order], self._skew.at_venue(expires_at))
        except Unknown:
            return await self._find_out(order, expires_at, inbox)
        if isinstance(answer, Filled):
            return answer.size
        if isinstance(answer, Refused):
            raise StartRefused(f"the venue refused the entry: {answer.text}")
        return ZERO

    async def _find_out(self, order: Order, expires_at: int, inbox: Inbox) -> Decimal:
        """An entry without an answer is never sent again: it is asked for until it is known or expired."""
        while True:
            asked_at = self._clock()
            report = await _insist(lambda: self._exchange.order_report(order.client_id), inbox)
            if report is not None and report.state.ended:
                since = asked_at - self._timing.expires_after - _FILLS_MARGIN_MS
                fills = await _insist(partial(self._exchange.fills_since, order.symbol, since), inbox)
                for fill in fills:
                    self.takes(fill)
                filled = report.state is OrderState.FILLED
                return self._booked or (order.size if filled else ZERO)
            if report is None and asked_at > expires_at:
                return ZERO
            await inbox.run_until(lambda: False, self._timing.confirm_after / 1000)


async def _insist(question: Callable[[], Coroutine[Any, Any, T]], inbox: Inbox) -> T:
    """The answer, however long it takes: coins may be held that nothing protects yet, so this is no time to
    give up."""
    while True:
        try:
            return await question()
        except ExchangeError:
            await inbox.run_until(lambda: False, _INSIST_PAUSE)
