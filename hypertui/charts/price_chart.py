"""The chart of a market's price: its line, the units of the ladder, and where coins were bought and sold."""

from __future__ import annotations

from collections.abc import Iterator

from hypertui.charts import drawing
from hypertui.charts.drawing import DrawnArea
from hypertui.charts.figures import FigureKind, gain, second, shown
from hypertui.charts.price_track import PriceTrack, TrackedFill, TrackedTrade
from hypertui.charts.typeset import escaped
from hypertui.core import phrases
from hypertui.core.market import Instrument, Side

_TOP, _HEIGHT, _BELOW = 14.0, 330.0, 30.0
_LINES = 240  # of units, of all trades together
_APART = 13.0  # between the labels of two units
_MARK = 4.5  # half of a mark's width
_EVERY = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)


def price_chart(track: PriceTrack, instrument: Instrument | None) -> str:
    """The chart, with its legend and what it does not show."""
    prices = [price for trade in track.trades for _, price in trade.line]
    prices += [fill.price for fill in track.fills]
    times = [at for trade in track.trades for at, _ in trade.line] + [fill.at for fill in track.fills]
    where = drawing.area(_TOP, _HEIGHT, (min(times), max(times)), prices, zero=False)
    kind = FigureKind.PRICE
    low, high = shown(min(prices), kind, instrument), shown(max(prices), kind, instrument)
    symbol = track.symbol
    about = f"{symbol} from {low} to {high} USD, {second(where.begin)} to {second(where.end)} UTC"
    drawn = [*drawing.values_axis(where), *drawing.times_axis(where)]
    every = _every(track, where)
    for trade in track.trades:
        drawn += _units(trade, where, every)
    drawn += [drawing.polyline(where, trade.line, "line") for trade in track.trades if len(trade.line) > 1]
    drawn += [_mark(fill, where, instrument) for fill in track.fills]
    legend = f"{_LEGEND} {escaped(' '.join(_notes(track, every)))}"
    return drawing.figure(
        f"{symbol}: price (USD), fills and units", about, where.bottom + _BELOW, drawn, legend
    )


_LEGEND = (
    '<span class="key">▲ bought</span> <span class="key">▼ sold</span> '
    '<span class="key gain">▼ solid: closed with a gain</span> '
    '<span class="key loss">▽ hollow: closed with a loss</span>'
)


def _notes(track: PriceTrack, every: int) -> Iterator[str]:
    if any(trade.units for trade in track.trades):
        lines = "The faint lines are the ladder's units"
        yield f"{lines}." if every == 1 else f"{lines}, every {_th(every)} of them."
    if not all(trade.recorded for trade in track.trades):
        yield (
            "Of some of this time the journal has no prices:"
            " there the line goes through the fills and the moves of the ladder."
        )
    if track.nth > 1:
        yield f"Every {_th(track.nth)} of {track.count:,} fills is drawn."


def _th(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number:,}{ending}"


def _every(track: PriceTrack, where: DrawnArea) -> int:
    """How many units lie between two lines: as few as leaves the lines apart from each other."""
    seen = [
        [price for price in trade.units.values() if where.low < price < where.high] for trade in track.trades
    ]
    most = max((len(prices) for prices in seen), default=0)
    room = where.height / _APART
    lines = sum(len(prices) for prices in seen)
    return next((each for each in _EVERY if most / each <= room and lines / each <= _LINES), _EVERY[-1])


def _units(trade: TrackedTrade, where: DrawnArea, every: int) -> Iterator[str]:
    """The lines of a trade's units for as long as it went on, labelled at its end."""
    if not trade.line:
        return
    span = trade.line[0][0], trade.line[-1][0]
    for number, price in trade.units.items():
        if number % every == 0 and where.low < price < where.high:
            yield drawing.level(where, price, "unit" if number else "unit entry", span)
            label = phrases.unit(number)
            yield drawing.text(where.x(span[1]) + 4, where.y(price) + 3.5, label, "number")


def _mark(fill: TrackedFill, where: DrawnArea, instrument: Instrument | None) -> str:
    """A triangle whose point is at the price: from below for a buy, from above for a sale."""
    buys = fill.side is Side.BUY
    kind = "bought" if buys else "sold"
    if fill.made is not None and fill.made:
        kind = f"{kind} {'gain' if fill.made > 0 else 'loss'}"
    high = 2 * _MARK * (1 if buys else -1)
    return (
        f'<path class="{kind}" d="M{where.x(fill.at):.1f},{where.y(fill.price):.1f}'
        f'l{_MARK},{high}h-{2 * _MARK}z"><title>{escaped(_words(fill, instrument))}</title></path>'
    )


def _words(fill: TrackedFill, instrument: Instrument | None) -> str:
    verb = "bought" if fill.side is Side.BUY else "sold"
    size = shown(fill.size, FigureKind.COINS, instrument)
    price = shown(fill.price, FigureKind.PRICE, instrument)
    made = "" if fill.made is None else f", {gain(fill.made)} USD"
    unit = "" if fill.level is None else f", unit {phrases.unit(fill.level)}"
    return f"{second(fill.at)} {verb} {size} at {price}, {phrases.in_words(fill.reason)}{unit}{made}"
