"""Price files as exchanges, data vendors and spreadsheets write them."""

from __future__ import annotations

import bz2
import codecs
import gzip
import json
import lzma
from decimal import Decimal
from pathlib import Path

import pytest
import zstandard

from hypertui.venue.market.sources import price_source
from hypertui.venue.model.options import VenueOptions
from tests.series.helpers import (
    CLOSES,
    KLINES,
    LISTS,
    NO_HEADER,
    PLAIN,
    SEMICOLONS,
    SNAPSHOT,
    START,
    TIMES,
    TURNED,
    WALK,
    Content,
    Load,
    at,
    candles,
    table,
    zipped,
)

AS_CANDLES: list[tuple[str, Content, list[str]]] = [
    ("plain", PLAIN, []),
    ("Binance klines", KLINES, [NO_HEADER]),
    (
        "Binance klines since 2025",
        KLINES.replace("00000,1", "00000000,1").replace("59999,8", "59999999,8"),
        [NO_HEADER],
    ),
    ("Kraken", table(None, lambda i, ohlc: f"{TIMES[i] // 1000},{','.join(ohlc)},5.2,3"), [NO_HEADER]),
    ("a line of a zip", zipped(("SOLUSDT-1m.csv", KLINES)), [NO_HEADER]),
    ("zip of a Mac", zipped(("a/b.csv", PLAIN), ("__MACOSX/a/._b.csv", b"\0"), ("a/", "")), []),
    ("gzip in a zip", zipped(("b.csv.gz", gzip.compress(PLAIN.encode(), mtime=0))), []),
    ("bzip2", bz2.compress(PLAIN.encode()), []),
    ("xz", lzma.compress(PLAIN.encode()), []),
    ("zstd", zstandard.compress(PLAIN.encode()), []),
    ("seconds", candles(time=lambda i: str(TIMES[i] // 1000)), []),
    ("seconds with a point", candles(time=lambda i: f"{TIMES[i] // 1000}.0"), []),
    ("microseconds", candles(time=lambda i: str(TIMES[i] * 1000)), []),
    ("nanoseconds", candles(time=lambda i: f"{TIMES[i]}000123"), []),
    ("microseconds from the middle on", candles(time=lambda i: str(TIMES[i] * (1000 if i > 1 else 1))), []),
    ("UTF-16", PLAIN.encode("utf-16"), []),
    ("UTF-16, the other way", codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), []),
    ("UTF-32", PLAIN.encode("utf-32"), []),
    ("Windows-1252", PLAIN.replace("volume", "für €").encode("cp1252"), ["not UTF-8, read as Windows-1252"]),
    ("sep line", "sep=,\n" + PLAIN, []),
    ("semicolons", SEMICOLONS, []),
    ("semicolons after a sep line", '"sep=;"\n' + SEMICOLONS, []),
    ("decimal commas", SEMICOLONS.replace(".", ","), []),
    ("decimal commas without a header", KLINES.replace(",", ";").replace(".", ","), [NO_HEADER]),
    ("tabs", PLAIN.replace(",", "\t"), []),
    ("tabs and decimal commas", PLAIN.replace(",", "\t").replace(".", ","), []),
    ("bars", PLAIN.replace(",", "|"), []),
    (
        "quotes and spaces",
        PLAIN.replace(",", '", "').replace("\n", '"\n"').removesuffix('"').replace("time", '"time', 1),
        [],
    ),
    ("remarks", "# of 2025\n\n// by hand\n" + PLAIN, []),
    (
        "CryptoDataDownload",
        table(
            "unix,date,symbol,open,high,low,close,Volume SOL",
            lambda i, ohlc: f"{TIMES[i] // 1000}.0,{at(i)},SOL/USDT,{','.join(ohlc)},5.2",
            newest_first=True,
            before="https://www.CryptoDataDownload.com\n",
        ),
        [TURNED],
    ),
    (
        "newest first",
        table("Date,Open,High,Low,Close", lambda i, ohlc: f"{at(i)},{','.join(ohlc)}", newest_first=True),
        [TURNED],
    ),
    ("index without a name", candles(",open,high,low,close,volume", at), []),
    (
        "index beside a time",
        table(",timestamp,open,high,low,close", lambda i, ohlc: f"{i},{TIMES[i]},{','.join(ohlc)}"),
        [],
    ),
    ("letters", candles("t,o,h,l,c,v"), []),
    (
        "MetaTrader",
        table(
            "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>",
            lambda i, ohlc: "\t".join((at(i, "%Y.%m.%d"), at(i, "%H:%M:%S"), *ohlc)),
        ),
        [],
    ),
    (
        "Finam",
        table(
            "<TICKER>;<PER>;<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>",
            lambda i, ohlc: ";".join(("SOL", "1", at(i, "%Y%m%d"), at(i, "%H%M%S"), *ohlc)),
        ),
        [],
    ),
    (
        "Histdata",
        table(None, lambda i, ohlc: ";".join((at(i, "%Y%m%d %H%M%S"), *ohlc, "0"))),
        [NO_HEADER],
    ),
    (
        "a date beside the whole time",
        table("date,time,open,high,low,close", lambda i, ohlc: f"{at(i)},{TIMES[i]},{','.join(ohlc)}"),
        [],
    ),
    (
        "Dukascopy",
        candles("Gmt time,Open,High,Low,Close,Volume", lambda i: at(i, "%d.%m.%Y %H:%M:%S.000")),
        [],
    ),
    (
        "Investing, with thousands",
        table(
            "Date,Price,Open,High,Low",
            lambda i, ohlc: '"{}",'.format(at(i, "%m/%d/%Y %H:%M")) + ",".join((ohlc[3], *ohlc[:3])),
        ),
        [],
    ),
    ("blank lines", PLAIN.replace("\n", "\n\n  \n"), []),
    ("a row of nothing", PLAIN + ",,,,,\n", []),
    ("a comma too much", PLAIN.replace("5.25\n", "5.25,\n"), []),
    (
        "header again",
        PLAIN + PLAIN.partition("\n")[0] + "\n",
        ["the header is there 2 times: left out between the rows"],
    ),
    ("a candle twice", PLAIN + PLAIN.splitlines()[-1] + "\n", ["1 row is there twice: left out"]),
    ("candleSnapshot", json.dumps(SNAPSHOT), []),
    ("with a mark", codecs.BOM_UTF8 + json.dumps(SNAPSHOT).encode(), []),
    ("candleSnapshot, newest first", json.dumps(SNAPSHOT[::-1]), [TURNED]),
    ("one object a line", "\n".join(map(json.dumps, SNAPSHOT)), []),
    ("within an object", json.dumps({"ok": True, "candles": SNAPSHOT}), []),
    (
        "within two",
        json.dumps({"retCode": 0, "result": {"category": "linear", "list": LISTS[::-1]}}),
        [NO_HEADER, TURNED],
    ),
    ("lists", json.dumps(LISTS), [NO_HEADER]),
    ("lists of text", json.dumps([list(map(str, row)) for row in LISTS]), [NO_HEADER]),
    (
        "objects with long names",
        json.dumps(
            [
                {"open_time": row[0]} | dict(zip(("open", "high", "low", "close"), row[1:5], strict=True))
                for row in LISTS
            ]
        ),
        [],
    ),
]


@pytest.mark.parametrize(
    ("content", "notes"), [pytest.param(content, notes, id=name) for name, content, notes in AS_CANDLES]
)
def test_candles_from_elsewhere(load: Load, content: Content, notes: list[str]) -> None:
    found = load(content, "SOL")
    assert found.prices == tuple(Decimal(price) for price in WALK)
    assert found.times[::4] == tuple(TIMES)
    assert found.times[1] == START + 15_000
    assert list(found.notes) == notes
    assert (found.rows, found.timed) == (4, True)


TRADE = "aggregate trades: id, price, quantity, first id, last id, time"
AS_PRICES: list[tuple[str, str, list[str]]] = [
    (
        "Binance aggTrades",
        table(None, lambda i, ohlc: f"{9 + i},{ohlc[3]},0.5,{20 + i},{20 + i},{TIMES[i]},True,True"),
        [f"no header: read as {TRADE}"],
    ),
    (
        "Binance aggTrades, futures",
        table(
            "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
            lambda i, ohlc: f"{9 + i},{ohlc[3]},0.5,2,2,{TIMES[i]},true",
        ),
        [],
    ),
    (
        "Binance trades",
        table(None, lambda i, ohlc: f"{9 + i},{ohlc[3]},2,{2 * float(ohlc[3])},{TIMES[i]}000,False,True"),
        ["no header: read as trades: id, price, quantity, value, time"],
    ),
    (
        "Kraken trades",
        table(None, lambda i, ohlc: f"{TIMES[i] // 1000},{ohlc[3]},0.5"),
        ["no header: read as prices: time, price"],
    ),
    (
        "CoinGecko",
        table("snapped_at,price,market_cap,total_volume", lambda i, ohlc: f"{at(i)} UTC,{ohlc[3]},1,2"),
        [],
    ),
    (
        "Hyperliquid's trade history",
        table(
            "time,coin,dir,px,sz,ntl,fee,closedPnl",
            lambda i, ohlc: f"{at(i, '%d/%m/%Y - %H:%M:%S')},SOL,Open Long,{ohlc[3]},1,2,0,0",
        ),
        [],
    ),
    (
        "BitMEX",
        table(
            "timestamp,symbol,side,size,price",
            lambda i, ohlc: f"{at(i, '%Y-%m-%dD%H:%M:%S')}.000123456,SOLUSD,Buy,1,{ohlc[3]}",
        ),
        [],
    ),
    (
        "OKX",
        table(
            "instrument_name,trade_id,side,price,size,created_time",
            lambda i, ohlc: f"SOL-USDT-SWAP,{i},buy,{ohlc[3]},1,{TIMES[i]}",
        ),
        [],
    ),
    ("closes", table("created_at,close", lambda i, ohlc: f"{TIMES[i]},{ohlc[3]}"), []),
]


@pytest.mark.parametrize(
    ("content", "notes"), [pytest.param(content, notes, id=name) for name, content, notes in AS_PRICES]
)
def test_trades_and_closes_from_elsewhere(load: Load, content: str, notes: list[str]) -> None:
    found = load(content, "SOL")
    assert found.prices == tuple(map(Decimal, CLOSES))
    assert found.times == tuple(TIMES)
    assert list(found.notes) == notes


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        KLINES,
        SEMICOLONS.replace(".", ","),
        candles("date,open,high,low,close,volume", at),
        candles("open_time,open,high,low,close,volume"),
        table("Date,Open,High,Low,Close", lambda i, ohlc: f"{at(i)},{','.join(ohlc)}", newest_first=True),
        json.dumps(LISTS),
    ],
)
def test_the_venue_replays_at_the_pace_of_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    path = tmp_path / "prices.data"
    path.write_text(content)
    source = price_source(VenueOptions(prices=path, symbol="SOL"))
    assert [step.symbol for step in source.advance(14_999) if step.symbol == "SOL"] == []
    steps = [step for step in source.advance(240_000) if step.symbol == "SOL"]
    assert [step.time for step in steps] == [part * 15_000 for part in range(1, 16)]
    assert [step.price for step in steps] == [Decimal(price) for price in WALK[1:]]
    if "Date,Open" in content:
        assert f"{path}: newest first: turned round" in caplog.text


def test_a_venue_of_days_waits_a_day(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("time,price\n20250101,150\n20250102,151\n20250103,152\n")
    source = price_source(VenueOptions(prices=path, symbol="SOL"))
    assert all(step.symbol != "SOL" for step in source.advance(86_399_999))
