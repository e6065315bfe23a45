"""What market frames tell of prices: of Hyperliquid's WebSocket, of its public archives, of a recording.

Layouts of one JSON object (or list) a line:

- a recording: `{"at": ms, "frame": …}`, a frame of the WebSocket and when it was received here, or
  `{"at": ms, "gap": …}` where the connection was lost
- books of the archive `market_data`: `{"time": …, "ver_num": 1, "raw": …}`, a frame of the WebSocket
- fills of `node_fills`: `[address, fill]`, each trade once for either side
- fills of `node_fills_by_block`: `{"block_time": …, "events": [[address, fill], …]}`

(The trades of `node_trades` are a table, which `core.price_series` reads.)
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, NamedTuple

from hypertui.core.market import parse_amount
from hypertui.core.price_series import PriceKind, Series, SeriesError
from hypertui.core.price_series.columns import Layout
from hypertui.core.price_series.symbols import of_symbol
from hypertui.core.price_series.table import SeriesTable

_BEGINNINGS = ('{"at":', '{"time":', '{"local_time":', '{"block_time":', '{"raw":', '{"ver_num":', '["0x')
# Which source of a price counts where several tell of it: the first that is there.
_BEST_BID_AND_ASK, _BOOK, _CONTEXT, _ALL_MIDS = range(4)


class Told(NamedTuple):
    """A price (USD) of a market at a time (ms); of several sources the lowest `rank` counts. Trades have an
    id, by which one that is told twice counts once."""

    symbol: str
    kind: PriceKind
    time: int
    price: Decimal
    rank: int = 0
    trade: int | None = None


def are_frames(text: str) -> bool:
    """Whether a text is in one of these layouts."""
    first = text.lstrip().partition("\n")[0]
    if not first.replace(" ", "").startswith(_BEGINNINGS):
        return False
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return False
    if isinstance(row, list):
        return len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], dict) and "px" in row[1]
    return isinstance(row, dict) and any(
        isinstance(row.get(name), dict | list) for name in ("frame", "raw", "events")
    )


def told_in(line: str) -> Iterator[Told]:
    """The prices in a line. Raises SeriesError, without a place, for one in none of the layouts."""
    try:
        row = json.loads(line, parse_float=str)
        if isinstance(row, list):
            yield from _fills([row])
        elif "events" in row:
            yield from _fills(row["events"])
        elif "raw" in row:
            yield from _in_frame(row["raw"], None)
        elif "gap" not in row and isinstance(row["frame"], dict):  # else what was received was no JSON
            yield from _in_frame(row["frame"], int(row["at"]))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, InvalidOperation):
        raise SeriesError("is in none of the layouts of recordings and archives") from None


def _fills(events: Iterable[Any]) -> Iterator[Told]:
    for _, fill in events:
        yield _trade(fill)


def _trade(row: Mapping[str, Any]) -> Told:
    return Told(row["coin"], PriceKind.LAST, int(row["time"]), _price(row["px"]), 0, int(row["tid"]))


def _in_frame(frame: Any, at: int | None) -> Iterator[Told]:
    """The prices in a frame of the WebSocket, at the exchange's own time where that was not received `at`
    one. What tells of none is skipped."""
    channel, data = frame.get("channel"), frame.get("data")
    if channel == "trades":
        yield from map(_trade, data)
    elif channel == "l2Book" and all(data["levels"]):
        bid, ask = (_price(side[0]["px"]) for side in data["levels"])
        time = int(data["time"]) if at is None else at
        yield Told(data["coin"], PriceKind.MID, time, (bid + ask) / 2, _BOOK)
    elif channel == "bbo" and None not in data["bbo"]:
        bid, ask = (_price(side["px"]) for side in data["bbo"])
        time = int(data["time"]) if at is None else at
        yield Told(data["coin"], PriceKind.MID, time, (bid + ask) / 2, _BEST_BID_AND_ASK)
    elif at is not None and channel == "activeAssetCtx":
        yield Told(data["coin"], PriceKind.MARK, at, _price(data["ctx"]["markPx"]))
        if (mid := data["ctx"].get("midPx")) is not None:
            yield Told(data["coin"], PriceKind.MID, at, _price(mid), _CONTEXT)
    elif at is not None and channel == "allMids":
        for symbol, price in data["mids"].items():
            yield Told(symbol, PriceKind.MID, at, _price(price), _ALL_MIDS)


def _price(text: Any) -> Decimal:
    price = parse_amount(text)
    if price <= 0:
        raise ValueError(text)
    return price


@dataclass(frozen=True, slots=True)
class _Source:
    kind: PriceKind
    rank: int


def framed_series(
    lines: Iterable[tuple[str, str]], symbol: str | None, kind: PriceKind | None, notes: list[str]
) -> Series:
    """The prices that lines tell of one market, each line with its place in words; of `kind`, or of the
    first kind that is there: mark, mid, last. Raises SeriesError for a line that is not understood, and for a
    market or kind that is not there."""
    found: dict[str, dict[_Source, list[tuple[int, Decimal]]]] = defaultdict(lambda: defaultdict(list))
    traded: set[tuple[str, int]] = set()
    for place, line in lines:
        try:
            for told in told_in(line):
                if told.trade is not None:
                    if (told.symbol, told.trade) in traded:
                        continue
                    traded.add((told.symbol, told.trade))
                found[told.symbol][_Source(told.kind, told.rank)].append((told.time, told.price))
        except SeriesError as error:
            raise SeriesError(f"{place} {error}") from None
    market = _market(found, symbol, notes)
    kinds = list(dict.fromkeys(each for each in PriceKind if any(source.kind is each for source in market)))
    chosen = kind or (kinds[0] if kinds else PriceKind.MARK)
    if chosen not in kinds:
        has = f"it has {' and '.join(kinds)}" if kinds else "it has no prices"
        raise SeriesError(f"has no {chosen} prices: {has}")
    rows = market[min((each for each in market if each.kind is chosen), key=lambda each: each.rank)]
    if len(rows) < 2:
        raise SeriesError(f"has {len(rows)} {chosen} price, at least 2 are needed")
    others = [each for each in kinds if each is not chosen]
    notes.append(f"{chosen} prices" + (f"; it has {' and '.join(others)} prices too" if others else ""))
    if any(after < before for (before, _), (after, _) in pairwise(rows)):
        rows.sort(key=lambda row: row[0])
        notes.append("not in the order of time: sorted")
    return Series(tuple(price for _, price in rows), tuple(time for time, _ in rows), tuple(notes))


def _market(found: Mapping[str, Any], symbol: str | None, notes: list[str]) -> Mapping[_Source, Any]:
    if not found:
        raise SeriesError("has 0 prices, at least 2 are needed")
    table = SeriesTable(Layout((0,), symbol=0), [[name] for name in found], range(len(found)))
    chosen = of_symbol(table, symbol, notes).rows
    return found[chosen[0][0]]  # type: ignore[no-any-return]
