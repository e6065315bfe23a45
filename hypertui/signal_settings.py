"""The tables `[signals.NAME]`: signals as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from hypertui.core.candles import Interval
from hypertui.core.market import ZERO, plain
from hypertui.core.phrases import counted
from hypertui.setting_types import (
    Count,
    Money,
    Percent,
    Positive,
    Section,
    Symbol,
    TradeName,
    fraction_of,
)
from hypertui.signals.context import ContextLimits
from hypertui.signals.names import Family, Indicator
from hypertui.signals.rules import (
    SURGE_LASTS,
    USUAL_COOLDOWN,
    USUAL_TARGET,
    SignalRules,
    usual_exit,
    usual_weight,
)
from hypertui.trade_tables import is_name

TIMEFRAMES: Mapping[str, Interval] = {
    "1m": Interval.MINUTE,
    "5m": Interval.FIVE_MINUTES,
    "15m": Interval.QUARTER,
    "1h": Interval.HOUR,
}
_MOST_SYMBOLS = 50
_MOST_TTL = 60.0


def _refused(why: str) -> PydanticCustomError:
    return PydanticCustomError("table_refused", "{why}", {"why": why})


def _different(symbols: tuple[str, ...]) -> tuple[str, ...]:
    if not 0 < len(symbols) <= _MOST_SYMBOLS:
        raise _refused(f"names {len(symbols)} markets, not from 1 to {_MOST_SYMBOLS}")
    if twice := [symbol for number, symbol in enumerate(symbols) if symbol in symbols[:number]]:
        raise _refused(f"names {twice[0]} twice")
    return symbols


def _names(given: object) -> object:
    """The names of the tables are read before what is in them."""
    for name in given if isinstance(given, Mapping) else ():
        if not is_name(name):
            raise _refused(f"has {name}, which is no name of up to 32 letters, digits, - and _")
    return given


class SignalSettings(Section):
    """One signal (docs/signals.md), of each of its `symbols`. `target` and `exit` are scores; an indicator
    whose weight is 0 does not count, and one that is left out counts as usual. Of the limits on the context
    an empty text sets none.

    `action` is what it does to the trade of its market: a buy that fires opens it, a sale that fires closes
    it, or `both`; without one it is only watched. `trade` names that trade, by default the only one of the
    market. `live` lets it act on mainnet, where it has to be armed too; what it wants waits `ttl` seconds at
    most. With `proven` it opens trades only in a market that the leaderboard of the network calls proven
    (docs/leaderboard.md)."""

    symbols: Annotated[tuple[Symbol, ...], AfterValidator(_different)]
    family: Family
    timeframe: Literal["1m", "5m", "15m", "1h"] = "5m"
    target: Decimal = Field(USUAL_TARGET, gt=0, le=1, allow_inf_nan=False)
    exit: Positive | None = None
    min_indicators: int | None = Field(None, ge=1, le=len(Indicator))
    cooldown_bars: Count = USUAL_COOLDOWN
    block_red_day: bool = True
    max_spread: Percent = ""
    min_atr: Percent = ""
    max_atr: Percent = ""
    max_funding: Percent = ""
    weights: dict[str, Money] = Field(default_factory=dict)
    action: Literal["", "open", "close", "both"] = ""
    trade: TradeName | None = None
    live: bool = False
    ttl: float = Field(30.0, ge=1, le=_MOST_TTL, allow_inf_nan=False)
    proven: bool = False

    @field_validator("max_spread", "min_atr", "max_atr", "max_funding", mode="before")
    @classmethod
    def _off(cls, given: object) -> object:
        """A limit is switched off by 0 as by an empty text."""
        return "" if str(given).strip() in ("0", "0%", "0.0") else given

    @model_validator(mode="after")
    def _can_be_meant(self) -> Self:
        members, counting = self.family.indicators, self._counting
        for name in self.weights:
            if name not in members:
                raise _refused(f"weighs {name}; {self.family.value} has {', '.join(members)}")
        if not counting:
            raise _refused("has no indicator with a weight above 0")
        if self.exit is not None and self.exit > self.target:
            raise _refused(f"has exit {plain(self.exit)} above target {plain(self.target)}")
        if self.min_indicators is not None and self.min_indicators > len(counting):
            of = counted(len(counting), "indicator")
            raise _refused(f"has min_indicators {self.min_indicators}, and counts {of}")
        least, most = fraction_of(self.min_atr), fraction_of(self.max_atr)
        if least is not None and most is not None and least >= most:
            raise _refused(f"has min_atr {self.min_atr} not below max_atr {self.max_atr}")
        if self.family is Family.MOMENTUM and SURGE_LASTS % self.interval:
            raise _refused(
                f"has timeframe {self.timeframe}, of which 20 minutes are no whole number: 1m or 5m"
            )
        if self.trade is not None and len(self.symbols) > 1:
            raise _refused(f"has {len(self.symbols)} markets, and a trade {self.trade}, which has one")
        return self

    @property
    def interval(self) -> Interval:
        """How long its candles are."""
        return TIMEFRAMES[self.timeframe]

    @property
    def _counting(self) -> dict[Indicator, Decimal]:
        weights = {each: self.weights.get(each, usual_weight(each)) for each in self.family.indicators}
        return {each: weight for each, weight in weights.items() if weight > ZERO}

    def rules(self) -> SignalRules:
        """What they come to."""
        counting = self._counting
        least = min(2, len(counting)) if self.min_indicators is None else self.min_indicators
        return SignalRules(
            family=self.family,
            interval=self.interval,
            weights=tuple(counting.items()),
            target=self.target,
            leaves_below=usual_exit(self.target) if self.exit is None else self.exit,
            min_indicators=least,
            cooldown=self.cooldown_bars * self.interval,
            context=ContextLimits(
                block_red_day=self.block_red_day,
                max_spread=fraction_of(self.max_spread),
                min_atr=fraction_of(self.min_atr),
                max_atr=fraction_of(self.max_atr),
                max_funding=fraction_of(self.max_funding),
            ),
        )


Signals = Annotated[dict[str, SignalSettings], BeforeValidator(_names)]
