"""The settings of a bracket, and their form in a journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any, Self

from hypertui.core.market import ZERO, Instrument, plain
from hypertui.core.volatility import AtrReading
from hypertui.strategy.bracket.entry_rules import EntryOrder, EntryRules, Unfilled
from hypertui.strategy.bracket.plan import NOT_REBUILT, BracketPlan
from hypertui.strategy.plans import PlanError

NAME = "bracket"
_CENT = Decimal("0.01")
_NOW, _TOLD, _MS = "now", "told", " ms"


@dataclass(frozen=True, slots=True)
class BracketTerms:
    """Fulfils `StrategyTerms` for the bracket. Money in USD, `hard_stop` and slippages as fractions. With
    `risk` there is no position size until they are settled: it is what may be lost when the hard stop fills
    `risk_slippage` beyond it. That stop is net of the fees of both ways, so the position is
    risk / (hard_stop + risk_slippage). `settled_at` is the price (USD) that they were settled by, None
    before.
    """

    position_size: Decimal
    hard_stop: Decimal = Decimal("0.05")
    entry: EntryRules = field(default_factory=EntryRules)
    entry_price: Decimal | None = None
    enters_at_start: bool = True
    reenter_after: int | None = None
    stop_slippage: Decimal = Decimal("0.10")
    risk: Decimal | None = None
    risk_slippage: Decimal = ZERO
    settled_at: Decimal | None = None

    @property
    def strategy(self) -> str:
        """Its name."""
        return NAME

    @property
    def slippage(self) -> Decimal:
        """That of its stop."""
        return self.stop_slippage

    @property
    def stop_distance(self) -> Decimal:
        """That of the hard stop, which hangs on the price."""
        return ZERO if self.settled_at is None else self.hard_stop * self.settled_at

    def step_at(self, entry: Decimal | None) -> None:
        """It has no orders that stand apart."""

    @property
    def not_rebuilt(self) -> str:
        """Why its trade cannot be read from the exchange alone."""
        return NOT_REBUILT

    @property
    def is_settled(self) -> bool:
        """Whether the price was known."""
        return self.settled_at is not None

    @property
    def needs_atr(self) -> bool:
        """Nothing of it hangs on that."""
        return False

    def settled(
        self, instrument: Instrument, entry: Decimal, taker_fee: Decimal, atr: AtrReading | None = None
    ) -> Self:
        """The terms in figures, for an entry at `entry` (USD)."""
        return self if self.is_settled else replace(self, position_size=self._size, settled_at=entry)

    def check(self, instrument: Instrument, leverage: int) -> None:
        """Refuse what is wrong at any price. Raises PlanError."""
        self.outline(instrument, leverage).check()

    def outline(self, instrument: Instrument, leverage: int) -> BracketPlan:
        """The plan, of which only where its stop is hangs on the price."""
        return BracketPlan(
            instrument=instrument,
            leverage=leverage,
            position_size=self._size,
            hard_stop=self.hard_stop,
            stop_distance=self.stop_distance,
            entry=self.entry,
            slippage=self.stop_slippage,
            entry_price=self.entry_price,
            enters_at_start=self.enters_at_start,
            reenter_after=self.reenter_after,
            risk=self.risk,
            risk_slippage=self.risk_slippage,
        )

    def plan(self, instrument: Instrument, leverage: int) -> BracketPlan:
        """The plan of a trade in this market. Raises PlanError before they are settled."""
        if not self.is_settled:
            raise PlanError("where the stop is follows from the price, which is not known yet")
        return self.outline(instrument, leverage)

    @property
    def _size(self) -> Decimal:
        if self.risk is None:
            return self.position_size
        return (self.risk / (self.hard_stop + self.risk_slippage)).quantize(_CENT, ROUND_DOWN)

    def record(self) -> Mapping[str, object]:
        """All that the trade goes by."""
        kept: dict[str, object] = {
            "position_size": plain(self._size),
            "hard_stop": plain(self.hard_stop),
            "entry_order": self.entry.order.value,
            "reprices": self.entry.reprices,
            "unfilled": self.entry.unfilled.value,
            "entry_slippage": plain(self.entry.slippage),
            "entry": _NOW if self.enters_at_start else _TOLD,
            "reenter": "" if self.reenter_after is None else f"{self.reenter_after}{_MS}",
            "stop_slippage": plain(self.stop_slippage),
            "risk_slippage": plain(self.risk_slippage),
        }
        amounts = {"entry_price": self.entry_price, "risk": self.risk, "settled_at": self.settled_at}
        return kept | {name: plain(value) for name, value in amounts.items() if value is not None}

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> BracketTerms:
        """The settings that a trade was opened with. Raises KeyError where they were never settled."""

        def amount(name: str) -> Decimal | None:
            return Decimal(record[name]) if name in record else None

        return cls(
            position_size=Decimal(record["position_size"]),
            hard_stop=Decimal(record["hard_stop"]),
            entry=EntryRules(
                EntryOrder(record["entry_order"]),
                record["reprices"],
                Unfilled(record["unfilled"]),
                Decimal(record["entry_slippage"]),
            ),
            entry_price=amount("entry_price"),
            enters_at_start=record["entry"] == _NOW,
            reenter_after=int(record["reenter"].removesuffix(_MS)) if record["reenter"] else None,
            stop_slippage=Decimal(record["stop_slippage"]),
            risk=amount("risk"),
            risk_slippage=Decimal(record["risk_slippage"]),
            settled_at=Decimal(record["settled_at"]),
        )
