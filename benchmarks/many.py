"""What a trade's stop waits for the others in its engine: eight trades on one account, beside one alone.

Each engine is in a process of its own, `python -m benchmarks.many SYMBOL ...`, with a journal in a file and a
venue of its own. They take steps in turn, so that whatever else the machine does meets both, and while one
does the other stands still. Every step goes one unit up, which moves the lowest stop of the trade. Of the
eight, one market moves at a time; in every so many steps all of them do, at the same moment, so that eight
stops have to leave. A trade's figure is from the bytes of its own price to the last byte of its own stop.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import cycle, dropwhile
from pathlib import Path

from benchmarks.engine import PATIENCE, Engine
from benchmarks.figures import Spread, milliseconds, ratio
from benchmarks.market import running
from benchmarks.taps import ARRIVED, FRAME, SENT, Event, Recorder
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.snapshot import Network
from hypertui.venue.model.listing import LISTINGS
from tests.support.ladders import ladder_config

STEPS = 600  # of one market
WARM_UP = 24  # of them, which are not counted
TOGETHER = 6  # after so many of them follows one of all markets
PACE = 0.35  # seconds from one step to the next: faster, and eight trades would run out of request weight
QUIET = 0.1  # seconds after a step: by then its rows are written, and the screen is made
UNITS = {
    "BTC": "50",
    "ETH": "2.5",
    "SOL": "0.12",
    "XRP": "0.002",
    "DOGE": "0.0002",
    "BNB": "0.5",
    "AVAX": "0.02",
    "LINK": "0.012",
}
_ASSETS = {market.asset: market.symbol for market in LISTINGS["dozen"]}


def step() -> dict[str, object]:
    """From the price message's bytes at the engine's socket to the last byte of the stop that it causes."""
    alone: list[int] = []
    apart: list[int] = []
    together: list[int] = []
    all_at_once: list[int] = []  # until the last stop of such a step has left
    missed = 0
    symbols = list(UNITS)
    with _engine(symbols[:1]) as one, _engine(symbols) as eight:
        began = time.monotonic()
        for taken, symbol in zip(range(STEPS + WARM_UP), cycle(symbols), strict=False):
            moves = [(one, symbols[:1], alone), (eight, [symbol], apart)]
            if taken % TOGETHER == TOGETHER - 1:
                moves.append((eight, symbols, together))
            for engine, moved, times in moves:
                found = engine.step(moved)
                if taken >= WARM_UP:
                    missed += len(moved) - len(found)
                    times += found
                    if moved == symbols and found:
                        all_at_once.append(max(found))
                time.sleep(QUIET)
            time.sleep(max(0.0, began + (taken + 1) * PACE - time.monotonic()))
    single = milliseconds(alone)
    return {
        "trades": len(symbols),
        "steps": [len(alone), len(apart), len(together)],
        "not_paired": missed,
        "one_p50_ms": single.p50,
        "one_p99_ms": single.p99,
        **_told(milliseconds(apart), single, ""),
        **_told(milliseconds(together), single, "together_"),
        **_told(milliseconds(all_at_once), single, "last_of_eight_"),
    }


def _told(measured: Spread, single: Spread, kind: str) -> dict[str, object]:
    """These times beside those of the one trade, under names that begin with `kind`."""
    return {
        f"{kind}p50_ms": measured.p50,
        f"{kind}p99_ms": measured.p99,
        f"{kind}ratio": ratio(measured.p50, single.p50),
        f"{kind}ratio_p99": ratio(measured.p99, single.p99),
    }


class _Engine:
    """An engine in another process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._inlet, self._outlet = process.stdin, process.stdout

    def step(self, symbols: Sequence[str]) -> list[int]:
        """Move these markets by one unit at one moment; returns the ns that each one's stop took to leave,
        but for those of which that cannot be told."""
        self._inlet.write(" ".join(symbols) + "\n")
        self._inlet.flush()
        return list(json.loads(self._outlet.readline()))


@contextmanager
def _engine(symbols: Sequence[str]) -> Iterator[_Engine]:
    command = [sys.executable, "-m", "benchmarks.many", *symbols]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the engine did not start")
        yield _Engine(process)
        process.stdin.close()


def _serve(symbols: Sequence[str]) -> None:
    """Trade these, and take a step for each line on standard input, until that ends."""
    beside = Path(__file__).parent  # a disk: in the folder for temporary files a commit may cost nothing
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=beside) as folder,
        running() as (url, set_prices),
    ):
        placed = threading.Semaphore(0)
        recorder = Recorder(lambda kind: placed.release() if kind == "order" else None)
        with (
            recorder.recording(),
            Engine(url, Path(folder), [_config(symbol) for symbol in symbols]) as engine,
        ):
            for symbol in symbols:
                engine.wait_for_unit(0, symbol)
            units = dict.fromkeys(symbols, 0)
            print("ready", flush=True)
            for line in sys.stdin:
                moved = line.split()
                for symbol in moved:
                    units[symbol] += 1
                prices = {symbol: engine.unit_price(units[symbol], symbol) for symbol in moved}
                recorder.take()
                while placed.acquire(blocking=False):
                    pass
                set_prices(prices)
                for _ in moved:  # looking at the engine before that would be in its way
                    placed.acquire(timeout=PATIENCE)
                for symbol in moved:
                    engine.wait_for_unit(units[symbol], symbol)
                print(json.dumps(left(recorder.take(), prices)), flush=True)


def _config(symbol: str) -> TradeConfig:
    return ladder_config(Network.PAPER, symbol, Decimal(UNITS[symbol]), Decimal(1_000), 10)


def left(events: Sequence[Event], prices: dict[str, Decimal]) -> list[int]:
    """The ns from the bytes of each price to the last byte of the one stop that left in its market."""
    events = list(dropwhile(lambda event: event[1] != ARRIVED, events))  # a frame of the step before
    arrivals = (time for time, kind, _ in events if kind == ARRIVED)
    arrived: dict[str, int] = {}
    for at, text in zip(arrivals, (text for _, kind, text in events if kind == FRAME), strict=False):
        frame = json.loads(text)
        if frame["channel"] == "activeAssetCtx":
            symbol, mark = frame["data"]["coin"], Decimal(frame["data"]["ctx"]["markPx"])
            if mark == prices.get(symbol):
                arrived.setdefault(symbol, at)
    stops: dict[str, list[int]] = {}
    for at, kind, text in events:
        if kind == SENT and (action := json.loads(text)["action"])["type"] == "order":
            for order in action["orders"]:
                stops.setdefault(_ASSETS[order["a"]], []).append(at if order["r"] else 0)
    return [
        stops[symbol][0] - at
        for symbol, at in arrived.items()
        if len(stops.get(symbol, ())) == 1 and stops[symbol][0] > at
    ]


if __name__ == "__main__":
    _serve(sys.argv[1:])
