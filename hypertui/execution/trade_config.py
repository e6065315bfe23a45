"""What one engine is configured to trade, before the exchange has been asked anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from hypertui.core.market import Instrument
from hypertui.execution.timing import Timing
from hypertui.port.commands import OnExit
from hypertui.port.snapshot import Network
from hypertui.risk.rules import GuardRules
from hypertui.strategy.exits.rules import ExitRules

if TYPE_CHECKING:
    from hypertui.exchange.protocol import Quote
    from hypertui.risk.memory import Rearm
    from hypertui.strategy.plans import StrategyPlan, StrategyTerms


class PriceSource(StrEnum):
    """Which price moves the strategy. The venue fires triggers on the mark."""

    MARK = "mark"
    MID = "mid"
    LAST = "last"

    def of(self, quote: Quote) -> Decimal | None:
        """The price of a quote, None where the venue has none."""
        return {PriceSource.MARK: quote.mark, PriceSource.MID: quote.mid, PriceSource.LAST: quote.last}[self]


class Consent(StrEnum):
    """Whose consent a new trade needs that nothing red forbids."""

    NONE = "none"
    NO_WARNINGS = "no-warnings"  # nobody is there to ask: it begins only where nothing is amber
    ASKED = "asked"  # the operator sees what was found, and starts it


@dataclass(frozen=True, slots=True)
class TradeConfig:
    """One trade and how its engine behaves. Times in ms.

    `name` tells it from the other trades of its engine. `account` is the address that it trades for, None the
    signer's own. `run_for` stops the engine by itself after that many seconds, at a settled moment. With
    `protect_only` it takes up a trade that goes on, never a new one, sees to it that stops cover the coins,
    and leaves. `adopt` says whether the trade begins with the position that is there; None asks the operator.
    While only the feed is down, the price is asked for each `rest_price_every`; never where that is 0.
    `rearms` are guards of the account that the operator resets as a new trade begins, undated until then.
    A new trade that begins `by_signal` waits for one, and for the next one after its end. Of the coins in
    `hodl` none trades; what its account holds of them is watched.
    """

    network: Network
    symbol: str
    leverage: int
    strategy: StrategyTerms
    name: str = ""
    account: str | None = None
    price_source: PriceSource = PriceSource.MARK
    timing: Timing = field(default_factory=Timing)
    stale_after: int = 10_000
    outage_after: int = 120_000
    reconcile_every: int = 120_000
    rest_price_every: int = 0
    on_exit: OnExit = OnExit.BUYS
    run_for: float | None = None
    protect_only: bool = False
    consent: Consent = Consent.NONE
    adopt: bool | None = False
    exits: ExitRules = field(default_factory=ExitRules)
    guards: GuardRules = field(default_factory=GuardRules)
    rearms: tuple[Rearm, ...] = ()
    by_signal: bool = False
    hodl: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the trade is called: its name, or its market where it has none."""
        return self.name or self.symbol

    def plan(self, instrument: Instrument) -> StrategyPlan:
        """The plan of this trade under the rules of `instrument`."""
        return self.strategy.plan(instrument, self.leverage)
