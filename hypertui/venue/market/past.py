"""An invented past: candles of the hours before a market began, so that charts have something to show.

Nothing was traded, and no price to come depends on it.
"""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import accumulate
from random import Random

from hypertui.venue.market.candles import MINUTE_MS
from hypertui.venue.market.matching import Book
from hypertui.venue.model.markets import Market
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.presets import PRESETS

_STEP_MS = 15_000
_VALUE = 1_000  # USD of each trade that the candles count
_WIDEST = 0.2  # the standard deviation of the logarithm, over all of it


def give_past(book: Book, options: VenueOptions, now: int) -> None:
    """Candles of so many hours before `now` (ms) as the options say, for a market without any. The walk ends
    at the market's price, and is as lively as the one to come is at the options' speed, within reason."""
    if book.candles.latest("1m") is None and not (options.prices and options.symbol == book.market.symbol):
        walk = _walk(book.market, options, book.mark)
        size = max(book.market.instrument.floor_size(_VALUE / book.mark), book.market.instrument.lot)
        for number, price in enumerate(walk, 1 - len(walk)):
            book.candles.trade(now + number * _STEP_MS, price, size)


def _walk(market: Market, options: VenueOptions, end: Decimal) -> list[Decimal]:
    """Prices that lead to `end`, the oldest first. One too small to be written is left at `end`."""
    steps = options.past * 3_600_000 // _STEP_MS
    of_minute = PRESETS[options.preset].deviation * math.sqrt(options.speed)
    deviation = min(of_minute * math.sqrt(_STEP_MS / MINUTE_MS), _WIDEST / math.sqrt(steps))
    # Seeded apart from the walk to come, and by text as that is.
    random = Random(f"{options.seed}:{market.symbol}:past")
    back = accumulate((random.gauss(0.0, deviation) for _ in range(steps)), initial=0.0)
    return [market.round_mark(end * Decimal(math.exp(away))) or end for away in back][::-1]
