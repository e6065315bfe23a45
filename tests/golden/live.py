"""Tapes of live engines on the local venue: those of the tests, and hours of paper trading at speed.

As a plugin of pytest (`-p tests.golden.live`) it tapes every engine that the tests run, into the folder that
TAPES names; `hour` plays a stretch of prices to one.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from hypertui.exchange.protocol import Exchange
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.commands import Ack, OnExit, Stop, Verb
from tests.golden.names import Names
from tests.golden.tap import Tap
from tests.golden.tape import Tape
from tests.support import live_engine
from tests.support.ladders import config_record
from tests.support.live_engine import LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue

_EVERY = 0.1  # seconds from one price to the next
_PER_MINUTE = 24  # prices, of each minute of the series


class TapedLive(LiveEngine):
    """Notes what reaches its engine."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.stop = _NotedStop(self)
        self.tape = Tape({})
        self.whole = not (more.get("history") or more.get("journal") or args[2:])  # nothing but the tape
        self._began = time.monotonic()
        self._turn: float | None = None
        self._names = Names()
        self._tap: Tap | None = None

    def note(self, kind: str, data: Any = None) -> None:
        """Something came, or happened, now."""
        self.tape.note(self._time(), kind, data)

    async def _connect(self, account: str | None) -> Exchange:
        exchange = await super()._connect(account)
        self._began = time.monotonic()
        self.tape = Tape(
            {
                "name": "live",
                "trade": config_record(self.config),
                "account": exchange.account,
                "epoch": wall_clock(),
                "clock_steps": [],
                "file": False,
            }
        )
        self.note("start", {"name": "live", "trade": "1"})
        self._names = Names()
        self._tap = Tap(exchange, self.tape, self._names, self._turn_time)
        return cast(Exchange, self._tap)

    def command(self, verb: Verb, command_id: str | None = None) -> Ack:
        self.note("command", verb.value)
        return super().command(verb, command_id)

    def _run(self) -> None:
        super()._run()
        asked = {} if self._tap is None else dict(self._tap.asked)
        self.note("end", {"asked": asked, "placed": len(self._names)})

    def _time(self) -> float:
        return time.monotonic() - self._began

    def _turn_time(self) -> float:
        """What comes in one turn of the engine's loop is handled as one, and so it has one time."""
        if self._turn is None:
            self._turn = self._time()
            asyncio.get_running_loop().call_soon(self._turn_ends)
        return self._turn

    def _turn_ends(self) -> None:
        self._turn = None


class _NotedStop(Stop):
    def __init__(self, live: TapedLive) -> None:
        super().__init__(live.config.on_exit)
        self._live = live

    def request(self, on_exit: OnExit | None = None) -> None:
        self._live.note("leave", None if on_exit is None else on_exit.value)
        super().request(on_exit)


def hour(config: TradeConfig, prices: Sequence[Decimal], orders: dict[int, Verb]) -> Tape:
    """An engine that trades by `config` while these prices pass; `orders` are the operator's, each after so
    many of them."""
    with LocalVenue({config.symbol: prices[0]}) as venue, TapedLive(venue, config) as live:
        live.opened()
        for number, price in enumerate(prices):
            venue.set_price(config.symbol, float(price))
            if number in orders:
                live.command(orders[number])
            time.sleep(_EVERY)
    return live.tape


def path(candles: Sequence[tuple[Decimal, Decimal, Decimal, Decimal]]) -> Iterator[Decimal]:
    """Prices that go from each candle's open to its close by way of its low and high, whichever is nearer
    first."""
    for begin, high, low, end in candles:
        turns = (begin, low, high, end) if begin - low < high - begin else (begin, high, low, end)
        for here, there in pairwise(turns):
            steps = _PER_MINUTE // 3
            for step in range(steps):
                yield here + (there - here) * step / steps


def pytest_configure() -> None:
    """Tape the engines of all tests."""
    if folder := os.environ.get("TAPES"):
        _Saved.folder = Path(folder)
        live_engine.LiveEngine = _Saved  # type: ignore[misc]


class _Saved(TapedLive):
    folder: Path

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        if self.whole and self.tape.about and not exception[0]:
            name = re.sub(r"\W+", "-", os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split(" ")[0])
            self.tape.save(self.folder / f"test {name.strip('-')}.tape.xz")
