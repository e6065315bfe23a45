"""The engine behind the port: its trades side by side in one loop, read and commanded from any thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager

from hypertui.core import volatility
from hypertui.core.intents import IntentReason
from hypertui.core.shutdown import FAILED
from hypertui.engine.accumulation_watch import watch_accumulation
from hypertui.engine.hodl_watch import watch_hodl
from hypertui.engine.ledger_watch import watch_ledger
from hypertui.engine.market_questions import MarketQuestions
from hypertui.engine.publisher import Publisher
from hypertui.engine.seat import TradeSeat
from hypertui.engine.trade_runner import TradeRunner
from hypertui.exchange.protocol import Exchange, ExchangeError, Rejected
from hypertui.execution.account_context import AccountContext
from hypertui.execution.arrivals import NOT_RUNNING
from hypertui.execution.refusal import StartRefused
from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trade_journal import TradeJournal
from hypertui.port.commands import OF_SOURCES, Ack, Command, CommandState, OnExit, Stop, StopReason, Verb
from hypertui.port.engine import Attachment, EngineView, Event, EventKind
from hypertui.port.intents import NO_INTENTS, SourceControl
from hypertui.port.signals import SignalBoard
from hypertui.port.snapshot import Mode, Severity, Snapshot
from hypertui.runtime.alarms import CommandLog
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.machine import Machine
from hypertui.strategy.plans import PlanError

_BEAT = 0.5
_PARTING = 1.0  # seconds that what goes on beside the trades has to end
_UNKNOWN_VENUE = 4
_HALTED = 3
# Which status an engine ends with whose trades end with several: what is worst of all first.
_WORST = (FAILED, _HALTED, _UNKNOWN_VENUE, 2)
_LOG = logging.getLogger(__name__)

# Opens the exchange for an account (None: the key's own), on the engine's loop. It may raise StartRefused or
# an ExchangeError.
Connect = Callable[[str | None], Awaitable[Exchange]]
# Finds the live trade of a configuration in an account, or begins a new one, and holds it as long as the
# context is open. It may raise StartRefused.
OpenTrade = Callable[[TradeConfig, str], AbstractContextManager[tuple[int, TradeJournal]]]


class EmbeddedEngine:
    """Fulfils `EnginePort`. Trades that name no account of their own share that of the key. `pen` says who
    writes among the consoles that are attached, `sources` are those of intents and `signals` say how these
    stand, if there are any: whoever serves them sets both, from any thread. `markets` is whom to ask about
    these. `beside` goes on beside the trades, on their loop, until they have ended."""

    def __init__(
        self,
        connect: Connect,
        open_trade: OpenTrade,
        configs: Sequence[TradeConfig],
        machine: Machine,
        beside: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self._connect = connect
        self._open_trade = open_trade
        self._machine = machine
        self._jobs_beside = beside
        self.pen = ""
        self.sources: SourceControl | None = None
        self.signals: SignalBoard | None = None
        self.markets = MarketQuestions(self, machine)
        self._log = EventLog(machine.clock)
        self._commands = CommandLog(self._log, machine.clock)  # those that are of no trade
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = Stop(configs[0].on_exit)
        self._ending = False  # nothing is begun any more
        self._accounts: dict[str | None, AccountContext] = {}
        self._connecting = asyncio.Lock()
        self._seats = {config.title: self._seat(config) for config in configs}
        assert len(self._seats) == len(configs) > 0, "every trade has a name of its own"

    def _seat(self, config: TradeConfig) -> TradeSeat:
        return TradeSeat(config, self._log.of(config.title), Publisher(config, self._machine, self._made))

    def _made(self, snapshot: Snapshot) -> None:
        """A trade has a new snapshot."""

    @property
    def view(self) -> EngineView:
        """The newest view."""
        trades = tuple(seat.publisher.snapshot for seat in self._seats.values())
        sources = self.sources
        intents = NO_INTENTS if sources is None else sources.view
        signals = self.signals
        return EngineView(trades, self.pen, intents, () if signals is None else signals.view)

    @property
    def attachment(self) -> Attachment:
        """Whoever has it has all of it."""
        return Attachment.OWNER

    async def take_pen(self) -> str:
        """Nothing: its own console writes without one."""
        return ""

    def events_after(self, seq: int) -> Sequence[Event]:
        """Events after `seq` that are still kept."""
        return self._log.after(seq)

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Hand every further event to `listener`, in the engine's thread: it must not wait for anything."""
        self._log.listen(listener)

    async def command(self, command: Command) -> Ack:
        """Hand a command to the engine's loop and wait for its first answer."""
        loop = self._loop
        if loop is None or not loop.is_running():
            return Ack(command.id, False, "the engine is not running")
        handed_over = self._take(command)
        try:
            answer = asyncio.run_coroutine_threadsafe(handed_over, loop)
        except RuntimeError:  # it has closed its loop since it was asked
            handed_over.close()
            return Ack(command.id, False, "the engine is not running")
        return await asyncio.wrap_future(answer)

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that it runs on, None while it does not."""
        return self._loop

    def account_of(self, symbol: str) -> AccountContext | None:
        """The account of the trade of that market, or else any; None before there is one. On its loop."""
        own = (seat.config.account for seat in self._seats.values() if seat.config.symbol == symbol)
        known = (self._accounts[address] for address in own if address in self._accounts)
        return next(known, None) or next(iter(self._accounts.values()), None)

    async def _take(self, command: Command) -> Ack:
        if command.verb in OF_SOURCES:
            return self._arm(command)
        seat = self._meant(command.trade)
        if seat is None:
            names = ", ".join(self._seats)
            text = f"no trade {command.trade!r}" if command.trade else "it names no trade"
            return Ack(command.id, False, f"{text}: there are {names}")
        if command.verb is Verb.START and self._is_over(seat):
            return self._start_again(seat, command)
        sources = self.sources if command.verb is Verb.ACKNOWLEDGE else None
        known = () if sources is None else sources.acknowledge(command, seat.config.title)
        if seat.runner is not None and command.verb is Verb.ACKNOWLEDGE and seat.ended:
            return seat.publisher.acknowledge(command, known)
        if seat.runner is None or seat.task is None or seat.task.done():
            return Ack(command.id, False, NOT_RUNNING)
        return await seat.runner.command(command, known)

    def _arm(self, command: Command) -> Ack:
        sources, log = self.sources, self._commands
        refusal = "there is no source: [webhook] or [signals.NAME] in the settings"
        turned_away = log.turned_away(
            command, lambda _: refusal if sources is None else sources.refusal(command)
        )
        if turned_away is not None:
            return turned_away
        assert sources is not None, "else it was refused"
        log.note(command, CommandState.CONFIRMED, sources.arm(command))
        return Ack(command.id, True)

    def _meant(self, trade: str) -> TradeSeat | None:
        if not trade and len(self._seats) == 1:
            return next(iter(self._seats.values()))
        return self._seats.get(trade)

    def leave(self, trade: str, on_exit: OnExit) -> None:
        """Have one trade leave; the others go on. On the engine's own loop."""
        self._seats[trade].stop.request(on_exit)

    # A run from beginning to end

    async def run(self, stop: Stop) -> StopReason:
        """Trade until all trades are done, halted or asked to stop. What cannot start ends as a reason with
        its status, and so does a defect; one trade's end is no other's."""
        self._loop, self._stop = asyncio.get_running_loop(), stop
        configs = [seat.config for seat in self._seats.values()]
        if any(each.exits.needs_candles or each.strategy.needs_atr for each in configs):
            volatility.load()  # before there is a trade that it would keep waiting
        heart = asyncio.create_task(self._beat())
        beside = [asyncio.create_task(_done_beside(job)) for job in self._jobs_beside]
        seats = list(self._seats.values())

        def leave() -> None:
            for seat in seats:
                seat.stop.by = stop.by
                seat.stop.request(stop.on_exit)

        try:
            for seat in seats:
                seat.stop.on_exit = stop.on_exit
                seat.stop.by = stop.by
                self._start(seat)
            stop.on_request(leave)
            await self._until_all_have_ended()
        finally:
            self._ending = True
            await self._bury([seat.task for seat in seats if seat.task is not None])
            heart.cancel()
            for task in beside:
                task.cancel()
            if beside:
                await asyncio.wait(beside, timeout=_PARTING)
            for account in self._accounts.values():
                await account.exchange.close()
            self._loop = None
        return self._ended(seats)

    def _start(self, seat: TradeSeat) -> None:
        seat.task = asyncio.create_task(self._trade(seat), name=f"trade {seat.config.title}")

    def _is_over(self, seat: TradeSeat) -> bool:
        """Whether a trade has ended; among others, one that is halted has too."""
        if seat.task is None:
            return False
        halted = seat.runner is not None and seat.runner.context.mode is Mode.HALTED
        return seat.task.done() or (halted and len(self._seats) > 1)

    def _start_again(self, seat: TradeSeat, command: Command) -> Ack:
        """Run a trade again that is over, while others go on: with what it holds, or a new one where it holds
        nothing any more."""
        before = seat.task
        assert before is not None, "it is over"
        if self._stop.requested or self._ending:
            return Ack(command.id, False, "the engine is leaving")
        if seat.stop.requested and not before.done():
            return Ack(command.id, False, "the trade is leaving")
        seat.stop.request(OnExit.LEAVE)

        async def again() -> StopReason:
            reason = await before  # whoever cancels this one cancels that too
            if self._stop.requested:  # meanwhile
                return reason
            seat.stop = Stop(self._stop.on_exit)
            seat.stop.by = self._stop.by
            seat.started_again_by = command
            seat.publisher.again()
            return await self._trade(seat)

        seat.task = asyncio.create_task(again(), name=f"trade {seat.config.title}")
        return Ack(command.id, True)

    async def _until_all_have_ended(self) -> None:
        while running := [
            seat.task for seat in self._seats.values() if seat.task is not None and not seat.task.done()
        ]:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)

    async def _bury(self, tasks: Sequence[asyncio.Task[StopReason]]) -> None:
        """Whoever cancels the engine cancels its trades, which wind down."""
        left = [task for task in tasks if not task.done()]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)

    def _ended(self, seats: Sequence[TradeSeat]) -> StopReason:
        reasons = {seat.config.title: seat.task.result() for seat in seats if seat.task is not None}
        if len(reasons) == 1:
            return next(iter(reasons.values()))
        statuses = {reason.status for reason in reasons.values()}
        worst = next((status for status in _WORST if status in statuses), max(statuses))
        return StopReason(worst, "; ".join(f"{name}: {reason.text}" for name, reason in reasons.items()))

    async def _trade(self, seat: TradeSeat) -> StopReason:
        """One trade from its start to its end, however that comes; one that begins by a signal waits for the
        next one then."""
        if seat.config.by_signal and seat.config.run_for is not None:
            asyncio.get_running_loop().call_later(seat.config.run_for, seat.stop.request)
        while True:
            reason = await self._once(seat)
            runner = seat.runner
            if self._ending or seat.stop.requested or runner is None:
                break
            if not runner.signal.begins_again(runner.trade, reason):
                break
            seat.came_to_nothing = reason if reason.status or reason.because else None
            seat.begun_by = runner.signal.begun_by
            gate = runner.gate
            seat.publisher.again(() if gate is None or not reason.status else gate.findings)
        seat.figures.look(seat.publisher.snapshot, seat.log, at_end=True)
        seat.publisher.ended(reason)
        return reason

    async def _once(self, seat: TradeSeat) -> StopReason:
        """One run of a trade."""
        try:
            reason = await self._run(seat)
        except (StartRefused, PlanError) as error:
            because = getattr(error, "because", IntentReason.PREFLIGHT)
            reason = StopReason(getattr(error, "status", 2), str(error), because)
        except Rejected as error:
            reason = StopReason(2, str(error), IntentReason.EXCHANGE_REFUSED)
        except ExchangeError as error:
            reason = StopReason(_UNKNOWN_VENUE, str(error), IntentReason.BLIND)
        except Exception as error:
            if seat.runner is None and len(self._seats) == 1:
                raise  # nothing of the engine has begun: bad input
            _LOG.exception("a defect")
            text = f"a defect before anything was traded: {type(error).__name__}: {error}"
            reason = StopReason(FAILED, text, IntentReason.UNKNOWN)
        if reason.status:
            seat.log.add(EventKind.STATE, reason.text, {"status": reason.status}, Severity.CRITICAL)
        return reason

    async def _run(self, seat: TradeSeat) -> StopReason:
        account = await self._account(seat.config.account)
        account.trades = {each.config.title: each.own_config for each in self._sharing(account, seat)}
        account.reserves.pop(seat.config.symbol, None)  # what its trade before this one needed
        async with self._opened(seat.config, account.exchange.account) as (trade_id, journal):
            seat.log = log = self._log.of(seat.config.title)
            log.listen(journal.event)
            runner = TradeRunner(
                account, seat.config, trade_id, self._machine, log, journal, seat.publisher.changed
            )
            runner.signal.came_to_nothing, runner.signal.begun_by = seat.came_to_nothing, seat.begun_by
            watch_ledger(runner.context)
            watch_hodl(runner.context)
            watch_accumulation(runner.context)
            seat.publisher.begin(runner)
            if seat.started_again_by is not None:
                runner.context.commands.note(seat.started_again_by, CommandState.CONFIRMED, "")
            return await runner.run(seat.stop)

    @asynccontextmanager
    async def _opened(self, config: TradeConfig, account: str) -> AsyncIterator[tuple[int, TradeJournal]]:
        """The trade in the journal, whose database and locks no other trade waits for: the thread is its own,
        because those of the loop look up the venue's address too."""
        held, loop = self._open_trade(config, account), asyncio.get_running_loop()
        thread = ThreadPoolExecutor(1, f"opening {config.title}")
        opening = loop.run_in_executor(thread, held.__enter__)
        try:
            try:
                found = await asyncio.shield(opening)
            except asyncio.CancelledError:
                await asyncio.wait([opening])
                raise
            yield found
        finally:
            if opening.exception() is None:
                await loop.run_in_executor(thread, held.__exit__, None, None, None)
            thread.shutdown(wait=False)

    async def _account(self, address: str | None) -> AccountContext:
        """What the trades of this account share, opened for the first of them. The key's own is the same one,
        whether it is named or not."""
        async with self._connecting:
            if address not in self._accounts:
                exchange = await self._connect(address)
                shared = (
                    each for each in self._accounts.values() if each.exchange.account == exchange.account
                )
                told = next((seat.config.rearms for seat in self._seats.values()), ())
                self._accounts[address] = next(shared, None) or AccountContext(exchange, told)
            return self._accounts[address]

    def _sharing(self, account: AccountContext, starting: TradeSeat) -> Iterator[TradeSeat]:
        """The trades of an account that run or are to. One that was refused counts as long as all have been
        started together: which of them has not enough margin is no matter of who comes first."""
        for seat in self._seats.values():
            is_of_it = self._accounts.get(seat.config.account) is account
            if is_of_it and (starting.started_again_by is None or not self._is_over(seat)):
                yield seat

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT)
            for seat in self._seats.values():
                if seat.task is not None and seat.task.done():
                    continue  # what it was at its end stays
                if seat.runner is not None:
                    seat.runner.context.tasks.watch()
                seat.publisher.changed()
                seat.figures.look(seat.publisher.snapshot, seat.log)


async def _done_beside(job: Callable[[], Awaitable[None]]) -> None:
    """What goes on beside the trades, whose failure is nothing to them."""
    try:
        await job()
    except Exception as error:  # noqa: BLE001 - its words may hold a secret
        _LOG.error("a defect beside the trades: %s", type(error).__name__)
