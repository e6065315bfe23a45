"""Price files of one small walk, in every dress."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from hypertui.core.price_series import Series

Content: TypeAlias = str | bytes
Load: TypeAlias = Callable[..., Series]

START = 1_735_689_600_000  # 2025-01-01
# Open, high, low, close of four minutes. Walked backwards, or with two columns in each other's place, they
# give other prices.
CANDLES = [
    ("150.00", "150.75", "149.50", "150.25"),
    ("150.25", "151.50", "150.25", "151.50"),
    ("151.50", "151.50", "148.00", "148.25"),
    ("148.25", "149.00", "147.75", "149.00"),
]
CLOSES = [close for *_, close in CANDLES]
WALK: list[str | int] = [150, "149.5", "150.75", "150.25", "150.25", "150.25", "151.5", "151.5"]
WALK += ["151.5", "151.5", 148, "148.25", "148.25", "147.75", 149, 149]
TIMES = [START + minute * 60_000 for minute in range(4)]


def at(minute: int, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    return datetime.fromtimestamp(TIMES[minute] / 1000, UTC).strftime(form)


def table(
    header: str | None,
    row: Callable[[int, Sequence[str]], str],
    *,
    newest_first: bool = False,
    before: str = "",
) -> str:
    lines = [row(minute, CANDLES[minute]) for minute in range(4)]
    head = [] if header is None else [header]
    return before + "\n".join([*head, *(reversed(lines) if newest_first else lines)]) + "\n"


def candles(
    header: str = "timestamp,open,high,low,close,volume", time: Callable[[int], str] | None = None
) -> str:
    stamp = (lambda minute: str(TIMES[minute])) if time is None else time
    return table(header, lambda minute, ohlc: f"{stamp(minute)},{','.join(ohlc)},5.25")


def zipped(*files: tuple[str, Content]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


PLAIN = candles()
KLINES = table(None, lambda i, ohlc: f"{TIMES[i]},{','.join(ohlc)},5.2,{TIMES[i] + 59_999},800.1,5,1.5,2.5,0")
SEMICOLONS = PLAIN.replace(",", ";")
SNAPSHOT = [
    {"T": TIMES[i] + 59_999, "t": TIMES[i], "s": "SOL", "i": "1m"}
    | dict(zip("ohlc", CANDLES[i], strict=True))
    | {"v": "5.25", "n": 3}
    for i in range(4)
]
LISTS = [[TIMES[i], *(float(price) for price in CANDLES[i]), 5.25] for i in range(4)]
NO_HEADER = "no header: read as candles: time, open, high, low, close"
TURNED = "newest first: turned round"


SEVERAL = "time,symbol,price\n" + "".join(
    f"{minute * 60 + 1_735_689_600},{name},{price + minute}\n"
    for minute in range(3)
    for name, price in (("BTCUSDT", 90_000), ("SOLUSDT", 150), ("SOL/BTC", 1), ("SOLVUSDT", 2))
)
