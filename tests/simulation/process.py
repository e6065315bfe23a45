"""One process of the engine: from its start to its end, by itself or by a kill."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from hypertui.core.shutdown import FAILED
from hypertui.engine.engine import EmbeddedEngine, OpenTrade
from hypertui.engine.live_trade import LiveTrade
from hypertui.engine.publisher import Publisher
from hypertui.engine.trade_runner import TradeRunner
from hypertui.exchange.protocol import Exchange
from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trade_journal import TradeJournal
from hypertui.port.commands import Command, Stop, StopReason, Verb
from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Severity, Snapshot
from hypertui.runtime.machine import Machine
from tests.simulation.alert_desk import SimDesk
from tests.simulation.door import Door
from tests.simulation.exchange import SimExchange
from tests.simulation.memory import Twin

_CANCELS = 1_000
_SHOWN_WITHIN = 100  # ms
_HEART = 0.5  # seconds between two looks at what is overdue


class Unkillable(Exception):
    """The engine's code goes on however often it is cancelled."""


class Watcher:
    """Who watches the trades of a process: nothing is done with what it sees, unless it is overridden."""

    def changed(self, trade: str) -> None:
        """Something has happened to a trade of a living process."""

    def published(self, snapshot: Snapshot) -> None:
        """A trade of a living process has a new snapshot."""

    def ended(self, trade: str, reason: StopReason) -> None:
        """A trade has ended by itself."""


class _SimPublisher(Publisher):
    """Publishes `every` so many ms, as seldom as a seed can bear, and tells of every event and of the end."""

    def __init__(
        self, config: TradeConfig, machine: Machine, door: Door, watcher: Watcher, every: int
    ) -> None:
        super().__init__(config, machine, watcher.published)
        self._every = every
        self._title = config.title
        self._door = door
        self._watcher = watcher
        self._is_old = False  # something has changed since what is shown

    def shown(self) -> Snapshot:
        """What who looks now sees: no change is hidden for longer than it is by an engine."""
        runner = self.runner
        if runner is None or self._door.shut or self.snapshot.over:
            return self.snapshot
        is_old = self._is_old or runner.trade is None
        if is_old and self._clock() - self.snapshot.at >= _SHOWN_WITHIN:
            self._publish()
        return self.snapshot

    def _publish(self) -> None:
        self._is_old = False
        super()._publish()

    def changed(self) -> None:
        self._is_old = True
        runner = self.runner
        if self._door.shut or runner is None:
            return
        self._watcher.changed(self._title)
        late = self._clock() - self.snapshot.at >= self._every
        if late or self._published != (runner.context.mode, runner.context.reason):
            self._publish()

    def ended(self, reason: StopReason) -> None:
        super().ended(reason)
        if not self._door.shut:
            self._watcher.ended(self._title, reason)


class _SimEngine(EmbeddedEngine):
    """The engine, whose every step is watched."""

    def __init__(self, door: Door, watcher: Watcher, publish_every: int, heart: bool, *more: Any) -> None:
        super().__init__(*more)
        self.heart = heart
        for seat in self._seats.values():
            seat.publisher = _SimPublisher(seat.config, self._machine, door, watcher, publish_every)

    def shown(self, trade: str) -> Snapshot | None:
        """A trade as who looks now sees it; None where there is none."""
        seat = self._seats.get(trade)
        return None if seat is None else cast(_SimPublisher, seat.publisher).shown()

    async def _beat(self) -> None:
        """The same without a look at trades to which nothing has happened."""
        while self.heart:
            await asyncio.sleep(_HEART)
            for seat in self._seats.values():
                if seat.runner is not None and not seat.ended:
                    seat.runner.context.tasks.watch()

    def tasks(self) -> list[asyncio.Task[StopReason]]:
        """What its trades do."""
        return [seat.task for seat in self._seats.values() if seat.task is not None]

    def runner(self, trade: str) -> TradeRunner | None:
        """What runs a trade, or has run it."""
        return self._seats[trade].runner

    def is_running(self, trade: str) -> bool:
        """Whether it has not ended yet."""
        return not self._seats[trade].ended


