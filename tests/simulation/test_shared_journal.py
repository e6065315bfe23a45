"""Several trades of one process in one faulty file: kills, outages, and no receipt too early."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hypertui.execution.durability import Durability, JournalFailed, JournalRecovered
from hypertui.execution.trade_inputs import StateSet
from hypertui.execution.trading_state import TradingState
from hypertui.port.snapshot import Network
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.event_queue import EventQueue
from hypertui.runtime.health_tally import HealthTally
from hypertui.runtime.tasks import Task
from tests.simulation.door import Boundary, Door, Kill
from tests.simulation.ledger import DoorCommit, DoorJournal, FileJournal
from tests.simulation.loop import VirtualLoop, run
from tests.support.ladders import ladder_config

_COINS = ("SOL", "ETH", "BTC", "HYPE")
_LIVES = 4
_SECONDS = 40.0


class _BadDisk:
    """Is out of reach now and then, and slow as often."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._down_until = 0.0

    def is_down(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now >= self._down_until and self._random.random() < 0.05:
            self._down_until = now + self._random.uniform(0.2, 4.0)
        return now < self._down_until

    def delay(self) -> float:
        return self._random.uniform(0.0, 0.5)

    def takes(self) -> float:
        slow = self._random.random()
        return self._random.uniform(0.5, 3.0) if slow < 0.03 else self._random.uniform(0.0, 0.05)


class _Trade:
    """Writes down inputs, and hears when they are durable."""

    def __init__(self, journal: DoorJournal, random: Random, loop: VirtualLoop) -> None:
        self.journal = journal
        self.recorded = len(journal.history().opening) + len(journal.history().again())
        self.promised = 0
        self.queue: EventQueue[Any] = EventQueue(self._take, lambda: None)
        alarms = Alarms(EventLog(loop.clock), loop.clock)
        retry, tally = Task("retry", 1, loop.clock), HealthTally(loop.clock())
        self.durability = Durability(journal, self.queue, alarms, random, retry, tally, loop.clock)
        self._random = random
        self._loop = loop

    async def live(self, seen: Counter[str]) -> None:
        """Until it is killed, or the time is up."""
        events = asyncio.create_task(self.queue.run_until(lambda: False))
        try:
            await self._go_on(seen)
        finally:
            events.cancel()
            await asyncio.wait([events])

    async def _go_on(self, seen: Counter[str]) -> None:
        until = self._loop.time() + _SECONDS
        while self._loop.time() < until:
            for _ in range(self._random.randint(1, 6)):
                self.recorded += 1
                self.journal.record(StateSet(self._loop.clock(), TradingState()))
            if self._random.random() < 0.5:
                self.durability.commit(stops_first=self._random.random() < 0.5)
            else:
                upto = self.recorded
                if problem := await self.durability.written():
                    seen["problems"] += 1
                    assert "out of reach" in problem or "not answered" in problem
                elif not self.journal._door.shut:
                    seen["receipts"] += 1
                    self.promised = upto
            await asyncio.sleep(self._random.expovariate(4.0))
        lost = await self.durability.leave()
        seen["losses"] += bool(lost)
        if not lost and not self.journal._door.shut:
            self.promised = self.recorded

    def _take(self, event: object) -> None:
        if isinstance(event, JournalRecovered | JournalFailed):
            self.durability.take(event)


async def _play(folder: Path, seed: int, count: int, loop: VirtualLoop) -> Counter[str]:
    random, seen = Random(f"shared {seed}"), Counter[str]()
    configs = [ladder_config(Network.PAPER, "SOL", Decimal("0.5"), Decimal(2000), 20)] * count
    configs = [replace(config, symbol=coin) for config, coin in zip(configs, _COINS, strict=False)]
    file = FileJournal(folder, random, lambda: _BadDisk(random))
    promised: dict[int, int] = {}
    for life in range(_LIVES):
        last = life == _LIVES - 1
        boundary = random.choice((Boundary.COMMIT, Boundary.COMMITTED, Boundary.TIME))
        kill = None if last else Kill(boundary, float(random.randint(2, 30)), 1.0)
        door = Door(kill, armed=True)
        group = file.connect(door)
        trades: dict[int, _Trade] = {}
        for config in configs:
            number, journal = file.trade(group, config, loop.clock())
            assert not promised or number in promised, "the next life takes up the same trades"
            trades[number] = _Trade(journal, random, loop)
        await _live(list(trades.values()), door, group, seen)
        for number, trade in trades.items():
            promised[number] = max(promised.get(number, 0), trade.promised)
            assert [entry.kind for entry in file.inputs(number)] == ["state"] * len(file.inputs(number))
            assert len(file.inputs(number)) >= promised[number], f"trade {number} after life {life}"
        seen["kills"] += door.shut
    assert all(file.lives(config) for config in configs)
    return seen


async def _live(trades: list[_Trade], door: Door, group: DoorCommit, seen: Counter[str]) -> None:
    works = [asyncio.create_task(trade.live(seen)) for trade in trades]
    death = asyncio.create_task(door.closed.wait())
    everything = asyncio.gather(*works)
    await asyncio.wait([everything, death], return_when=asyncio.FIRST_COMPLETED)
    if not door.shut:
        await everything
    for task in (*works, death):
        task.cancel()
    await asyncio.gather(*works, death, everything, return_exceptions=True)
    for trade in trades:
        await trade.queue.close()
    group.close()


@pytest.mark.parametrize("count", [2, 4])
def test_trades_that_share_a_faulty_file_are_told_the_truth(tmp_path: Path, count: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(6):
        folder = tmp_path / str(seed)
        folder.mkdir()
        loop = VirtualLoop(0.0)
        played: Callable[[], Any] = lambda: _play(folder, seed, count, loop)  # noqa: B023, E731
        seen += run(loop, played())
    assert seen["receipts"] > 250
    assert seen["problems"] > 10
    assert seen["kills"] > 10
