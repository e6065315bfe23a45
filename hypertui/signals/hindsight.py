"""What a price did after a signal had fired, after costs; and what it does anyway. No proof of anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import mean, median

from hypertui.core.candles import Interval
from hypertui.core.market import Side
from hypertui.signals.names import Indicator
from hypertui.signals.watch import SignalRow

HORIZONS: tuple[Interval, ...] = (Interval.HOUR, Interval.FOUR_HOURS, Interval.DAY)


@dataclass(frozen=True, slots=True)
class Firing:
    """A signal that fired `at` a time (ms) at a `price` (USD), with its score and the indicators that were
    on. `after` has the return to each horizon as a fraction, for whoever bought, or sold for a sale, and paid
    for both ways; None where the candle that ends there is missing."""

    at: int
    side: Side
    price: Decimal
    score: Decimal
    on: tuple[Indicator, ...]
    after: Mapping[Interval, Decimal | None]


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Of all firings of a side at one horizon: how many are known, the mean and the median return, the
    fraction above 0, all after costs; and the mean of a trade that begins at any candle, after the same
    costs."""

    count: int
    mean: Decimal
    median: Decimal
    gained: Decimal
    anytime: Decimal


def firings(rows: Iterable[SignalRow], closes: Mapping[int, Decimal], costs: Decimal) -> Iterator[Firing]:
    """Each that fired. `closes` are the prices by the time at which their candles ended (ms), `costs` of both
    ways as a fraction."""
    for row in rows:
        if row.fired is None:
            continue
        assert row.scores is not None, "a score let it fire"
        after = {horizon: _return(row.at, row.fired, horizon, closes, costs) for horizon in HORIZONS}
        yield Firing(row.at, row.fired, row.close, row.scores[row.fired].score, row.on(row.fired), after)


def outcome(
    found: Sequence[Firing], side: Side, horizon: Interval, closes: Mapping[int, Decimal], costs: Decimal
) -> Aftermath | None:
    """What the firings of one side came to; None where none is known."""
    known = [gain for each in found if each.side is side if (gain := each.after[horizon]) is not None]
    if not known:
        return None
    any_time = [gain for at in closes if (gain := _return(at, side, horizon, closes, costs)) is not None]
    gained = Decimal(sum(gain > 0 for gain in known)) / len(known)
    return Aftermath(len(known), mean(known), median(known), gained, mean(any_time))


def _return(
    at: int, side: Side, horizon: Interval, closes: Mapping[int, Decimal], costs: Decimal
) -> Decimal | None:
    then = closes.get(at + horizon)
    return None if then is None else (then / closes[at] - 1) * side.sign - costs
