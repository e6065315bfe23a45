"""The ATR that a trade begins with: the candles of an hour that it is measured of, asked for before there is
a trade, and whether it can be relied on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypertui.core.candles import Candle, Interval, closed
from hypertui.core.phrases import lasting, time_of_day
from hypertui.core.volatility import CANDLES, PERIOD, AtrReading, average_true_range
from hypertui.exchange.protocol import Exchange
from hypertui.strategy.exits.trailing import FREEZES_AFTER

_HOUR = Interval.HOUR
_OTHERWISE = "set it in USD or as a percentage, or start later"


@dataclass(frozen=True, slots=True)
class StartAtr:
    """What the hours before a start tell: the `reading`, or what is `wrong` in one line, with the figure that
    is and its limit."""

    reading: AtrReading | None
    wrong: str = ""
    figure: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class ToldHours:
    """The candles of a market, oldest first, as they were told when asked for at `asked_at` (ms, our
    clock)."""

    symbol: str
    candles: Sequence[Candle]
    asked_at: int

    def measured(self, at_venue: Callable[[int], int]) -> StartAtr:
        """Their ATR. `at_venue` makes of a time by our clock what the exchange's shows then: a candle counts
        where it was over when it was asked for."""
        asked_at = at_venue(self.asked_at)
        found = closed(self.candles, _HOUR, _HOUR.ended(asked_at))
        atr = average_true_range(found.candles[-CANDLES:])
        if atr is None or found.until is None:
            have, needs = len(found.candles), PERIOD + 1
            text = f"a unit in ATR needs {needs} closed candles of one hour, {self.symbol} has {have}"
            return StartAtr(None, f"{text}: {_OTHERWISE}", str(have), str(needs))
        age, limit = asked_at - found.until, f"{FREEZES_AFTER // _HOUR} h"
        if age > FREEZES_AFTER:
            text = (
                f"a unit in ATR needs a candle that ended in the last {limit}, the newest of {self.symbol} "
                f"ended {lasting(age // 1000)} ago, at {time_of_day(found.until)}"
            )
            return StartAtr(None, f"{text}: {_OTHERWISE}", lasting(age // 1000), limit)
        return StartAtr(AtrReading(atr, found.until))


class RecentHours:
    """Of the markets that an account is to trade in, for all its surveys: each is asked for once an hour."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._asking = asyncio.Lock()  # trades that begin together ask for the same
        self._told: dict[str, ToldHours] = {}

    async def told(self, symbol: str, now: int) -> ToldHours:
        """The candles that there are at `now` (ms, our clock), with one that still grows. Raises an
        ExchangeError."""
        async with self._asking:
            known, ended = self._told.get(symbol), _HOUR.ended(now)
            if known is not None and _HOUR.ended(known.asked_at) == ended and _reaches(known, ended):
                return known
            # One more than is measured of: by the exchange's clock another hour may have ended.
            since = ended - (CANDLES + 1) * _HOUR
            candles = await self._exchange.candles(symbol, _HOUR, since, now)
            self._told[symbol] = told = ToldHours(symbol, tuple(candles), now)
            return told


def _reaches(told: ToldHours, ended: int) -> bool:
    return any(candle.at + _HOUR == ended for candle in told.candles[-2:])
