"""The ground that a new trade would stand on, with the margin arithmetic of Hyperliquid's documentation: an
initial margin of value / leverage, a maintenance margin of half the initial one at the market's highest
leverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.market import ONE, ZERO, Fill, Side
from hypertui.exchange.protocol import AccountState, OpenOrder, Quote, Standing
from hypertui.execution.preflight.recent_hours import StartAtr
from hypertui.execution.recovery.from_exchange import Remains, stops_left
from hypertui.port.snapshot import Network
from hypertui.risk.equity import EquityWatch
from hypertui.risk.memory import GuardMemory, Rearm
from hypertui.risk.rules import GuardRules
from hypertui.runtime.clock_sync import ClockSync
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.plans import Prospect, StrategyPlan, StrategyTerms

_NO_EXITS = ExitRules()


def price_of(quote: Quote) -> Decimal:
    """What coins cost now, about."""
    return quote.mid or quote.mark


def adoptable(account: AccountState, orders: Sequence[OpenOrder]) -> bool:
    """Whether there is a long position that nothing stands in the way of taking over: beside it there are at
    most the stops of a trade whose journal is lost."""
    free = not orders or bool(stops_left(orders))
    return account.position > 0 and free and account.entry_price is not None


def entry_price(
    adopt: bool | None, quote: Quote, account: AccountState, orders: Sequence[OpenOrder]
) -> Decimal:
    """The price of the entry, as far as it is known: that of the position that would be taken over, else what
    coins cost now."""
    adopting = adopt is not False and adoptable(account, orders)
    return account.entry_price if adopting and account.entry_price is not None else price_of(quote)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a new trade would stand on. `adopt` says whether a position that is there is to be taken over;
    None leaves that open. `why` tells why such a position is not a trade that can be taken up. `disk_free` in
    bytes, None where nobody knows; `journal` is where it is kept. A trade that `goes_on` (in words) is
    nobody's question any more, nor is one whose `remains` can be taken up. `available` is the margin (USD)
    that a purchase may use by the venue's own count, None where the account's figures tell it. `beside` are
    the plans of the account's other trades that hold nothing yet: they will buy from the same margin. `terms`
    are those that the plan is of, in figures; None where they cannot be worked out, for want of an `atr` that
    can be relied on, and the plan is an outline. `exits` are the rules that may end it. `guards` are the
    limits on the risk, `equity` and `memory` what they count from, `rearms` those that the operator resets
    with the start."""

    plan: StrategyPlan
    network: Network
    address: str
    quote: Quote
    account: AccountState
    orders: Sequence[OpenOrder]
    standing: Standing
    clock_sync: ClockSync
    now: int
    adopt: bool | None = False
    why: str = ""
    disk_free: int | None = None
    journal: str = ""
    remains: Remains | None = None
    goes_on: str = ""
    available: Decimal | None = None
    beside: Sequence[StrategyPlan] = ()
    terms: StrategyTerms | None = None
    atr: StartAtr | None = None
    exits: ExitRules = _NO_EXITS
    guards: GuardRules = field(default_factory=GuardRules)
    equity: EquityWatch | None = None
    memory: GuardMemory = field(default_factory=GuardMemory)
    rearms: tuple[Rearm, ...] = ()

    @property
    def price(self) -> Decimal:
        """What the coins cost now, about."""
        return price_of(self.quote)

    @property
    def adoptable(self) -> bool:
        """Whether there is a long position that nothing stands in the way of taking over."""
        return adoptable(self.account, self.orders)

    @property
    def stops_left(self) -> Sequence[OpenOrder]:
        """The live orders, where they are nothing but such stops."""
        return stops_left(self.orders)

    @property
    def adopting(self) -> bool:
        """Whether the trade would begin with the position that is there."""
        return self.adopt is not False and self.adoptable

    @property
    def coins(self) -> Decimal:
        """What the trade would hold."""
        return self.account.position if self.adopting else self.plan.entry_size(self.price)

    @property
    def entry(self) -> Decimal:
        """The price of unit 0, as far as it is known."""
        return entry_price(self.adopt, self.quote, self.account, self.orders)

    @property
    def isolated(self) -> bool:
        """Whether the trade's position has a margin of its own."""
        return self.plan.instrument.only_isolated or (self.adopting and self.account.isolated)

    @property
    def free(self) -> Decimal:
        """The margin (USD) that new positions may use."""
        free = self.account.cross.free
        return free if self.available is None else min(free, self.available)

    @property
    def fee(self) -> Decimal:
        """What the entry costs in fees (USD)."""
        return ZERO if self.adopting else self.coins * self.price * self.standing.taker_fee

    @property
    def needed(self) -> Decimal:
        """What the entry takes of the free margin (USD), its fee among it."""
        return self._needs(self.coins * self.price, self.plan)

    @property
    def needed_together(self) -> Decimal:
        """What it takes with those of the other trades that hold nothing yet (USD)."""
        return self.needed + sum((self._needs(plan.position_size, plan) for plan in self.beside), ZERO)

    @property
    def most_together(self) -> Decimal:
        """The same at the most: while a sale is not proven, its buy may work too (USD)."""
        others = (self._needs(plan.position_size, plan) * plan.headroom for plan in self.beside)
        return self.needed * self.plan.headroom + sum(others, ZERO)

    def _needs(self, value: Decimal, plan: StrategyPlan) -> Decimal:
        return value / plan.leverage + value * self.standing.taker_fee

    @property
    def missing(self) -> Decimal:
        """What an adopted position lacks of margin (USD) for the plan's leverage, where that is the lower
        one: the venue refuses to lower it then. At most 0 where it lacks nothing."""
        account, leverage = self.account, self.plan.leverage
        if not self.adopting or leverage >= account.leverage:
            return ZERO
        value = abs(account.position) * self.quote.mark
        if account.isolated:
            return value / leverage - account.position_margin
        return value / leverage - value / account.leverage - self.free

    @property
    def prospect(self) -> Prospect:
        """What the strategy may know of it."""
        fee = self.standing.taker_fee
        return Prospect(self.coins, self.entry, self.quote.mark, fee, self.adopting, self.liquidation())

    def opening(self) -> Fill:
        """The adopted position as one purchase at the venue's entry price. Its time is just after the look at
        the account: what was filled before is in it, what comes later is not."""
        symbol = self.plan.instrument.symbol
        return Fill(symbol, Side.BUY, self.coins, self.entry, ZERO, self.account.time + 1, 0, 0)

    def liquidation(self) -> Decimal | None:
        """Where the venue would liquidate the whole position (USD); None where it never would. For a position
        that is there this is the venue's own word, for a planned one an estimate with the other prices
        standing still, rather too high than too low."""
        if self.adopting:
            return self.account.liquidation_price
        price, coins = self.price, self.coins
        kept = ONE / (2 * self.plan.instrument.max_leverage)
        at = (coins * price - self._cushion) / (coins * (ONE - kept))
        return at if at > 0 else None

    @property
    def _cushion(self) -> Decimal:
        """What a planned position may lose (USD) until only its maintenance margin is left."""
        if self.isolated:
            return self.coins * self.price / self.plan.leverage
        if self.available is not None:
            return self.free - self.fee  # what else hangs on that collateral is not told
        return self.account.cross.equity - self.account.cross.maintenance - self.fee
