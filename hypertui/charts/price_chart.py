"""The chart of a market's price: its line, the units of the ladder, and where coins were bought and sold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from hypertui.charts import drawing
from hypertui.charts.drawing import Drawing, DrawnArea
from hypertui.charts.figures import FigureKind, gain, second, shown
from hypertui.charts.price_track import PriceTrack, TrackedFill
from hypertui.charts.typeset import escaped
from hypertui.core import phrases
from hypertui.core.market import Instrument, Side

_TOP, _HEIGHT, _BELOW = 14.0, 330.0, 30.0
_LINES = 240  # of units, of all trades together
_APART = 13.0  # between the labels of two units
_MARK = 4.5  # half of a mark's width
_EVERY = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)


def price_chart(track: PriceTrack, instrument: Instrument | None) -> Drawing:
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
    seen = [sum(where.low < price < where.high for price in trade.units.values()) for trade in track.trades]
    every = units_apart(seen, where)
    for trade in track.trades:
        if trade.line:
            drawn += unit_lines(trade.units, where, every, (trade.line[0][0], trade.line[-1][0]))
    drawn += [drawing.polyline(where, trade.line, "line") for trade in track.trades if len(trade.line) > 1]
    drawn += [fill_mark(fill, where, instrument) for fill in track.fills]
    legend = f"{FILL_KEYS} {escaped(' '.join(_notes(track, every)))}"
    title = f"{symbol}: price (USD), fills and units"
    return Drawing(title, about, where.bottom + _BELOW, "".join(drawn), legend)


FILL_KEYS = (
    '<span class="key">▲ bought</span> <span class="key">▼ sold</span> '
    '<span class="key gain">▼ solid: closed with a gain</span> '
    '<span class="key loss">▽ hollow: closed with a loss</span>'
)


def _notes(track: PriceTrack, every: int) -> Iterator[str]:
    if any(trade.units for trade in track.trades):
        lines = "The faint lines are the ladder's units"
        yield f"{lines}." if every == 1 else f"{lines}, every {phrases.ordinal(every)} of them."
    if not all(trade.recorded for trade in track.trades):
        yield (
            "Of some of this time the journal has no prices:"
            " there the line goes through the fills and the moves of the ladder."
        )
    if track.nth > 1:
        yield f"Every {phrases.ordinal(track.nth)} of {track.count:,} fills is drawn."


def units_apart(counts: Sequence[int], where: DrawnArea) -> int:
    """How many units lie from one line to the next: as few as leaves the lines apart from each other.
    `counts` are how many units each ladder has there."""
    most, lines = max(counts, default=0), sum(counts)
    room = where.height / _APART
    return next((each for each in _EVERY if most / each <= room and lines / each <= _LINES), _EVERY[-1])


def unit_lines(
    units: Mapping[int, Decimal], where: DrawnArea, every: int, span: tuple[int, int]
) -> Iterator[str]:
    """The lines of a ladder's units for as long as it went on (ms), labelled at its end."""
    for number, price in units.items():
        if number % every == 0 and where.low < price < where.high:
            yield drawing.level(where, price, "unit" if number else "unit entry", span)
            label = phrases.unit(number)
            yield drawing.text(where.x(span[1]) + 4, where.y(price) + 3.5, label, "number")


def fill_mark(
    fill: TrackedFill, where: DrawnArea, instrument: Instrument | None, *, timed: bool = True
) -> str:
    """A triangle whose point is at the price: from below for a buy, from above for a sale. Without `timed`
    nobody knows when it was."""
    buys = fill.side is Side.BUY
    kind = "bought" if buys else "sold"
    if fill.made is not None and fill.made:
        kind = f"{kind} {'gain' if fill.made > 0 else 'loss'}"
    high = 2 * _MARK * (1 if buys else -1)
    when = f"{second(fill.at)} " if timed else ""
    return (
        f'<path class="{kind}" d="M{where.x(fill.at):.1f},{where.y(fill.price):.1f}'
        f'l{_MARK},{high}h-{2 * _MARK}z"><title>{escaped(when + _words(fill, instrument))}</title></path>'
    )


def _words(fill: TrackedFill, instrument: Instrument | None) -> str:
    verb = "bought" if fill.side is Side.BUY else "sold"
    size = shown(fill.size, FigureKind.COINS, instrument)
    price = shown(fill.price, FigureKind.PRICE, instrument)
    made = "" if fill.made is None else f", {gain(fill.made)} USD"
    unit = "" if fill.level is None else f", unit {phrases.unit(fill.level)}"
    return f"{verb} {size} at {price}, {phrases.in_words(fill.reason)}{unit}{made}"
