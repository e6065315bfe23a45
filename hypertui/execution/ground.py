"""The ground that a new trade would stand on, with the margin arithmetic of Hyperliquid's documentation: an
initial margin of value / leverage, a maintenance margin of half the initial one at the market's highest
leverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.exchange import AccountState, OpenOrder, Quote, Standing
from hypertui.execution.rebuild import Remains
from hypertui.execution.skew import ClockSkew
from hypertui.market import ONE, ZERO, Fill, Side
from hypertui.port import Network
from hypertui.strategy.plan import Plan


@dataclass(frozen=True, slots=True)
class Ground:
    """What a new trade would stand on. `adopt` says whether a position that is there is to be taken over;
    None leaves that open. `why` tells why such a position is not a trade that can be taken up. `disk_free` in
    bytes, None where nobody knows; `journal` is where it is kept. A trade that `goes_on` (in words) is
    nobody's question any more, nor is one whose `remains` can be taken up."""

    plan: Plan
    network: Network
    address: str
    quote: Quote
    account: AccountState
    orders: Sequence[OpenOrder]
    standing: Standing
    skew: ClockSkew
    now: int
    adopt: bool | None = False
    why: str = ""
    disk_free: int | None = None
    journal: str = ""
    remains: Remains | None = None
    goes_on: str = ""

    @property
    def price(self) -> Decimal:
        """What the coins cost now, about."""
        return self.quote.mid or self.quote.mark

    @property
    def adoptable(self) -> bool:
        """Whether there is a long position that nothing stands in the way of taking over."""
        return self.account.position > 0 and not self.orders and self.account.entry_price is not None

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
        venue = self.account.entry_price
        return venue if self.adopting and venue is not None else self.price

    def opening(self) -> Fill:
        """The adopted position as one purchase at the venue's entry price. Its time is just after the look at
        the account: what was filled before is in it, what comes later is not."""
        symbol = self.plan.instrument.symbol
        return Fill(symbol, Side.BUY, self.coins, self.entry, ZERO, self.account.time + 1, 0, 0)

    def liquidation(self) -> Decimal | None:
        """Where the venue would liquidate the whole position (USD); None where it never would. For a position
        that is there this is the venue's own word, for a planned one an estimate, rather too high than too
        low: of other positions only the margin is known, and half of it is the most that they need to be
        kept."""
        if self.adopting:
            return self.account.liquidation_price
        price, coins = self.price, self.coins
        fee = coins * price * self.standing.taker_fee
        kept = ONE / (2 * self.plan.instrument.max_leverage)
        cushion = self.account.equity - fee - self.account.margin_used / 2
        at = (coins * price - cushion) / (coins * (ONE - kept))
        return at if at > 0 else None
