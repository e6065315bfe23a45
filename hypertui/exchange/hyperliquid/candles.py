"""Candles as the venue tells of them (Hyperliquid documentation, info endpoint, "Candle snapshot")."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.core.candles import Candle, Interval
from hypertui.exchange.hyperliquid.checks import Json, integer, positive, reader, rows, text_of

_WORDS = {
    Interval.MINUTE: "1m",
    Interval.FIVE_MINUTES: "5m",
    Interval.QUARTER: "15m",
    Interval.HOUR: "1h",
    Interval.FOUR_HOURS: "4h",
    Interval.DAY: "1d",
}
# The venue documents that it keeps no more of an interval; one more may grow.
_MOST = 5_001


def question(symbol: str, interval: Interval, since: int, until: int) -> Json:
    """What to ask for the candles of a market from `since` to `until` (ms). The SDK would need the list of
    markets for that."""
    wanted = {"coin": symbol, "interval": _WORDS[interval], "startTime": since, "endTime": until}
    return {"type": "candleSnapshot", "req": wanted}


@reader
def candles(answer: Json, symbol: str, interval: Interval, since: int, until: int) -> Sequence[Candle]:
    """The candles of a market that begin from `since` to `until` (ms), oldest first; those of other times are
    left out."""
    told = rows(answer)
    if len(told) > _MOST:
        raise ValueError(f"{len(told)} candles")
    found = {row["t"]: _candle(row, symbol, interval) for row in told}
    if len(found) != len(told):
        raise ValueError("a candle is there twice")
    return tuple(found[at] for at in sorted(found) if since <= at <= until)


def _candle(row: Json, symbol: str, interval: Interval) -> Candle:
    if (text_of(row["s"]), text_of(row["i"])) != (symbol, _WORDS[interval]):
        raise ValueError(f"a candle of {row['s']!r}, {row['i']!r}")
    found = Candle(integer(row["t"]), positive(row["l"]), positive(row["h"]), positive(row["c"]))
    if found.at != interval.beginning(found.at):
        raise ValueError(f"a candle that begins at {found.at}")
    if not found.low <= found.close <= found.high:
        raise ValueError(f"no price from {found.low} to {found.high}: {found.close}")
    return found
