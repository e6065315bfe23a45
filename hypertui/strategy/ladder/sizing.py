"""A ladder's unit as a share of its entry price or a multiple of the ATR, and its position by what that may
lose: rules that become figures once, when the trade is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any

from hypertui.core.market import ZERO, Instrument, plain
from hypertui.core.phrases import at_price, five_figures, time_of_day, usd
from hypertui.core.round_trips import SLOTS
from hypertui.core.volatility import AtrReading

# Units that a coin loses on average in a straight decline: the stops are 1, 2, 3 and 4 units below the entry.
DECLINE = Decimal(sum(range(1, SLOTS + 1))) / SLOTS
_CENT = Decimal("0.01")
_ATR = "atr"


@dataclass(frozen=True, slots=True)
class Sizing:
    """The rules: a `unit` (a fraction of the entry price) or `unit_atr` (so many times the ATR), the `risk`
    (USD) that a straight decline may cost, with `slippage` what all its fills together lose by their prices
    (a fraction of the position). None where the terms have a figure instead. `entry` (USD), `taker_fee` (a
    fraction) and `atr` are what the figures were worked out with, None until they are; `atr` is of a unit
    in ATR alone."""

    unit: Decimal | None = None
    risk: Decimal | None = None
    slippage: Decimal = ZERO
    entry: Decimal | None = None
    taker_fee: Decimal | None = None
    unit_atr: Decimal | None = None
    atr: AtrReading | None = None

    @property
    def unit_rule(self) -> str:
        """What the unit is worked out by, as it is set: 0.4%, 0.5atr; empty where it is a figure."""
        if self.unit_atr is not None:
            return f"{plain(self.unit_atr)}{_ATR}"
        return "" if self.unit is None else in_percent(self.unit)

    def at(self, entry: Decimal, taker_fee: Decimal, atr: AtrReading | None = None) -> Sizing:
        """The same, worked out with these."""
        return replace(self, entry=entry, taker_fee=taker_fee, atr=atr if self.unit_atr is not None else None)

    def record(self) -> Mapping[str, object]:
        """As JSON can say it, by the names of the settings; `atr_until` in ms."""
        kept: dict[str, Decimal | None] = {"risk": self.risk}
        if self.risk is not None:
            kept["risk_slippage"] = self.slippage
        kept |= {"entry": self.entry, "taker_fee": self.taker_fee}
        unit: dict[str, object] = {"unit_size": self.unit_rule} if self.unit_rule else {}
        atr = {} if self.atr is None else {"atr": plain(self.atr.atr), "atr_until": self.atr.until}
        return unit | {name: plain(value) for name, value in kept.items() if value is not None} | atr

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> Sizing:
        """The rules that were recorded so."""

        def amount(name: str) -> Decimal | None:
            return Decimal(record[name]) if name in record else None

        rule, atr = record.get("unit_size", ""), amount("atr")
        return cls(
            unit=Decimal(rule.removesuffix("%")) / 100 if rule.endswith("%") else None,
            risk=amount("risk"),
            slippage=amount("risk_slippage") or ZERO,
            entry=amount("entry"),
            taker_fee=amount("taker_fee"),
            unit_atr=Decimal(rule.removesuffix(_ATR)) if rule.endswith(_ATR) else None,
            atr=None if atr is None else AtrReading(atr, record["atr_until"]),
        )


def unit_of(distance: Decimal, entry: Decimal, instrument: Instrument) -> Decimal:
    """A distance (USD) in whole price ticks of the entry price, at least one."""
    tick = instrument.tick(entry)
    return max(distance.quantize(tick), tick)


def lost(unit_share: Decimal, taker_fee: Decimal, slippage: Decimal) -> Decimal:
    """What a straight decline takes from a position, as a fraction of its value at the entry.

    Of a position P bought at E, each of four slots holds a quarter. The price falls and does not turn: the
    stops sell at E − U, E − 2U, E − 3U and E − 4U, and the buys follow the price down without filling. That
    loses (1 + 2 + 3 + 4)/4 = 2.5 units a coin, so 2.5·U/E of P. The purchase pays the fee f on P, the sales
    pay it on less than P: together less than 2f. With s lost to slippage, all of it is

        P · (2.5·U/E + 2f + s)

    It is no limit to what a ladder can lose: each turn of the price costs a unit and two fees more.
    """
    return DECLINE * unit_share + 2 * taker_fee + slippage


def position_of(risk: Decimal, unit_share: Decimal, taker_fee: Decimal, slippage: Decimal) -> Decimal:
    """The position (USD, down to the cent) that a straight decline costs `risk` (USD): risk / (2.5·U/E + 2f +
    s), so that 100 USD with a unit of 0.4 % and f = 0.045 % are 100 / (1 % + 0.09 %) = 9,174.31 USD."""
    return (risk / lost(unit_share, taker_fee, slippage)).quantize(_CENT, ROUND_DOWN)


def arithmetic(sizing: Sizing, unit_size: Decimal, position_size: Decimal) -> str:
    """How the figures (USD) of a trade were worked out, in words."""
    assert sizing.entry is not None and sizing.taker_fee is not None, "they have been"
    parts = []
    if sizing.unit is not None:
        share = f"{in_percent(sizing.unit, ' ')} of {at_price(sizing.entry)}"
        parts.append(f"unit {share} = {at_price(unit_size)} USD")
    if sizing.unit_atr is not None:
        assert sizing.atr is not None, "it was measured"
        atr = f"ATR {five_figures(sizing.atr.atr)} (until {time_of_day(sizing.atr.until)})"
        parts.append(f"unit {plain(sizing.unit_atr)} × {atr} = {at_price(unit_size)} USD")
    if sizing.risk is not None:
        costs = f"fees {in_percent(2 * sizing.taker_fee, ' ')} + slippage {in_percent(sizing.slippage, ' ')}"
        units = f"{plain(DECLINE)} units of {_share(unit_size, sizing.entry)}"
        parts.append(f"risk {usd(sizing.risk)} USD / ({units} + {costs}) = {usd(position_size)} USD")
    return "; ".join(parts)


def in_percent(fraction: Decimal, space: str = "") -> str:
    """A fraction as it is written: 5%, 0.25%."""
    return f"{plain(fraction * 100)}{space}%"


def _share(unit_size: Decimal, entry: Decimal) -> str:
    return f"{plain((unit_size / entry * 100).quantize(Decimal('0.0001')))} %"
