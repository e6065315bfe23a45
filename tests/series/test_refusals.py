"""Price files without one meaning: each is refused in one line that says why."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
from pathlib import Path

import pytest
import zstandard

from hypertui.core.price_series import SeriesError, load_series
from tests.series.helpers import (
    KLINES,
    LISTS,
    PLAIN,
    SEVERAL,
    SNAPSHOT,
    TIMES,
    Content,
    Load,
    at,
    candles,
    zipped,
)

REFUSED: list[tuple[str, Content, str]] = [
    ("two closes", candles("timestamp,open,high,low,close,close"), "line 1: 2 columns are called 'close'"),
    (
        "two times",
        candles("time,open,high,low,close,Time").replace("Time", "time"),
        "2 columns are called 'time'",
    ),
    (
        "a time of another name",
        candles("when,open,high,low,close,volume"),
        "column 1 seems to be the time, but has no name",
    ),
    (
        "no header and no known shape",
        KLINES.replace(",149.50", ",150.60", 1),
        "line 1: no column 'price' and not all of",
    ),
    (
        "a headerless row of another shape",
        KLINES.replace(",148.00,", ",151.00,"),
        "line 3: open 151.50 or close 148.25",
    ),
    (
        "open and close in each other's place",
        "time,close,open,high\n1,1,1,1\n",
        "line 1: no column 'price' and not all",
    ),
    ("cut off", PLAIN.rstrip()[:-16], "line 5: 4 cells, the header has 6"),
    (
        "nothing traded",
        PLAIN.replace("150.25,151.50,150.25,151.50", ",,,"),
        "line 3: price '' is not a number",
    ),
    (
        "NaN",
        PLAIN.replace("150.25,151.50,150.25,151.50", "NaN,NaN,NaN,NaN"),
        "line 3: price 'NaN' is not above 0",
    ),
    ("a wick to 0", PLAIN.replace("148.00", "0"), "line 4: price '0' is not above 0"),
    ("underscores", "price\n149_0.83\n150\n", "line 2: price '149_0.83' is not a number"),
    ("underscores in times", "time,price\n1_735,1\n1_736,2\n", "line 2: time '1_735' is not a time"),
    ("thousand or point", "time;price\n60;1,234\n120;1,235\n", "line 2: price '1,234' may be 1.234 or 1234"),
    ("two notations", "time;price\n60;1,5\n120;1.5\n", "line 3: price '1.5' is not a number"),
    ("a currency", "price\n$150\n$151\n", "line 2: price '$150' is not a number"),
    (
        "day or month",
        "date,price\n01/02/2025,1\n02/03/2025,1\n03/04/2025,1\n",
        "may begin with the day or with the month",
    ),
    (
        "a zone in words",
        "time,price\n2025-01-01 00:00 EST,1\n2025-01-01 00:01 EST,2\n",
        "line 2: time '2025-01-01 00:00 EST'",
    ),
    (
        "a year far away",
        "time,price\n9735689600000,1\n9735689660000,2\n",
        "line 2: time '9735689600000' is not a time",
    ),
    (
        "one time that is none",
        candles(time=lambda i: at(i) if i != 2 else "31/31/2025"),
        "line 4: time '31/31/2025'",
    ),
    (
        "several symbols",
        SEVERAL,
        "holds 4 symbols, one is wanted: 'BTCUSDT', 'SOLUSDT', 'SOL/BTC', 'SOLVUSDT'",
    ),
    (
        "forth and back",
        PLAIN + PLAIN.partition("\n")[2],
        "line 6: time 1735689600000 is before that of the row above",
    ),
    (
        "two files in a zip",
        zipped(("a.csv", PLAIN), ("b.csv", PLAIN)),
        "is a zip of 2 files, one is wanted: 'a.csv', 'b.csv'",
    ),
    ("an empty zip", zipped(), "is not a text file"),
    ("a damaged zip", zipped(("a.csv", PLAIN))[:90], "the zip data is damaged"),
    ("damaged bzip2", bz2.compress(PLAIN.encode())[:-5], "the bzip2 data is damaged"),
    ("damaged xz", lzma.compress(PLAIN.encode())[:-5], "the xz data is damaged"),
    (
        "a workbook",
        zipped(("[Content_Types].xml", "<a/>")),
        "is an Excel workbook, which is not understood; save it as CSV",
    ),
    ("Parquet", b"PAR1\x15\x04", "is a Parquet file, which is not understood"),
    ("damaged zstd", zstandard.compress(PLAIN.encode())[:-5], "the zstd data is damaged"),
    (
        "LZ4",
        b"\x04\x22\x4d\x18\x04",
        "is compressed with LZ4, which is not understood; unpack it first with unlz4",
    ),
    ("text of no encoding", b"price\n\x81\n", "is not a text file"),
    ("mids", '{"BTC": "60000", "SOL": "150"}', "is JSON, but not a list of candles"),
    (
        "lists of another order",
        json.dumps([[TIMES[0], 1, 3, 2, 0.5, 9]]),
        "or a list of time, open, high, low, close",
    ),
    ("a list cut short", json.dumps([*LISTS, LISTS[0][:3]]), "candle 5: is no list of 6, as the first is"),
    ("a line cut short", "\n".join(map(json.dumps, SNAPSHOT))[:-9], "line 4: is not JSON"),
]


@pytest.mark.parametrize(
    ("content", "says"), [pytest.param(content, says, id=name) for name, content, says in REFUSED]
)
def test_what_has_not_one_meaning_is_refused_in_one_line(load: Load, content: Content, says: str) -> None:
    with pytest.raises(SeriesError) as caught:
        load(content)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(SeriesError, match="is not a regular file"):
            load_series(path)


def test_a_bomb_is_refused(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hypertui.core.price_series.packing.LARGEST", 1024 * 1024)
    for content in (gzip.compress(bytes(2**21), mtime=0), zipped(("a.csv", bytes(2**21))), bytes(2**21)):
        with pytest.raises(SeriesError, match="holds more than 1 MiB"):
            load(content)
