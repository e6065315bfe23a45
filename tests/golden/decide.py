"""Plays a tape to the engine: what it does with it, a line for each action."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import cast

from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trade_journal import TradeJournal
from hypertui.port.commands import OnExit, StopReason, Verb
from hypertui.port.snapshot import Snapshot
from hypertui.runtime.machine import Machine
from tests.golden.names import Names
from tests.golden.replay import TapeExchange, until
from tests.golden.tape import Row, Tape
from tests.simulation.door import Boundary, Door, Kill
from tests.simulation.exchange import SimExchange
from tests.simulation.ledger import DoorCommit, FileJournal
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.process import Process, Watcher
from tests.support.ladders import ladder_of, recorded_config
from tests.support.memory_journal import MemoryJournal

_PATIENCE = 120.0
_MOMENT = 0.001
# A process is killed after so many commits: none is counted that comes of a state, or of what was only seen.
_KEEP_EVERY = 1_000_000


def decide(tape: Tape) -> Sequence[str]:
    """The engine's decisions, with their times in ms, and what its journal says in the end."""
    loop = VirtualLoop(0)
    with TemporaryDirectory() as folder:
        player = Player(tape, loop, Path(folder))
        run(loop, player.play())
    return player.lines


class Player:
    """Plays it to one process after another; `published` is called for each of their snapshots. `file` is
    where the journal is written down, None for one in memory."""

    def __init__(
        self,
        tape: Tape,
        loop: VirtualLoop,
        folder: Path,
        published: Callable[[Snapshot], None] = lambda _: None,
    ) -> None:
        self.lines: list[str] = []
        self._loop = loop
        self._published = published
        self._parts = list(tape.processes())
        self._about = tape.about
        self.config = recorded_config(tape.about["trade"])
        self._names = Names()
        self._rows: Sequence[Row] = ()
        self.file: FileJournal | None = None
        if tape.about["file"]:
            self.file = FileJournal(folder, Random("journal"), self.disk, _KEEP_EVERY, observes=False)

    async def play(self) -> Process | None:
        """One process after another; returns the last."""
        process = None
        for rows in self._parts:
            self._rows = rows
            await until(rows[0].at)
            process = await self._live()
        runner = None if process is None else process.runner(self.config.title)
        if runner is not None and runner.trade is not None:
            ladder = ladder_of(runner.trade.tracker)
            self._say(
                f"unit {ladder.unit} {ladder.phase.value} {ladder.book.position} {ladder.book.realized_pnl}"
            )
        if self.file is not None:
            self.lines += self._told(self.file)
        return process

    async def _live(self) -> Process:
        rows = self._rows
        door = Door(_kill(rows), armed=True)
        exchange = TapeExchange(self._about["account"], rows, self._names, door, self._say)
        group = None if self.file is None else self.file.connect(door)
        process = _Process(
            rows[0].data["name"],
            [self.config],
            cast(SimExchange, exchange),
            partial(self._open_trade, group, int(rows[0].data["trade"], 16)),
            door,
            Machine(self._clock, Random(rows[0].data["name"]), self._clock_set_by, self._clock),
            _Published(self._published),
        )
        work = asyncio.create_task(process.run())
        orders = asyncio.create_task(self._order(process, rows))
        patience = _MOMENT if door.kill else _PATIENCE
        await asyncio.wait([work], timeout=rows[-1].at + patience - self._loop.time())
        if not work.done():
            self._say("outlives its tape")
            door.close()
        reason: StopReason | None = await work
        orders.cancel()
        await asyncio.gather(orders, return_exceptions=True)
        await asyncio.sleep(0)  # lets go of commands that nobody answers any more
        if group is not None:
            group.close()
        self._say(
            "ends"
            if reason is None or process.is_refusal(self.config.title, reason)
            else f"leaves with status {reason.status}"
        )
        if exchange.strays:
            self._say(f"asked what was not asked then: {dict(exchange.strays)}")
        return process

    @contextmanager
    def _open_trade(
        self, group: DoorCommit | None, number: int, config: TradeConfig, account: str
    ) -> Iterator[tuple[int, TradeJournal]]:
        if group is None or self.file is None:
            yield number, MemoryJournal()
        else:
            yield self.file.trade(group, config, self._clock(), account)

    async def _order(self, process: Process, rows: Sequence[Row]) -> None:
        """What the operator orders."""
        answers: list[asyncio.Task[bool]] = []
        for row in rows:
            if row.kind == "command":
                await until(row.at)
                answers.append(asyncio.create_task(process.command(Verb(row.data), self.config.title)))
            elif row.kind == "leave":
                await until(row.at)
                process.stop.request(None if row.data is None else OnExit(row.data))
        await asyncio.gather(*answers)

    def _say(self, text: str) -> None:
        self.lines.append(f"{round(self._loop.time() * 1000)} {text}")

    def _told(self, file: FileJournal) -> Iterator[str]:
        """The fills of the journal."""
        for row in file.fills():
            fill = row.fill
            owner = "elsewhere" if fill.client_id is None else self._names.name(fill.client_id)
            yield f"row {owner} {row.role} {fill.side.value} {fill.size} at {fill.price} fee {fill.fee}"

    def disk(self) -> _TapedOutages:
        """The outages of the process that comes."""
        return _TapedOutages([(row.at, row.data) for row in self._rows if row.kind == "disk"])

    def _clock(self) -> int:
        return int(self._about["epoch"]) + round(self._loop.time() * 1000)

    def _clock_set_by(self) -> int:
        now = self._loop.time()
        return sum(by for at, by in self._about["clock_steps"] if at <= now)


class _Process(Process):
    heart = False  # a tape that was made without one has events that fall together with its beats


class _Published(Watcher):
    """Hands every snapshot on."""

    def __init__(self, hear: Callable[[Snapshot], None]) -> None:
        self._hear = hear

    def published(self, snapshot: Snapshot) -> None:
        self._hear(snapshot)


class _TapedOutages:
    """Fulfils `Disk` by the times between which it was out of reach."""

    def __init__(self, outages: Sequence[tuple[float, float]]) -> None:
        self._outages = outages
        self._random = Random("disk")

    def is_down(self) -> bool:
        now = asyncio.get_running_loop().time()
        return any(since <= now < until for since, until in self._outages)

    def delay(self) -> float:
        return self._random.uniform(0.0, 0.5)

    def takes(self) -> float:
        return 0.0


def _kill(rows: Sequence[Row]) -> Kill | None:
    for row in rows:
        if row.kind == "end" and "after" in row.data:
            return Kill(Boundary[row.data["after"]], row.data["count"], 0.0)
    return None
