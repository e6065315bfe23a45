"""Price files: every format that is understood, and one line of error for every one that is not."""

from __future__ import annotations

import codecs
import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.price_series import Series, SeriesError, load_series

D = Decimal
Load = Callable[[str | bytes], Series]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(content: str | bytes) -> Series:
        path = tmp_path / "prices.data"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_series(path)

    return load


def series(prices: list[str | int], times: list[int]) -> Series:
    return Series(tuple(D(price) for price in prices), tuple(times))


TICKS = series(["100.5", "101"], [1_700_000_000_000, 1_700_000_001_000])
TICK_FILE = "time,price\n1700000000000,100.5\n1700000001000,101\n"
START = 1_700_000_040_000
CANDLES = series([10, 9, 12, 11, 11, 13, 8, 9], [START + part * 15_000 for part in range(8)])


@pytest.mark.parametrize(
    "content",
    [
        TICK_FILE,
        TICK_FILE.replace("\n", "\r\n"),
        TICK_FILE.replace("\n", "\r"),
        TICK_FILE.rstrip("\n"),
        TICK_FILE.replace("\n", "\n\n"),
        "Time , PRICE\n 1700000000000 , 100.5\n 1700000001000 , 101\n",
        "venue,price,time,note\nx,100.5,1700000000000,\ny,101,1700000001000,z\n",
        'time,price\n"1700000000000","100.5"\n"1700000001000","101"\n',
        "time,price\n1700000000,100.5\n1700000001,101\n",  # seconds
        "time,price\n1700000000.0,1.005e2\n1700000001.000,101.00\n",
        "time,price\n2023-11-14T22:13:20Z,100.5\n2023-11-14T22:13:21Z,101\n",
        "time,price\n2023-11-14 22:13:20.000000,100.5\n2023-11-14 22:13:21,101\n",  # UTC unless it says so
        "time,price\n2023-11-15T00:13:20+02:00,100.5\n2023-11-15T00:13:21+02:00,101\n",
        codecs.BOM_UTF8 + TICK_FILE.encode(),
        gzip.compress(TICK_FILE.encode(), mtime=0),
        gzip.compress(codecs.BOM_UTF8 + TICK_FILE.replace("\n", "\r\n").encode(), mtime=0),
    ],
)
def test_ticks(load: Load, content: str | bytes) -> None:
    assert load(content) == TICKS


def test_prices_alone(load: Load) -> None:
    assert load("price\n100\n101\n99.5\n") == series([100, 101, "99.5"], [0, 1000, 2000])


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", ["timestamp", "time"])
def test_candles_walk_the_nearer_extreme_first(load: Load, name: str, zipped: bool) -> None:
    # The first closes higher and goes by its low; the second closes lower and goes by its high.
    content = f"{name},open,high,low,close,volume\n{START},10,12,9,11,5\n{START + 60_000},11,13,8,9,6\n"
    assert load(gzip.compress(content.encode(), mtime=0) if zipped else content) == CANDLES


def test_a_candle_that_closes_where_it_opened_goes_by_its_low(load: Load) -> None:
    assert load("open,high,low,close\n10,12,9,10\n10,10,10,10\n").prices[:4] == (10, 9, 12, 10)


def test_candles_of_one_time_stay_in_order(load: Load) -> None:
    times = load("time,open,high,low,close\n0,1,1,1,1\n0,1,1,1,1\n60,1,1,1,1\n").times
    assert list(times) == sorted(times)


@pytest.mark.parametrize("text", [str, float])
@pytest.mark.parametrize("zipped", [False, True])
def test_candle_snapshots(load: Load, text: type, zipped: bool) -> None:
    rows = [(START, 10, 12, 9, 11), (START + 60_000, 11, 13, 8, 9)]
    candles = [
        {"T": t + 59_999, "s": "BTC", "i": "1m", "v": "1.5", "n": 3, "t": t}
        | dict(zip("ohlc", map(text, prices), strict=True))
        for t, *prices in rows
    ]
    content = " \n" + json.dumps(candles, indent=1)
    assert load(gzip.compress(content.encode(), mtime=0) if zipped else content) == CANDLES


