"""The signals' vocabulary: families, indicators, states, and why one that was due has not fired."""

from __future__ import annotations

from enum import StrEnum

from hypertui.core.market import Side


class Indicator(StrEnum):
    """Each with the side of a buy in mind; a sale's is its mirror image."""

    EMA = "ema"
    MACD = "macd"
    ROC = "roc"
    DONCHIAN = "donchian"
    RSI = "rsi"
    BOLLINGER = "bollinger"
    W_BOTTOM = "w_bottom"
    SURGE = "surge"
    RUNNER = "runner"

    @property
    def words(self) -> str:
        """What it is, with its figures."""
        return _WORDS[self]

    @property
    def unit(self) -> str:
        """What its value is in, beside a price in USD: % or nothing."""
        return "%" if self in _IN_PERCENT else ""

    def comparison(self, side: Side) -> str:
        """How its value compares with what it needs where it is on."""
        said = _COMPARED.get(self, ">")
        return said if side is Side.BUY else said.translate(_MIRRORED)


_WORDS = {
    Indicator.EMA: "EMA 50/200",
    Indicator.MACD: "MACD cross",
    Indicator.ROC: "ROC 20",
    Indicator.DONCHIAN: "Donchian 20",
    Indicator.RSI: "RSI 14",
    Indicator.BOLLINGER: "Bollinger 20",
    Indicator.W_BOTTOM: "W-bottom",
    Indicator.SURGE: "ROC 20 min",
    Indicator.RUNNER: "24 h change",
}
_MIRRORED = str.maketrans("<>", "><")
_COMPARED = {
    Indicator.RSI: "<",
    Indicator.BOLLINGER: "<=",
    Indicator.W_BOTTOM: ">=",
    Indicator.SURGE: ">=",
    Indicator.RUNNER: ">=",
}
_IN_PERCENT = (Indicator.EMA, Indicator.ROC, Indicator.SURGE, Indicator.RUNNER)


class Family(StrEnum):
    """Indicators that are counted together, and never with those of another family. The last two are presets
    of one indicator."""

    TREND = "trend"
    REVERSION = "reversion"
    MOMENTUM = "momentum"
    RUNNER = "runner"

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """Those that it counts."""
        return _MEMBERS[self]


_MEMBERS = {
    Family.TREND: (Indicator.EMA, Indicator.MACD, Indicator.ROC, Indicator.DONCHIAN),
    Family.REVERSION: (Indicator.RSI, Indicator.BOLLINGER, Indicator.W_BOTTOM),
    Family.MOMENTUM: (Indicator.SURGE,),
    Family.RUNNER: (Indicator.RUNNER,),
}


class SignalPhase(StrEnum):
    """How far a signal is."""

    NEUTRAL = "NEUTRAL"
    ARMED = "ARMED"  # the score is there, and something keeps it from firing
    FIRED = "FIRED"  # until the score is below the exit
    COOLDOWN = "COOLDOWN"  # for some time after that nothing fires


class Suppression(StrEnum):
    """Why a signal whose score has reached the target does not fire, or why there is no score."""

    NOT_WHOLE = "not-whole"  # an indicator lacks candles: after a gap, or at the beginning
    MIN_INDICATORS = "min-indicators"
    BOTH_SIDES = "both-sides"  # buy and sale have the same score
    COOLDOWN = "cooldown"
    HYSTERESIS = "hysteresis"  # the other side has fired, and the score is not high enough to turn round
    RED_DAY = "red-day"
    NO_CHANGE = "no-24h-change"  # not known, where it may not be red
    SPREAD = "spread"
    NO_SPREAD = "no-spread"
    ATR = "atr"
    NO_ATR = "no-atr"
    FUNDING = "funding"
    NO_FUNDING = "no-funding"

    @property
    def words(self) -> str:
        """The same, for people."""
        return _WHY[self]


_WHY = {
    Suppression.NOT_WHOLE: "an indicator is not known",
    Suppression.MIN_INDICATORS: "too few indicators are on",
    Suppression.BOTH_SIDES: "buy and sell have the same score",
    Suppression.COOLDOWN: "the cooldown is not over",
    Suppression.HYSTERESIS: "the score is too low to turn round",
    Suppression.RED_DAY: "the price is below that of 24 h ago",
    Suppression.NO_CHANGE: "the price of 24 h ago is not known",
    Suppression.SPREAD: "the spread is above its limit",
    Suppression.NO_SPREAD: "the spread is not known",
    Suppression.ATR: "the ATR is outside its limits",
    Suppression.NO_ATR: "the ATR is not known",
    Suppression.FUNDING: "funding is above its limit",
    Suppression.NO_FUNDING: "funding is not known",
}
