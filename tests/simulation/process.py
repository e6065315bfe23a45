"""One process of the engine: from its start to its end, by itself or by a kill."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import cast

from hypertui.engine.live_trade import LiveTrade
from hypertui.engine.screen_tables import ScreenTables
from hypertui.engine.trade_runner import TradeRunner
from hypertui.engine.trade_view import blank, compose
from hypertui.exchange.protocol import ExchangeError
from hypertui.execution.account_context import AccountContext
from hypertui.execution.entry import StartRefused
from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trade_journal import TradeJournal
from hypertui.port.commands import Command, Stop, StopReason, Verb
from hypertui.port.engine import Event
from hypertui.port.snapshot import Severity, Snapshot
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.machine import Machine
from tests.simulation.door import Door
from tests.simulation.exchange import SimExchange
from tests.simulation.memory import Twin

_EVENTS_KEPT = 100_000
_CANCELS = 1_000
_PUBLISH_EVERY = 1_990  # ms; less often than an engine does it, and at any moment of its course


class Unkillable(Exception):
    """The engine's code goes on however often it is cancelled."""


class Process:
    """An engine behind its door. `changed` is called after each of its events while it lives, `published` for
    each of its snapshots. Without a `twin` nobody holds its state against its inputs then."""

    def __init__(
        self,
        name: str,
        config: TradeConfig,
        exchange: SimExchange,
        trade_id: int,
        journal: TradeJournal,
        door: Door,
        clock: Callable[[], int],
        changed: Callable[[], None],
        published: Callable[[Snapshot], None],
        clock_set_by: Callable[[], int],
        twin: bool = True,
    ) -> None:
        self.name = name
        self.exchange = exchange
        self.journal = journal
        self.twin = Twin(journal) if twin else None
        self.door = door
        self.stop = Stop(config.on_exit)
        self.over = asyncio.Event()
        self.refusal = ""
        self.born = asyncio.get_running_loop().time()
        self._clock = clock
        self._log = EventLog(clock, _EVENTS_KEPT)
        self._log.listen(journal.event)
        self._events: Sequence[Event] | None = None
        self._changed = changed
        self._published = published
        self._tables = ScreenTables()
        self.snapshot = blank(config, clock())
        self._commands = 0
        machine = Machine(clock, Random(name), clock_set_by)
        heard = journal if self.twin is None else cast(TradeJournal, self.twin)
        self.trader = TradeRunner(
            AccountContext(exchange), config, trade_id, machine, self._log, heard, self._after_event
        )

    @property
    def forgets(self) -> str:
        """How its trade is otherwise than its inputs tell, in words; empty where it is not."""
        return "" if self.twin is None else self.twin.difference(self.trade)

    @property
    def opened(self) -> bool:
        """Whether it lives and has taken up its trade."""
        return not self.over.is_set() and not self.door.shut and self.trader.trade is not None

    @property
    def trade(self) -> LiveTrade:
        """Its trade, once it has been taken up."""
        assert self.trader.trade is not None, self.name
        return self.trader.trade

    @property
    def events(self) -> Sequence[Event]:
        """What it said while it lived."""
        return self._log.after(0) if self._events is None else self._events

    async def run(self) -> StopReason | None:
        """Returns how it ended; None for a kill, and for a start that failed, which `refusal` explains."""
        work = asyncio.create_task(self.trader.run(self.stop), name=self.name)
        death = asyncio.create_task(self.door.closed.wait())
        try:
            await asyncio.wait([work, death], return_when=asyncio.FIRST_COMPLETED)
            if self.door.shut:
                return None
            return await work
        except (StartRefused, ExchangeError) as error:
            if self.trader.trade is not None:
                raise
            self.refusal = str(error)
            self._log.add("state", f"refused: {error}", {}, Severity.CRITICAL)
            return None
        finally:
            death.cancel()
            await self._bury(work)
            self.exchange.detach()
            self.over.set()

    async def command(self, verb: Verb) -> bool:
        """Whether the engine took the command; False from a dead one."""
        self._commands += 1
        command = Command(f"{self.name} {self._commands}", verb, "simulation")
        answer = asyncio.create_task(self.trader.command(command))
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
            before = self._log.after(0)
            died = self._log.add("state", f"killed after {self.door.kill}", {}, Severity.CRITICAL)
            self._events = (*before, died)
        for _ in range(_CANCELS):
            if work.done():
                return
            self.door.close()
            work.cancel()
            await asyncio.sleep(0)
        raise Unkillable(self.name)

    def _after_event(self) -> None:
        if not self.door.shut:
            self._changed()
            self._publish()

    def _publish(self) -> None:
        """Make a snapshot now and then, and whenever the mode changes."""
        now, desk = self._clock(), self.trader.context
        if now - self.snapshot.at >= _PUBLISH_EVERY or desk.mode is not self.snapshot.mode:
            self.snapshot = compose(self.trader, self.snapshot, now, self._tables)
            self._published(self.snapshot)
