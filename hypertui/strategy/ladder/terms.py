"""The settings of a ladder, and their form in a journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, TypeVar

from hypertui.core.market import ONE, Instrument, plain
from hypertui.core.round_trips import SLOTS
from hypertui.core.volatility import AtrReading
from hypertui.strategy.ladder.plan import BuyOrder, Plan, Reinvest
from hypertui.strategy.ladder.sizing import Sizing, in_percent, position_of, unit_of
from hypertui.strategy.plans import PlanError

if TYPE_CHECKING:
    from hypertui.strategy.ladder.trade_plan import LadderPlan

NAME = "ladder"

_Plan = TypeVar("_Plan", bound=Plan)


@dataclass(frozen=True, slots=True)
class LadderTerms:
    """Fulfils `StrategyTerms` for the ladder. Money in USD, slippages as fractions. A figure that `sizing`
    gives is 0 until it is settled."""

    unit_size: Decimal
    position_size: Decimal
    reinvest: Reinvest = Reinvest.RECOVERY
    trust_slots: int = 1
    stop_slippage: Decimal = Decimal("0.10")
    entry_slippage: Decimal = Decimal("0.01")
    buy_order: BuyOrder = BuyOrder.STOP_MARKET
    sizing: Sizing | None = None

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

    def step_at(self, entry: Decimal | None) -> Decimal | None:
        """A unit as a fraction of the entry price, None where it is no such rule and that is not known."""
        if entry is None:
            return None if self.sizing is None else self.sizing.unit
        return self.unit_size / entry

    @property
    def not_rebuilt(self) -> str:
        """Why a lost trade with them cannot be rebuilt: its figures have to be known."""
        said = "its unit and size followed from the market when it was opened: start with both as figures"
        return "" if self.is_settled else said

    @property
    def is_settled(self) -> bool:
        """Whether nothing hangs on the price of the entry any more."""
        return self.sizing is None or self.sizing.entry is not None

    @property
    def needs_atr(self) -> bool:
        """Whether the unit hangs on it still."""
        return self.sizing is not None and self.sizing.unit_atr is not None and not self.is_settled

    def settled(
        self, instrument: Instrument, entry: Decimal, taker_fee: Decimal, atr: AtrReading | None = None
    ) -> Self:
        """The terms in figures; themselves where they are, and where an ATR is missing."""
        sizing = self.sizing
        if sizing is None or self.is_settled or (self.needs_atr and atr is None):
            return self
        unit = self.unit_size
        if sizing.unit is not None:
            unit = unit_of(sizing.unit * entry, entry, instrument)
        elif sizing.unit_atr is not None and atr is not None:
            unit = unit_of(sizing.unit_atr * atr.atr, entry, instrument)
        position = self.position_size
        if sizing.risk is not None:
            # By the unit as it is traded, which the tick may have made another share of the price.
            position = position_of(sizing.risk, unit / entry, taker_fee, sizing.slippage)
        return replace(self, unit_size=unit, position_size=position, sizing=sizing.at(entry, taker_fee, atr))

    def check(self, instrument: Instrument, leverage: int) -> None:
        """Refuse what is wrong at any price. Raises PlanError."""
        sizing = self.sizing
        if (
            sizing is not None
            and not self.is_settled
            and sizing.unit is not None
            and sizing.unit * SLOTS >= 1
        ):
            said = f"unit size {in_percent(sizing.unit)} puts the lowest stop at 0 or below it"
            raise PlanError(f"{said}: {SLOTS} units have to be less than the price")
        self._outlined(Plan, instrument, leverage).check()

    def outline(self, instrument: Instrument, leverage: int) -> LadderPlan:
        """The plan where no figure of its own counts: what is not known yet cannot be wrong yet, and has one
        that breaks no rule."""
        return self._outlined(_traded(), instrument, leverage)

    def plan(self, instrument: Instrument, leverage: int) -> LadderPlan:
        """The plan of a trade in this market."""
        if not self.is_settled:
            raise PlanError(
                "unit and position size follow from the market at the entry, which is not known yet"
            )
        return self._outlined(_traded(), instrument, leverage)

    def _outlined(self, kind: type[_Plan], instrument: Instrument, leverage: int) -> _Plan:
        sizing, unit, position = self.sizing, self.unit_size, self.position_size
        if sizing is not None and not self.is_settled:
            unit = ONE if sizing.unit_rule else unit
            position = position if sizing.risk is None else instrument.min_order_value * SLOTS
        return kind(
            instrument=instrument,
            unit_size=unit,
            position_size=position,
            leverage=leverage,
            reinvest=self.reinvest,
            trust_slots=self.trust_slots,
            stop_slippage=self.stop_slippage,
            entry_slippage=self.entry_slippage,
            buy_order=self.buy_order,
            sizing=self.sizing,
        )

    def record(self) -> Mapping[str, object]:
        """All but the slippage of the entry, which is over then; a figure only once it is one."""
        kept: dict[str, object] = {}
        if self.unit_size > 0:
            kept["unit_size"] = plain(self.unit_size)
        if self.position_size > 0:
            kept["position_size"] = plain(self.position_size)
        kept |= {
            "reinvest": self.reinvest.value,
            "trust_slots": self.trust_slots,
            "stop_slippage": plain(self.stop_slippage),
            "buy_order": self.buy_order.value,
        }
        return kept if self.sizing is None else kept | {"sizing": self.sizing.record()}

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> LadderTerms:
        """The settings that a trade was opened with, as they were recorded."""
        sizing = record.get("sizing")
        return cls(
            unit_size=Decimal(record["unit_size"]),
            position_size=Decimal(record["position_size"]),
            reinvest=Reinvest(record["reinvest"]),
            trust_slots=record["trust_slots"],
            stop_slippage=Decimal(record["stop_slippage"]),
            buy_order=BuyOrder(record["buy_order"]),
            sizing=None if sizing is None else Sizing.recorded(sizing),
        )


def _traded() -> type[LadderPlan]:
    """The plan that a trade goes by. It is loaded with the first one: whoever only reads settings, and the
    first picture of a console waits for that, does without all that a ladder is made of."""
    from hypertui.strategy.ladder.trade_plan import LadderPlan

    return LadderPlan
