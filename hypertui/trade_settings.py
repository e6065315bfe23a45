"""The settings of one trade."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from hypertui.core.market import ZERO, plain
from hypertui.execution.trade_config import PriceSource
from hypertui.setting_types import (
    Address,
    Distance,
    Fraction,
    Lasting,
    Percent,
    Positive,
    Section,
    Share,
    Symbol,
    TradeName,
    fraction_of,
    ms_of,
    multiple_of,
    says_atr,
    share_of,
)
from hypertui.strategy.bracket.entry_rules import EntryOrder, EntryRules, Unfilled
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.exits.trailing import TrailingTerms
from hypertui.strategy.ladder.plan import BuyOrder, Reinvest
from hypertui.strategy.ladder.sizing import Sizing
from hypertui.strategy.ladder.terms import LadderTerms
from hypertui.trade_tables import default_name

if TYPE_CHECKING:
    from hypertui.strategy.bracket.terms import BracketTerms

# What a ladder is unless it is told otherwise.
_LADDER: Mapping[str, Any] = {term.name: term.default for term in fields(LadderTerms)}
_ENTRY = EntryRules()
_HARD_STOPS = {"bracket": "5%"}  # where none is set
_OF_A_BRACKET = frozenset({"entry", "entry_order", "entry_price", "reprices", "unfilled", "reenter"})


class TradeSettings(Section):
    """What is traded. Money in USD, slippages as fractions; a unit as a percentage of the entry price too
    (`0.4%`), or as a multiple of the ATR (`0.5atr`); exits as a percentage of what the trade began with
    (`5%`), or a time (`36h`); empty where there is none. How a stop trails is a multiple of the ATR, and a
    percentage of the peak. With `risk`, what a straight decline may cost (USD), there is no position size: it
    follows when the trade is opened. A ladder that is to `begin` by a signal waits for it. What a bracket's
    entry is, and what becomes of it, docs/bracket.md says; `reenter` is how long after an exit it may be told
    to enter again. `account` is the address of the sub-account to trade in, by default the one that is traded
    for anyway."""

    symbol: Symbol = Field("BTC", min_length=1)
    begin: Literal["start", "signal"] = "start"
    name: TradeName = Field(default_factory=lambda given: default_name(given.get("symbol", "")))
    account: Address | None = None
    strategy: Literal["ladder", "bracket"] = "ladder"
    wallet: Literal["long"] = "long"
    unit_size: Distance = Decimal(100)
    position_size: Positive | None = Decimal(10_000)
    risk: Positive | None = None
    risk_slippage: Fraction = Decimal(0)
    leverage: int = Field(5, ge=1, le=1_000)
    reinvest: Reinvest = _LADDER["reinvest"]
    buy_order: BuyOrder = _LADDER["buy_order"]
    price_source: PriceSource = PriceSource.MARK
    trust_slots: int = Field(_LADDER["trust_slots"], ge=0, le=4)
    stop_slippage: Fraction = _LADDER["stop_slippage"]
    entry_slippage: Fraction = _LADDER["entry_slippage"]
    entry: Literal["now", "told"] = "now"
    entry_order: EntryOrder = _ENTRY.order
    entry_price: Positive | None = None
    reprices: int = Field(_ENTRY.reprices, ge=0, le=100)
    unfilled: Unfilled = _ENTRY.unfilled
    reenter: Lasting = ""
    hard_stop: Percent = Field(default_factory=lambda given: _HARD_STOPS.get(given.get("strategy"), ""))
    soft_stop: Percent = ""
    trailing_arm: Percent = ""
    trailing_atr: Positive = Decimal(2)
    trailing_step: Positive = Decimal("0.5")
    trailing_min: Share = "1%"
    trailing_max: Share = "2%"
    take_profit: Percent = ""
    signal_exit: bool = False
    time_stop: Lasting = ""
    native_exits: bool = True
    liquidation_guard: bool = True

    @model_validator(mode="before")
    @classmethod
    def _one_size(cls, given: Any) -> Any:
        """The position size follows from the risk, where that is given; both would say two things."""
        if not isinstance(given, Mapping) or given.get("risk") is None:
            return given
        if given.get("position_size") is not None:
            raise PydanticCustomError("two_sizes", "both")
        return {**given, "position_size": None}

    @model_validator(mode="after")
    def _of_its_strategy(self) -> Self:
        """What is set of a bracket would do nothing on a ladder; the settings of a ladder may stand beside a
        flag that makes a bracket of it. A bracket has no stop but the hard one."""
        for name in sorted(_OF_A_BRACKET & self.model_fields_set) if self.strategy == "ladder" else ():
            raise _refused(f"is a ladder, which has no {name}")
        if self.strategy == "bracket":
            if self.begin == "signal":
                raise _refused('is a bracket, which waits by entry = "told", not by begin')
            if not self.hard_stop or not self.native_exits:
                name = "native_exits" if self.hard_stop else "hard_stop"
                raise _refused(f"is a bracket, whose coins nothing protects without {name}")
            if self.entry_order is EntryOrder.STOP and self.entry == "now" and self.entry_price is None:
                raise _refused("enters by a stop, and has no entry_price")
        return self

    def terms(self) -> LadderTerms | BracketTerms:
        """Those of the strategy, which are settings by their own names."""
        return self._bracket() if self.strategy == "bracket" else self.ladder()

    def _bracket(self) -> BracketTerms:
        from hypertui.strategy.bracket.terms import BracketTerms  # with all that one is made of

        return BracketTerms(
            position_size=ZERO if self.position_size is None else self.position_size,
            hard_stop=share_of(self.hard_stop),
            entry=EntryRules(self.entry_order, self.reprices, self.unfilled, self.entry_slippage),
            entry_price=self.entry_price,
            enters_at_start=self.entry == "now",
            reenter_after=ms_of(self.reenter),
            stop_slippage=self.stop_slippage,
            risk=self.risk,
            risk_slippage=self.risk_slippage,
        )

    def ladder(self) -> LadderTerms:
        """Those of a ladder."""
        given = {name: getattr(self, name) for name in _LADDER if name != "sizing"}
        sizing = Sizing(None, self.risk, self.risk_slippage)
        if isinstance(self.unit_size, str):
            given["unit_size"] = ZERO
            if says_atr(self.unit_size):
                sizing = replace(sizing, unit_atr=multiple_of(self.unit_size))
            else:
                sizing = replace(sizing, unit=share_of(self.unit_size))
        elif self.risk is None:
            return LadderTerms(**given)
        given["sizing"] = sizing
        given["position_size"] = self.position_size if self.risk is None else ZERO
        return LadderTerms(**given)

    def exits(self) -> ExitRules:
        """The rules that end the trade as a whole."""
        return ExitRules(
            fraction_of(self.hard_stop),
            fraction_of(self.soft_stop),
            fraction_of(self.take_profit),
            self.signal_exit,
            ms_of(self.time_stop),
            self._trailing_stop(),
            self.native_exits,
            self.liquidation_guard,
        )

    def without_effect(self) -> Iterator[str]:
        """Settings that say something and do nothing, a line each."""
        if self.trailing_arm:
            return
        for name in ("trailing_atr", "trailing_step", "trailing_min", "trailing_max"):
            value = getattr(self, name)
            if value != type(self).model_fields[name].default:
                shown = plain(value) if isinstance(value, Decimal) else value
                yield f"{name} {shown} has no effect without trailing_arm"

    def _trailing_stop(self) -> TrailingTerms | None:
        if (arm := fraction_of(self.trailing_arm)) is None:
            return None
        least, most = share_of(self.trailing_min), share_of(self.trailing_max)
        return TrailingTerms(arm, self.trailing_atr, self.trailing_step, least, most)


def _refused(why: str) -> PydanticCustomError:
    return PydanticCustomError("table_refused", "{why}", {"why": why})
