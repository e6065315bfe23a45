"""Facts for the preflight: the questions asked before a new trade. Places nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal

from hypertui.core.market import Instrument
from hypertui.exchange.protocol import AccountState, Exchange, OpenOrder, Pooling
from hypertui.execution import symbols
from hypertui.execution.account_context import AccountContext, flows_of
from hypertui.execution.entry import StartRefused
from hypertui.execution.preflight.margin import Ground, entry_price, price_of
from hypertui.execution.preflight.recent_hours import ToldHours
from hypertui.execution.recovery import from_exchange
from hypertui.execution.recovery.from_exchange import Remains
from hypertui.execution.trade_config import TradeConfig
from hypertui.risk.memory import NOTHING_REMEMBERED, GuardMemory
from hypertui.strategy.plans import NotRebuilt, PlanError, StrategyPlan


async def market(exchange: Exchange, symbol: str) -> Instrument:
    """The market of that name. Raises StartRefused where the exchange has none, and an ExchangeError."""
    if why := symbols.not_perpetual(symbol):
        raise StartRefused(why)
    instruments = await exchange.instruments()
    if symbol in instruments:
        return instruments[symbol]
    if await exchange.is_delisted(symbol):
        raise StartRefused(f"{symbol} is delisted: the exchange trades it no more")
    raise StartRefused(
        f"symbol {symbol} is not among the exchange's markets{symbols.hint(symbol, instruments)}"
    )


class Survey:
    """Looks at one market of one account, and at what its other trades are going to need. `clock` gives ms,
    `disk_free` bytes; `memory` is what the guards of the account's trades before have written down."""

    def __init__(
        self,
        account: AccountContext,
        config: TradeConfig,
        instrument: Instrument,
        clock: Callable[[], int],
        journal: str = "",
        disk_free: Callable[[], int] | None = None,
        memory: GuardMemory = NOTHING_REMEMBERED,
    ) -> None:
        account.equity.bring_back(memory)
        self._memory = memory
        self._account = account
        self._exchange = account.exchange
        self._config = config
        self._instrument = instrument
        self._clock = clock
        self._clock_sync = account.clock_sync
        self._journal = journal
        self._disk_free = disk_free

    async def look(self, adopt: bool | None, goes_on: str = "") -> Ground:
        """What a new trade would begin on; what remains of one that this account has on already is among it,
        if it can be taken up without a guess. Raises an ExchangeError."""
        exchange, symbol = self._exchange, self._instrument.symbol
        quote = await exchange.quote(symbol)  # first: what came with the markets is still good
        standing = await exchange.standing()
        # Where spot and perpetuals share their collateral, only the exchange knows what else hangs on it.
        shared = standing.pooling is not Pooling.APART
        available = await exchange.available(symbol) if shared and not goes_on else None
        orders = await exchange.open_orders(symbol)
        hours = None if goes_on else await self._hours(self._config, self._clock())
        # Last, so that what is decided about a position rests on the newest word.
        asked_at = self._clock()
        account, beside = await self._states(symbol, standing.taker_fee)
        now = self._clock()
        self._clock_sync.measure(asked_at, now, account.time)
        self._account.read_equity(account, now)
        if self._memory != NOTHING_REMEMBERED and not goes_on:
            await self._count_transfers()
        remains: Remains | None = None
        why = ""
        if (account.position or orders) and not goes_on:
            why = "no journal of it is here"
            if any(order.client_id for order in orders):
                try:
                    remains = await self._remains(account.position, orders)
                except NotRebuilt as error:
                    why = f"{why}, and it cannot be rebuilt: {error}"
        config = self._config
        entry = entry_price(adopt, quote, account, orders)
        # By the exchange's clock as the account has just shown it.
        atr = None if hours is None else hours.measured(self._clock_sync.at_venue)
        reading = None if atr is None else atr.reading
        terms = config.strategy.settled(self._instrument, entry, standing.taker_fee, reading)
        plan_of = terms.plan if terms.is_settled else terms.outline
        return Ground(
            plan=plan_of(self._instrument, config.leverage),
            network=config.network,
            address=exchange.account,
            quote=quote,
            account=account,
            orders=orders,
            standing=standing,
            clock_sync=self._clock_sync,
            now=self._clock(),
            adopt=adopt,
            why=why,
            disk_free=None if self._disk_free is None else self._disk_free(),
            journal=self._journal,
            remains=remains,
            goes_on=goes_on,
            available=available,
            beside=beside,
            terms=terms if terms.is_settled else None,
            atr=atr,
            exits=config.exits,
            guards=config.guards,
            equity=self._account.equity,
            memory=self._memory,
            rearms=self._account.rearms,
        )

    async def _hours(self, config: TradeConfig, now: int) -> ToldHours | None:
        """The candles that a trade needs to begin, None where it needs none."""
        return await self._account.hours.told(config.symbol, now) if config.strategy.needs_atr else None

    async def _count_transfers(self) -> None:
        """A loss that is counted from an earlier trade's figures counts only with what was paid out since."""
        asked_at, own = self._clock(), self._exchange.account
        transfers = await self._exchange.transfers_since(0)
        self._account.equity.transfers(asked_at, flows_of(transfers, own, pooled=self._account.pooled))

    async def _states(self, symbol: str, taker_fee: Decimal) -> tuple[AccountState, Sequence[StrategyPlan]]:
        """The account as this trade sees it, and the plans of its other trades that hold nothing yet."""
        plans = await self._plans_beside(taker_fee)
        if not plans:
            return await self._exchange.account_state(symbol), ()
        states = await self._exchange.account_states({symbol, *plans})
        own = states.get(symbol) or await self._exchange.account_state(symbol)
        return own, tuple(
            plan for name, plan in plans.items() if (its := states.get(name)) is not None and not its.position
        )

    async def _plans_beside(self, taker_fee: Decimal) -> Mapping[str, StrategyPlan]:
        """The plans of the account's other trades by their markets, as far as they are any."""
        plans: dict[str, StrategyPlan] = {}
        for config in self._account.trades.values():
            if config.symbol == self._config.symbol:
                continue
            with suppress(PlanError, KeyError):  # that trade will be refused for it
                instrument = (await self._exchange.instruments())[config.symbol]
                terms = config.strategy
                if not terms.is_settled:
                    price = price_of(await self._exchange.quote(config.symbol))
                    hours = await self._hours(config, self._clock())
                    atr = None if hours is None else hours.measured(self._clock_sync.at_venue).reading
                    terms = terms.settled(instrument, price, taker_fee, atr)
                plans[config.symbol] = terms.plan(instrument, config.leverage)
        return plans

    async def _remains(self, position: Decimal, orders: Sequence[OpenOrder]) -> Remains:
        config = self._config
        if why := config.strategy.not_rebuilt:
            raise NotRebuilt(why)
        fills = await self._exchange.fills_since(self._instrument.symbol, 0)
        return from_exchange.read(config.plan(self._instrument), orders, fills, position)