class Process:
    """An engine behind its door, all of whose trades are in one account. Without a `twin` nobody holds their
    state against their inputs after each event."""

    heart = True  # whether the engine's own beats, beside that of each trade
    publish_every = 1_990  # ms; less often than an engine does it, and at any moment of its course

    def __init__(
        self,
        name: str,
        configs: Sequence[TradeConfig],
        exchange: SimExchange,
        open_trade: OpenTrade,
        door: Door,
        machine: Machine,
        watcher: Watcher,
        twin: bool = True,
        open_desk: Callable[[Process], SimDesk] | None = None,
    ) -> None:
        self.name = name
        self.exchange = exchange
        self.door = door
        self.stop = Stop(configs[0].on_exit)
        self.over = asyncio.Event()
        self.titles = [config.title for config in configs]
        self.born = asyncio.get_running_loop().time()
        self.born_at = machine.clock()
        self.events: Sequence[Event] = ()  # what it said while it lived
        self.journals: dict[str, TradeJournal] = {}
        self._said: list[Event] = []
        self._twins: dict[str, Twin] | None = {} if twin else None
        self._open_trade = open_trade
        self._machine = machine
        self._commands = 0
        self.engine = _SimEngine(
            door, watcher, self.publish_every, self.heart, self._connect, self._opened, configs, machine
        )
        self.engine.listen(self._said.append)
        self.desk = None if open_desk is None else open_desk(self)

    async def _connect(self, account: str | None) -> Exchange:
        return cast(Exchange, self.exchange)

    @contextmanager
    def _opened(self, config: TradeConfig, account: str) -> Iterator[tuple[int, TradeJournal]]:
        with self._open_trade(config, account) as (trade_id, journal):
            self.journals[config.title] = journal
            if self._twins is not None:
                self._twins[config.title] = twin = Twin(journal)
                journal = cast(TradeJournal, twin)
            yield trade_id, journal

    def forgets(self, trade: str) -> str:
        """How a trade is otherwise than its inputs tell, in words; empty where it is not."""
        return "" if self._twins is None else self._twins[trade].difference(self.trade(trade))

    @property
    def lives(self) -> bool:
        """Whether it has neither been killed nor come to an end."""
        return not self.over.is_set() and not self.door.shut

    def opened(self, trade: str) -> bool:
        """Whether it lives and trades this."""
        runner = self.runner(trade)
        return (
            self.lives and runner is not None and runner.trade is not None and self.engine.is_running(trade)
        )

    def runner(self, trade: str) -> TradeRunner | None:
        """What runs a trade, or has run it."""
        return self.engine.runner(trade) if trade in self.titles else None

    def waits(self, trade: str) -> bool:
        """Whether it lives, and this trade waits for a signal in it."""
        runner = self.runner(trade)
        return self.lives and runner is not None and runner.signal.waits

    def is_refusal(self, trade: str, reason: StopReason) -> bool:
        """Whether a trade that has ended so could not be begun, or taken up, but may be later."""
        runner = self.runner(trade)
        return (runner is None or runner.trade is None) and reason.status not in (0, FAILED)

    def trade(self, trade: str) -> LiveTrade:
        """A trade that has been taken up."""
        runner = self.runner(trade)
        assert runner is not None, self.name
        assert runner.trade is not None, self.name
        return runner.trade

    async def run(self) -> StopReason | None:
        """Returns how it ended; None for a kill."""
        work = asyncio.create_task(self.engine.run(self.stop), name=self.name)
        death = asyncio.create_task(self.door.closed.wait())
        serving = None if self.desk is None else asyncio.create_task(self.desk.run(), name="desk")
        try:
            await asyncio.wait([work, death], return_when=asyncio.FIRST_COMPLETED)
            return None if self.door.shut else await work
        finally:
            death.cancel()
            await self._bury(work)
            if self.desk is not None and serving is not None:
                serving.cancel()
                (end,) = await asyncio.gather(serving, return_exceptions=True)
                await self.desk.close()
                assert isinstance(end, asyncio.CancelledError), f"the desk has ended by itself: {end!r}"
            self.exchange.detach()
            self.over.set()
            self.events = self.events or tuple(self._said)

    async def command(self, verb: Verb, trade: str) -> bool:
        """Whether the engine took the command; False from a dead one."""
        self._commands += 1
        command = Command(f"{self.name} {self._commands}", verb, "simulation", trade=trade)
        answer = asyncio.create_task(self.engine.command(command))
        over = asyncio.create_task(self.over.wait())
        await asyncio.wait([answer, over], return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if answer.done():
            return answer.result().accepted
        answer.cancel()
        return False

    def leave(self, *, may_die: bool = True) -> None:
        """Ask it to leave, on which way it `may_die`."""
        if may_die:
            self.door.told_to_leave()
        self.stop.request()

    async def _bury(self, work: asyncio.Task[StopReason]) -> None:
        """Clear a dead process away: its clean-up runs, and reaches nobody."""
        if self.door.shut:
            text, now = f"killed after {self.door.kill}", self._machine.clock()
            died = Event(len(self._said) + 1, now, EventKind.STATE, Severity.CRITICAL, text)
            self.events = (*self._said, died)
        work.cancel()
        for _ in range(_CANCELS):
            if work.done():
                return
            self.door.close()
            for task in self.engine.tasks():
                task.cancel()
            await asyncio.sleep(0)
        raise Unkillable(self.name)
