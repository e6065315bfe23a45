"""Which prices the options ask for."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hypertui.series.prices import load_prices
from hypertui.venue.market.mirrored_prices import following
from hypertui.venue.market.prices import ManualPrices, PricePath
from hypertui.venue.market.recorded_prices import SeriesPrices
from hypertui.venue.market.synthetic import SyntheticPrices
from hypertui.venue.model.options import VenueOptions

_log = logging.getLogger(__name__)


def price_source(options: VenueOptions) -> PricePath:
    """The prices that the options ask for, but for another venue's; raises ValueError for a file or a preset
    that cannot be used."""
    if options.manual:
        return ManualPrices(markets=options.markets)
    synthetic = SyntheticPrices(options.seed, options.preset, options.markets)
    if options.prices is None:
        return synthetic
    if options.symbol not in synthetic.initial():
        raise ValueError(f"the venue has no market {options.symbol}")
    series = load_prices(options.prices, options.symbol)
    for note in series.notes:
        _log.warning("%s: %s", options.prices, note)
    return SeriesPrices(options.symbol, series.prices, series.times, synthetic, loop=options.loop)


@asynccontextmanager
async def open_prices(options: VenueOptions) -> AsyncIterator[PricePath]:
    """The same, another venue's among them. Raises ValueError."""
    if options.follow is None:
        yield price_source(options)
        return
    async with following(options.follow, options.follow_price, options.markets) as source:
        yield source