def test_numbers_of_a_snapshot_are_read_as_written(load: Load) -> None:
    row = '{"t":%d,"o":0.1,"h":0.30000000000000000001,"l":0.1,"c":0.3}'
    prices = load(f"[{row % 0},{row % 60_000}]").prices
    assert D("0.30000000000000000001") in prices


MALFORMED = [
    # what, content, what the error says
    ("empty", "", "is empty"),
    ("blank", " \n\n ", "is empty"),
    ("gzip of nothing", gzip.compress(b"", mtime=0), "is empty"),
    ("binary", b"\x89PNG\r\n\x1a\n\xff\xfe\x00", "is not a text file"),
    ("half of UTF-16", TICK_FILE.encode("utf-16")[:-1], "is not a text file"),
    ("gzip of binary", gzip.compress(b"\xff\xfe\xfd", mtime=0), "is not a text file"),
    ("gzip cut short", gzip.compress(TICK_FILE.encode(), mtime=0)[:-9], "the gzip data is damaged"),
    ("gzip cut at once", b"\x1f\x8b", "the gzip data is damaged"),
    (
        "gzip with a bad sum",
        gzip.compress(TICK_FILE.encode(), mtime=0)[:-8] + b"12345678",
        "the gzip data is damaged",
    ),
    ("gzip with rubbish inside", b"\x1f\x8bhello", "the gzip data is damaged"),
    ("no header", "100,101\n102,103\n", "line 1: no column 'price'"),
    ("wrong columns", "time,bid\n1,2\n3,4\n", "but 'time,bid'"),
    ("candles without a low", "open,high,close\n1,1,1\n1,1,1\n", "line 1: no column 'price'"),
    ("header only", "time,price\n", "has 0 rows"),
    ("one row", "time,price\n1,100\n", "has 1 row of"),
    ("one candle", "open,high,low,close\n1,1,1,1\n", "has 1 row of"),
    ("text", "price\n100\nten\n", "line 3: price 'ten' is not a number"),
    ("no price", "time,price\n1,\n2,3\n", "line 2: price '' is not a number"),
    ("comma for a point", 'price\n"100,5"\n101\n', "line 2: price '100,5' is not a number"),
    ("NaN", "price\n100\nNaN\n", "line 3: price 'NaN' is not above 0"),
    ("signalling NaN", "price\n100\nsNaN\n", "line 3: price 'sNaN'"),
    ("infinity", "price\n100\ninf\n", "line 3: price 'inf' is not above 0"),
    ("negative", "price\n100\n-1\n", "line 3: price '-1' is not above 0"),
    ("zero", "price\n100\n0.00\n", "line 3: price '0.00' is not above 0"),
    ("enormous", "price\n100\n1e999999\n", "line 3: price '1e999999' is beyond reason"),
    ("tiny", "price\n100\n1e-19\n", "line 3: price '1e-19' is beyond reason"),
    ("too few cells", "time,price\n1,100\n2\n", "line 3: 1 cells, the header has 2"),
    ("too many cells", "time,price\n1,100\n2,101,102\n", "line 3: 3 cells, the header has 2"),
    ("after blank lines", "price\n\n100\n\nten\n", "line 5: price 'ten'"),
    ("unsorted", "time,price\n5000,1\n4000,2\n", "line 3: time 4000000 is before that of the row above"),
    ("unsorted, newest first", "time,price\n6,1\n4,2\n5,2\n", "line 4: time 5000 is after that of the row"),
    ("text for a time", "time,price\nsoon,1\nlater,2\n", "line 2: time 'soon' is not a time"),
    ("no time", "time,price\n,1\n,2\n", "line 2: time '' is not a time"),
    ("negative time", "time,price\n-1,1\n2,2\n", "line 2: time '-1' is not a time"),
    ("NaN for a time", "time,price\nnan,1\n2,2\n", "line 2: time 'nan' is not a time"),
    ("endless time", "time,price\n1e999999,1\n1e999999,2\n", "line 2: time '1e999999' is not a time"),
    ("before 1970", "time,price\n1901-01-01,1\n1902-01-01,2\n", "line 2: time '1901-01-01' is not a time"),
    ("impossible day", "time,price\n2022-02-30,1\n2022-03-01,2\n", "line 2: time '2022-02-30' is not"),
    ("low above high", "open,high,low,close\n1,1,1,1\n10,9,12,11\n", "line 3: open 10 or close 11 lies out"),
    (
        "close above high",
        "open,high,low,close\n10,11,9,12\n1,1,1,1\n",
        "line 2: open 10 or close 12 lies",
    ),
    ("endless cell", "price\n" + "1" * 200_000 + "\n2\n", "line 2: is not CSV"),
    ("open quote", 'price\n"' + "1\n" * 200_000, "is not CSV"),
    ("long text", "price\n" + "x" * 100_000 + "\n2\n", "xxx…' is not a number"),
    ("long header", "x" * 100_000 + "\n1\n2\n", "xxx…'"),
    ("JSON cut short", '[{"t":1', "is not JSON"),
    ("JSON too deep", "[" * 100_000, "is not JSON"),
    ("JSON object", '{"t":1,"o":1,"h":1,"l":1,"c":1}', "is JSON, but not a list of candles"),
    ("JSON of nothing", "[]", "has 0 rows"),
    ("JSON of numbers", "[1,2]", "candle 1: needs the keys t, o, h, l, c"),
    ("JSON with a key missing", '[{"t":1,"o":1,"h":1,"l":1}]', "candle 1: needs the keys"),
]
GOOD = '{"t":0,"o":1,"h":1,"l":1,"c":1}'
MALFORMED += [
    (
        "JSON with text",
        f'[{GOOD},{{"t":1,"o":"x","h":1,"l":1,"c":1}}]',
        "candle 2: price 'x' is not",
    ),
    ("JSON with NaN", f'[{GOOD},{{"t":1,"o":NaN,"h":1,"l":1,"c":1}}]', "candle 2: price 'nan'"),
    ("JSON with null", f'[{GOOD},{{"t":1,"o":null,"h":1,"l":1,"c":1}}]', "candle 2: price 'None'"),
    ("JSON with a negative", f'[{GOOD},{{"t":1,"o":1,"h":1,"l":-1,"c":1}}]', "candle 2: price '-1'"),
    ("JSON without time", f'[{GOOD},{{"t":null,"o":1,"h":1,"l":1,"c":1}}]', "candle 2: time 'None'"),
    ("JSON unsorted", f"[{GOOD.replace('0', '2')},{GOOD}]", "candle 2: time 0 is before"),
    ("JSON with a long number", f"[{GOOD.replace('0', '9' * 5000)},{GOOD}]", "candle 1: time '999"),
]


@pytest.mark.parametrize(("content", "says"), [pytest.param(c, s, id=name) for name, c, s in MALFORMED])
def test_malformed_files_are_refused_in_one_line(load: Load, content: str | bytes, says: str) -> None:
    with pytest.raises(SeriesError) as caught:
        load(content)
    text = str(caught.value)
    assert says in text
    assert "prices.data: " in text
    assert "\n" not in text
    assert "\r" not in text
    assert len(text) < 400


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match=r"absent\.csv: cannot be read: No such file"):
        load_series(tmp_path / "absent.csv")
    with pytest.raises(SeriesError, match="cannot be read: Is a directory"):
        load_series(tmp_path)


@given(st.one_of(st.text(max_size=60), st.binary(max_size=60)))
def test_no_content_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, content: str | bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    for prefix in ("", "price\n1\n2\n", "time,price\n", '[{"t":0,"o":1,"h":1,"l":1,"c":1},'):
        path.write_bytes(prefix.encode() + path.read_bytes())
        try:
            found = load_series(path)
        except SeriesError as error:
            assert "\n" not in str(error)
        else:
            assert len(found.prices) == len(found.times) >= 2
            assert all(price > 0 for price in found.prices)
