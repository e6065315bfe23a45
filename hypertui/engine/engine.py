"""The engine behind the port: one trade in its own loop, read and commanded from any thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from hypertui.core.shutdown import FAILED
from hypertui.engine.screen_tables import ScreenTables
from hypertui.engine.trade_runner import TradeRunner
from hypertui.engine.trade_view import blank, compose
from hypertui.exchange.protocol import Exchange, ExchangeError, Rejected
from hypertui.execution.entry import StartRefused
from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trade_journal import TradeJournal
from hypertui.port.commands import Ack, Command, Stop, StopReason
from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Mode, Severity, Snapshot
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.machine import Machine
from hypertui.strategy.plans import PlanError

_PUBLISH_EVERY = 100
# Seconds from a change until it is shown: what that change has sent, and its rows, go first.
_SHOWN_AFTER = 0.01
_BEAT = 0.5
_UNKNOWN_VENUE = 4
_LOG = logging.getLogger(__name__)


class EmbeddedEngine:
    """Fulfils `EnginePort`. `connect` opens the exchange on the engine's own loop, and may raise StartRefused
    or an ExchangeError; `journal` finds the account's live trade, or begins a new one."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Exchange]],
        journal: Callable[[str], tuple[int, TradeJournal]],
        config: TradeConfig,
        machine: Machine,
    ) -> None:
        self._connect = connect
        self._config = config
        self._journal = journal
        self._machine = machine
        self._clock, self._steady = machine.clock, machine.steady
        self._log = EventLog(machine.clock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._trader: TradeRunner | None = None
        self._tables = ScreenTables()
        self._published: tuple[Mode, str] | None = None
        self._publishing: asyncio.TimerHandle | None = None
        self._snapshot = self._blank = replace(blank(config, self._clock()), steady=self._steady())

    @property
    def snapshot(self) -> Snapshot:
        """The newest view."""
        return self._snapshot

    def events_after(self, seq: int) -> Sequence[Event]:
        """Events after `seq` that are still kept."""
        return self._log.after(seq)

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Hand every further event to `listener`, in the engine's thread: it must not wait for anything."""
        self._log.listen(listener)

    async def command(self, command: Command) -> Ack:
        """Hand a command to the trader's loop and wait for its first answer."""
        loop, trader = self._loop, self._trader
        if loop is None or trader is None or not loop.is_running():
            return Ack(command.id, False, "the engine is not running")
        handed_over = trader.command(command)
        try:
            answer = asyncio.run_coroutine_threadsafe(handed_over, loop)
        except RuntimeError:  # it has closed its loop since it was asked
            handed_over.close()
            return Ack(command.id, False, "the engine is not running")
        return await asyncio.wrap_future(answer)

    async def run(self, stop: Stop) -> StopReason:
        """Trade until done, halted or asked to stop. What cannot start ends as a reason with its status, and
        so does a defect."""
        self._loop = asyncio.get_running_loop()
        heart = asyncio.create_task(self._beat())
        try:
            reason = await self._run(stop)
        except (StartRefused, PlanError) as error:
            reason = StopReason(getattr(error, "status", 2), str(error))
        except Rejected as error:
            reason = StopReason(2, str(error))
        except ExchangeError as error:
            reason = StopReason(_UNKNOWN_VENUE, str(error))
        except Exception as error:
            if self._trader is None:
                raise  # nothing of the engine has begun: bad input
            _LOG.exception("a defect")
            reason = StopReason(
                FAILED, f"a defect before anything was traded: {type(error).__name__}: {error}"
            )
        finally:
            heart.cancel()
            if self._publishing is not None:
                self._publish()
            self._loop = None
        if reason.status:
            self._log.add(EventKind.STATE, reason.text, {"status": reason.status}, Severity.CRITICAL)
        self._end(reason)
        return reason

    async def _run(self, stop: Stop) -> StopReason:
        exchange = await self._connect()
        try:
            trade_id, journal = self._journal(exchange.account)
            self._log.listen(journal.event)
            self._trader = TradeRunner(
                exchange, self._config, trade_id, self._machine, self._log, journal, self._changed
            )
            return await self._trader.run(stop)
        finally:
            await exchange.close()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT)
            if self._trader is not None:
                self._trader.context.tasks.watch()
            self._changed()

    def _changed(self) -> None:
        trader, now = self._trader, self._clock()
        if trader is None:
            self._snapshot = replace(
                self._snapshot, seq=self._snapshot.seq + 1, at=now, steady=self._steady()
            )
            return
        if self._published != (trader.context.mode, trader.context.reason):
            self._publish()
        elif self._publishing is None and not 0 <= now - self._snapshot.at < _PUBLISH_EVERY:
            loop = asyncio.get_running_loop()
            self._publishing = loop.call_later(_SHOWN_AFTER, self._publish)

    def _publish(self) -> None:
        trader = self._trader
        assert trader is not None, "its changes are what is shown"
        if self._publishing is not None:
            self._publishing.cancel()
        self._publishing = None
        self._published = (trader.context.mode, trader.context.reason)
        if trader.fallback is not None:
            # Nothing of the books that were given up is shown on.
            self._snapshot = replace(self._blank, seq=self._snapshot.seq)
        self._snapshot = self._composed(trader, self._clock())

    def _composed(self, trader: TradeRunner, now: int) -> Snapshot:
        try:
            return replace(compose(trader, self._snapshot, now, self._tables), steady=self._steady())
        except Exception as error:  # noqa: BLE001 - a defect in what is shown must not end what is traded
            text = f"no snapshot could be made: {type(error).__name__}: {error}"
            trader.context.alarms.sound("snapshot", Severity.CRITICAL, text)
            return self._snapshot

    def _end(self, reason: StopReason) -> None:
        halted = reason.status != 0
        self._snapshot = replace(
            self._snapshot,
            seq=self._snapshot.seq + 1,
            at=self._clock(),
            steady=self._steady(),
            mode=Mode.HALTED if halted else Mode.STOPPED,
            reason=reason.text,
        )
