"""A ladder's unit as a share of its entry price, and its position by what that may lose: rules that become
figures once, when the trade is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any

from hypertui.core.market import ZERO, Instrument, plain
from hypertui.core.phrases import at_price, usd
from hypertui.core.round_trips import SLOTS

# Units that a coin loses on average in a straight decline: the stops are 1, 2, 3 and 4 units below the entry.
DECLINE = Decimal(sum(range(1, SLOTS + 1))) / SLOTS
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Sizing:
    """The rules: a `unit` (a fraction of the entry price), the `risk` (USD) that a straight decline may cost,
    with `slippage` what all its fills together lose by their prices (a fraction of the position). None where
    the terms have a figure instead. `entry` (USD) and `taker_fee` (a fraction) are what the figures were
    worked out with, None until they are."""

    unit: Decimal | None = None
    risk: Decimal | None = None
    slippage: Decimal = ZERO
    entry: Decimal | None = None
    taker_fee: Decimal | None = None

    def at(self, entry: Decimal, taker_fee: Decimal) -> Sizing:
        """The same, worked out with these."""
        return replace(self, entry=entry, taker_fee=taker_fee)

    def record(self) -> Mapping[str, str]:
        """As JSON can say it, by the names of the settings."""
        kept: dict[str, Decimal | None] = {"risk": self.risk}
        if self.risk is not None:
            kept["risk_slippage"] = self.slippage
        kept |= {"entry": self.entry, "taker_fee": self.taker_fee}
        unit = {} if self.unit is None else {"unit_size": in_percent(self.unit)}
        return unit | {name: plain(value) for name, value in kept.items() if value is not None}

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> Sizing:
        """The rules that were recorded so."""

        def amount(name: str) -> Decimal | None:
            return Decimal(record[name]) if name in record else None

        unit = record.get("unit_size")
        return cls(
            unit=None if unit is None else Decimal(unit.removesuffix("%")) / 100,
            risk=amount("risk"),
            slippage=amount("risk_slippage") or ZERO,
            entry=amount("entry"),
            taker_fee=amount("taker_fee"),
        )


def unit_of(share: Decimal, entry: Decimal, instrument: Instrument) -> Decimal:
    """A share of the entry price (USD) in whole price ticks, at least one."""
    tick = instrument.tick(entry)
    return max((share * entry).quantize(tick), tick)


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
