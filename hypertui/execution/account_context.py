"""What the trades of one account share: its line to the exchange, the exchange's clock, its throttling, and
what is asked about the account as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from hypertui.core.market import ONE, ZERO
from hypertui.core.transfers import amount_of
from hypertui.exchange.protocol import AccountState, Exchange, Transfer
from hypertui.execution.arrivals import AccountRead
from hypertui.execution.preflight.recent_hours import RecentHours
from hypertui.execution.trade_config import TradeConfig
from hypertui.risk.equity import CapitalFlow, EquityReading, EquityWatch
from hypertui.risk.hodl import HodlVerdict
from hypertui.risk.memory import Rearm
from hypertui.runtime.accumulating import Reserve
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.lead import Lead
from hypertui.runtime.request_budget import Throttle


class AccountReader(Protocol):
    """A trade that wants to know of its account."""

    @property
    def symbol(self) -> str: ...

    @property
    def fills_booked(self) -> int: ...

    def read(self, account: AccountRead, *, asked: bool) -> None:
        """The account has been read; `asked` says whether this trade has asked, or another one."""


def flows_of(transfers: Sequence[Transfer], account: str, *, pooled: bool) -> list[CapitalFlow]:
    """What transfers have brought into the margin of `account`, which is `pooled` with its spot wallet or
    not. One that is not understood counts as if it were none: what it moved is a gain or a loss."""
    told = [(moved.time, amount_of(moved.kind, moved.delta, account, pooled=pooled)) for moved in transfers]
    return [CapitalFlow(at, usd or ZERO) for at, usd in told]


def first_reserve(config: TradeConfig) -> Reserve | None:
    """The margin that a trade's first entry asks for, as many times as its guard of the balance wants; None
    while its size is not known."""
    size = config.strategy.position_size
    return Reserve(size / config.leverage * (config.guards.balance or ONE)) if size else None


class AccountContext:
    """One account at one venue."""

    def __init__(self, exchange: Exchange, rearms: Sequence[Rearm] = ()) -> None:
        self.exchange = exchange
        self.rearms = tuple(rearms)  # that the start was told, until the first of its trades begins
        self.clock_sync = ClockSync()
        self.throttle = Throttle()
        self.equity = EquityWatch()
        self.pooled = False  # whether its collateral is its spot wallet's too
        self.hours = RecentHours(exchange)
        self.hodl: tuple[HodlVerdict, ...] = ()  # the coins that nothing sells, as they stood last
        self.hodl_lead = Lead()
        self.accumulation_lead = Lead()
        self.reserves: dict[str, Reserve | None] = {}  # by market, of the trades that judge their guards
        self.showing = asyncio.Lock()  # who asks what only the screens would like to know
        self.trades: Mapping[str, TradeConfig] = {}  # by their names: those that run, or are to
        self._readers: dict[str, AccountReader] = {}  # by their markets

    def join(self, reader: AccountReader) -> None:
        """Have this trade told whatever is read of the account; one that traded its market before is not any
        more."""
        self._readers[reader.symbol] = reader

    def reserve(self) -> Reserve | None:
        """What has to stay of its margin for its trades; None while that is not known. A trade that has not
        begun to judge its guards may ask for its first entry."""
        total = Reserve(ZERO)
        for config in self.trades.values():
            of_it = self.reserves.get(config.symbol, first_reserve(config))
            if of_it is None:
                return None
            total = total.beside(of_it)
        return total

    def read_equity(self, own: AccountState, now: int) -> None:
        """Take the equity of an answer that came `now` (ms), unless it is put together from what does not
        belong together: the next one is five seconds away."""
        self.pooled = own.pooled
        if own.whole:
            self.equity.read(EquityReading(own.time, own.equity, now))

    async def ask(self, symbol: str, clock: Callable[[], int]) -> None:
        """Read the account once, and tell all trades as each market sees it. `clock` gives ms. Raises an
        ExchangeError where that of `symbol` cannot be read: it concerns whoever asks."""
        asked_at = clock()
        booked = [(reader, reader.fills_booked) for reader in self._readers.values()]
        states = await self.exchange.account_states(self._readers.keys() | {symbol})
        if symbol not in states:
            states = {**states, symbol: await self.exchange.account_state(symbol)}
        own, now = states[symbol], clock()
        self.clock_sync.measure(asked_at, now, own.time)
        self.read_equity(own, now)
        for reader, fills in booked:
            if (state := states.get(reader.symbol)) is not None:
                reader.read(AccountRead(state, asked_at, fills), asked=reader.symbol == symbol)
