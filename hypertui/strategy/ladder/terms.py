"""The settings of a ladder, and their form in a journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypertui.core.market import Instrument, plain
from hypertui.strategy.ladder.plan import BuyOrder, Reinvest
from hypertui.strategy.ladder.trade_plan import LadderPlan

NAME = "ladder"


@dataclass(frozen=True, slots=True)
class LadderTerms:
    """Fulfils `StrategyTerms` for the ladder. Money in USD, slippages as fractions."""

    unit_size: Decimal
    position_size: Decimal
    reinvest: Reinvest = Reinvest.RECOVERY
    trust_slots: int = 1
    stop_slippage: Decimal = Decimal("0.10")
    entry_slippage: Decimal = Decimal("0.01")
    buy_order: BuyOrder = BuyOrder.STOP_MARKET

    @property
    def strategy(self) -> str:
        """Its name."""
        return NAME

    @property
    def slippage(self) -> Decimal:
        """That of its stops."""
        return self.stop_slippage

    @property
    def stop_distance(self) -> Decimal:
        """A unit."""
        return self.unit_size

    def plan(self, instrument: Instrument, leverage: int) -> LadderPlan:
        """The plan of a trade in this market."""
        return LadderPlan(
            instrument=instrument,
            unit_size=self.unit_size,
            position_size=self.position_size,
            leverage=leverage,
            reinvest=self.reinvest,
            trust_slots=self.trust_slots,
            stop_slippage=self.stop_slippage,
            entry_slippage=self.entry_slippage,
            buy_order=self.buy_order,
        )

    def record(self) -> Mapping[str, object]:
        """All but the slippage of the entry, which is over then."""
        return {
            "unit_size": plain(self.unit_size),
            "position_size": plain(self.position_size),
            "reinvest": self.reinvest.value,
            "trust_slots": self.trust_slots,
            "stop_slippage": plain(self.stop_slippage),
            "buy_order": self.buy_order.value,
        }

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> LadderTerms:
        """The settings that were recorded so."""
        return cls(
            unit_size=Decimal(record["unit_size"]),
            position_size=Decimal(record["position_size"]),
            reinvest=Reinvest(record["reinvest"]),
            trust_slots=record["trust_slots"],
            stop_slippage=Decimal(record["stop_slippage"]),
            buy_order=BuyOrder(record["buy_order"]),
        )
