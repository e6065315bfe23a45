"""The engine as `hypertui run` has it, with a journal in a file, in a thread of the benchmark's process."""

import asyncio
import gc
import random
import threading
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from hypertui.cli.journal import journals
from hypertui.engine.engine import EmbeddedEngine
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
from hypertui.exchange.protocol import Exchange
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.commands import OnExit, Stop
from hypertui.runtime.machine import Machine
from tests.support.ladders import ladder_of

PATIENCE = 10.0
_LOOK = 0.002


class Engine:
    """It trades for as long as the context lasts, and leaves everything as it is then. Trades are named by
    their symbols; without one, the first is meant."""

    def __init__(self, url: str, folder: Path, configs: Sequence[TradeConfig]) -> None:
        self._url = url
        self._folder = folder
        self._configs = configs
        self._stop = Stop(OnExit.LEAVE)
        self._thread = threading.Thread(target=self._run, name="engine")
        self._engine: EmbeddedEngine | None = None
        self.said = ""

    def __enter__(self) -> "Engine":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.request(OnExit.LEAVE)
        self._thread.join()

    @property
    def embedded(self) -> EmbeddedEngine:
        """The engine itself, once it runs."""
        assert self._engine is not None
        return self._engine

    def wait_for_unit(self, unit: int, symbol: str = "") -> None:
        """Return when the ladder is at `unit` and exactly its target works."""
        end = time.monotonic() + PATIENCE
        while not self._ask(unit, symbol):
            if time.monotonic() > end or self.said:
                raise RuntimeError(f"the engine did not settle at {symbol} unit {unit:+d}: {self.said}")
            time.sleep(_LOOK)

    def unit_price(self, unit: int, symbol: str = "") -> Decimal:
        """The price of a unit, once the trade is open."""
        trade = self._trade(symbol)
        assert trade is not None
        return ladder_of(trade.tracker).grid.price(unit)

    def _ask(self, unit: int, symbol: str) -> bool:
        loop = None if self._engine is None else self._engine._loop
        if loop is None:
            return False

        async def look() -> bool:
            trade = self._trade(symbol)
            return trade is not None and ladder_of(trade.tracker).unit == unit and trade.tracker.settled

        return asyncio.run_coroutine_threadsafe(look(), loop).result(PATIENCE)

    def _trade(self, symbol: str) -> LiveTrade | None:
        runner = self.embedded._seats[symbol or self._configs[0].title].runner
        return None if runner is None else runner.trade

    def _run(self) -> None:
        try:
            with journals(self._folder, None, _clock) as journal:
                machine = Machine(_clock, random.Random(1))
                self._engine = EmbeddedEngine(self._connect, journal, self._configs, machine)
                self.said = asyncio.run(self._engine.run(self._stop)).text
        except BaseException as error:
            self.said = repr(error)
            raise

    async def _connect(self, account: str | None) -> Exchange:
        gc.freeze()  # as the command does
        exchange = HyperliquidExchange(paper(self._url), SigningKey.throwaway())
        await exchange.open()
        return exchange


def _clock() -> int:
    return time.time_ns() // 1_000_000
