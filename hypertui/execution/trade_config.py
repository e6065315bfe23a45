"""What one engine is configured to trade, before the exchange has been asked anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hypertui.core.market import Instrument
from hypertui.exchange.protocol import Quote
from hypertui.execution.timing import Timing
from hypertui.port.commands import OnExit
from hypertui.port.snapshot import Network
from hypertui.strategy.ladder.plan import BuyOrder, Plan, Reinvest


class PriceSource(StrEnum):
    """Which price moves the ladder. The venue fires triggers on the mark."""

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
    """One trade and how its engine behaves. Money in USD, slippages as fractions, times in ms.

    `run_for` stops the engine by itself after that many seconds, at a settled moment. With `protect_only` it
    takes up a trade that goes on, never a new one, sees to it that stops cover the coins, and leaves. `adopt`
    says whether the trade begins with the position that is there; None asks the operator.
    """

    network: Network
    symbol: str
    unit_size: Decimal
    position_size: Decimal
    leverage: int
    reinvest: Reinvest = Reinvest.RECOVERY
    trust_slots: int = 1
    stop_slippage: Decimal = Decimal("0.10")
    entry_slippage: Decimal = Decimal("0.01")
    buy_order: BuyOrder = BuyOrder.STOP_MARKET
    price_source: PriceSource = PriceSource.MARK
    timing: Timing = field(default_factory=Timing)
    stale_after: int = 10_000
    outage_after: int = 120_000
    reconcile_every: int = 120_000
    on_exit: OnExit = OnExit.BUYS
    run_for: float | None = None
    protect_only: bool = False
    consent: Consent = Consent.NONE
    adopt: bool | None = False

    def plan(self, instrument: Instrument) -> Plan:
        """The plan of this trade under the rules of `instrument`."""
        return Plan(
            instrument=instrument,
            unit_size=self.unit_size,
            position_size=self.position_size,
            leverage=self.leverage,
            reinvest=self.reinvest,
            trust_slots=self.trust_slots,
            stop_slippage=self.stop_slippage,
            entry_slippage=self.entry_slippage,
            buy_order=self.buy_order,
        )
