"""One run of a trade from its start to its wind-down, one event at a time.

Prices, fills, notices and answers arrive in the queue; the trade takes each of them and acts on it, and a new
snapshot is published.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from functools import partial

from hypertui.core.market import Fill, Instrument
from hypertui.engine.clock_watch import ClockWatch
from hypertui.engine.delisting import ended_without_market
from hypertui.engine.departure import Departure
from hypertui.engine.fallback import Fallback
from hypertui.engine.live_trade import LiveTrade
from hypertui.engine.signal_start import WAITS, SignalStart
from hypertui.exchange.protocol import (
    ExchangeError,
    FeedAlive,
    FeedDown,
    FeedMessage,
    FeedNews,
    FeedUp,
    FillNotice,
    Malformed,
    OrderNotice,
    PriceTick,
    Quote,
    RateLimited,
    Unknown,
    Unreachable,
)
from hypertui.execution.account_context import AccountContext
from hypertui.execution.arrivals import Arrival, CommandGiven, turn_away
from hypertui.execution.durability import JournalFailed, JournalRecovered
from hypertui.execution.enquiry import EnquiryAnswered, EnquiryFailed
from hypertui.execution.entry import Entry
from hypertui.execution.opening import Start
from hypertui.execution.plausible import PriceCheck, PriceConfirmed
from hypertui.execution.playback import newest_price
from hypertui.execution.preflight import facts
from hypertui.execution.preflight.approval import Cleared, Gate
from hypertui.execution.preflight.facts import Survey
from hypertui.execution.refusal import StartRefused
from hypertui.execution.trade import Unsound
from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_journal import TradeJournal
from hypertui.port.commands import Ack, Command, CommandState, Stop, StopReason, Verb
from hypertui.port.snapshot import Mode, Severity
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.event_queue import EventQueue
from hypertui.runtime.machine import Machine
from hypertui.strategy.plans import PlanError, StrategyPlan

_UPKEEP_EVERY = 10.0
_RETRY_PAUSE = 2.0
_SETTLE_PATIENCE = 30.0
_REFUSALS = (StartRefused, PlanError, ExchangeError)  # what keeps a trade from being begun
_LOG = logging.getLogger(__name__)


class TradeRunner:
    """One trade of an account. `trade` is there once it is open. `changed` is called after every event."""

    def __init__(
        self,
        account: AccountContext,
        config: TradeConfig,
        trade_id: int,
        machine: Machine,
        log: EventLog,
        journal: TradeJournal,
        changed: Callable[[], None],
    ) -> None:
        queue = EventQueue[Arrival](self._take, self._advance)
        self.context = context = TradeContext(account, config, trade_id, machine, log, journal, queue)
        self._changed = changed
        self.trade: LiveTrade | None = None
        self.gate: Gate | None = None
        self._exit = Departure(context)
        self._clock_watch = ClockWatch(
            machine.clock_set_by, context.clock_sync, context.alarms, self._measure_skew
        )
        self._prices = PriceCheck(
            account.exchange, config.symbol, queue, context.alarms, machine.clock, self._on_quote
        )
        self.fallback: Fallback | None = None
        self._plan: StrategyPlan | None = None
        self._over: StopReason | None = None  # why there is no trade to take up any more
        self._entry: Entry | None = None
        self._is_over = False  # nothing is handled any more
        self.signal = SignalStart(context)

    # A run from beginning to end

    async def run(self, stop: Stop) -> StopReason:
        """Enter, trade, wind down. Raises StartRefused, PlanError or an ExchangeError while nothing is held
        yet; afterwards nothing, and a defect ends in a wind-down and in the status FAILED."""
        loop = asyncio.get_running_loop()
        stop.on_request(partial(self._wake_from_anywhere, loop))
        run_for = self.context.config.run_for
        leave_at = None if run_for is None else loop.time() + run_for
        try:
            reason = await self._seen_through(stop, leave_at)
        finally:
            self.context.observations.leave()
            try:
                lost = await self.context.durability.leave()
            finally:
                self._is_over = True
                turn_away(await self.context.queue.abandon())
                self._changed()
        return StopReason(reason.status or 3, f"{reason.text}; {lost}") if lost else reason

    async def _seen_through(self, stop: Stop, leave_at: float | None) -> StopReason:
        try:
            await self._begin(stop)
            if self.trade is None:
                return self._over or self._never_opened()
            if not self.context.config.protect_only:
                await self._go_on(self.trade, stop, leave_at)
            return await self._exit.leave(self.trade, stop)
        except asyncio.CancelledError:
            if self.trade is not None:
                await self._exit.leave(self.trade, stop)
            raise
        except Unsound as error:
            return await self._fall_back(error, stop)
        except Exception as error:
            if self.trade is None and (
                isinstance(error, _REFUSALS) or not self.context.journal.history().has_begun
            ):
                raise
            return await self._exit.by_defect(error, self.trade, stop)

    async def command(self, command: Command, beside: Sequence[str] = ()) -> Ack:
        """Take an operator's command, on the trader's loop; `beside` are others' alarms that it is for."""
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        given = CommandGiven(command, answer, beside)
        if self._is_over:
            turn_away([given])
        else:
            self.context.queue.post(given)
        ack = await answer
        if self.trade is not None:
            await self.context.durability.written()  # a restart must know what was promised
        return ack

    def _taken(self, command: Command, beside: Sequence[str]) -> Ack:
        if command.verb is Verb.ACKNOWLEDGE:
            return self.acknowledge(command, beside)
        if self.fallback is not None:
            return self.fallback.take(command)
        return self._before_opening(command) if self.trade is None else self.trade.commands.take(command)

    def acknowledge(self, command: Command, beside: Sequence[str] = ()) -> Ack:
        """Note that an operator knows of alarms, whatever state the trade is in. On the engine's own loop."""
        context = self.context
        turned_away = context.commands.turned_away(command, self.refusal)
        if turned_away is not None:
            return turned_away
        keys = context.alarms.acknowledge(command.alarms, command.who)
        said = ", ".join([*keys, *beside]) or "nothing to acknowledge"
        context.commands.note(command, CommandState.CONFIRMED, said)
        return Ack(command.id, True)

    def _before_opening(self, command: Command) -> Ack:
        """Answer a command that comes while there is at most a question to answer."""
        gate, commands = self.gate, self.context.commands
        turned_away = commands.turned_away(command, self.refusal)
        if turned_away is not None:
            return turned_away
        if self.signal.waits:
            self.signal.take(command.id)
            commands.note(command, CommandState.CONFIRMED, "the trade begins")
            return Ack(command.id, True)
        assert gate is not None, "it asks for this"
        gate.answer(command.verb)
        commands.note(command, CommandState.CONFIRMED, "")
        return Ack(command.id, True)

    def refusal(self, verb: Verb) -> str:
        """Why this command would be refused now, in words; empty when it would be taken."""
        if verb is Verb.ACKNOWLEDGE:
            return ""
        if self.trade is not None:
            return self.trade.commands.refusal(verb)
        if self.signal.waits:
            return "" if verb is Verb.START else WAITS
        return "" if self.gate is not None and self.gate.asks is verb else "the trade is not open yet"

    # Its start

    async def _begin(self, stop: Stop) -> None:
        """Start; a trade that is held already is taken up however long the venue cannot be asked."""
        context = self.context
        failures = 0
        while not stop.requested:
            try:
                await context.exchange.open()
                await self._start(stop)
                context.alarms.clear("start")
                return
            except (RateLimited, Unreachable, Unknown) as error:
                if not (context.journal.history().has_begun or self.signal.is_awaited):
                    raise
                text = f"the trade cannot go on yet: {error}"
                context.alarms.sound("start", Severity.CRITICAL, text)
                context.set_mode(Mode.STARTING, text)
                failures += isinstance(error, RateLimited)
                pause = context.backoff.after(error, failures, _RETRY_PAUSE)
                await context.queue.run_until(lambda: stop.requested, pause)

    async def _start(self, stop: Stop) -> None:
        context = self.context
        symbol = context.config.symbol
        try:
            instrument = await facts.market(context.exchange, symbol)
        except StartRefused as error:
            self._over = await ended_without_market(context, error)
            return
        if context.config.protect_only and not context.journal.history().has_begun:
            raise StartRefused("there is no trade to protect")
        cleared = await self._clear(instrument, stop)
        if cleared is None:
            return
        await context.keep_terms(cleared.terms)
        plan = self._plan = context.config.plan(instrument)
        entry = Entry(
            context.exchange,
            plan,
            context.ids,
            context.config.timing,
            context.clock,
            context.clock_sync,
            context.backoff,
        )
        self._entry = entry
        start = Start(context, plan, entry)
        self._prices.last = newest_price(context.journal.history())
        self._listen()
        await context.housekeeping.look()
        await start.price(stop)
        if stop.requested:
            return
        self.signal.refuse_late()
        self.trade = await LiveTrade.taken_up(context, plan, await start.open(cleared))
        self.trade.begin()
        self._changed()
        await self.trade.catch_up(stop)

    def _listen(self) -> None:
        context = self.context
        context.queue.spawn(context.exchange.feed(context.config.symbol, self._deliver))
        context.every("heartbeat", context.config.timing.beat / 1000, self._beat)
        context.every("upkeep", _UPKEEP_EVERY, context.housekeeping.look)

    async def _clear(self, instrument: Instrument, stop: Stop) -> Cleared | None:
        """What the trade begins with; None where the order to leave comes first. What the journal knows goes
        on without a question: it is held already."""
        context = self.context
        if context.journal.history().has_begun:
            return Cleared()
        if context.config.by_signal and not await self.signal.awaited(stop):
            return None
        ground = Survey(
            context.account,
            context.config,
            instrument,
            context.clock,
            context.journal.place,
            context.machine.disk_free,
            context.journal.history().guards,
        )
        self.gate = Gate(ground, context.config.consent, context.config.adopt, context.queue, context.log)
        return await self.gate.cleared(stop)

    def _never_opened(self) -> StopReason:
        if self.context.journal.history().has_begun:
            return StopReason(3, "left before the trade went on: its orders are as they were")
        return StopReason(0, "left before anything was traded")

    # Its middle

    async def _go_on(self, trade: LiveTrade, stop: Stop, leave_at: float | None) -> None:
        loop = asyncio.get_running_loop()

        def leaving() -> bool:
            if stop.requested or trade.finished:
                return True
            if leave_at is None or loop.time() < leave_at:
                return False
            return trade.at_rest() or loop.time() > leave_at + _SETTLE_PATIENCE

        await self.context.queue.run_until(leaving)

    def _deliver(self, message: FeedMessage) -> None:
        if isinstance(message, FeedAlive):  # often news of another market, of which there may be many
            self.context.market.on_feed()
            self.context.queue.wake()
        else:
            self.context.queue.post(message)

    def _take(self, arrival: Arrival) -> None:
        """Whatever arrives passes here."""
        match arrival:
            case CommandGiven(command, answer, beside):
                ack = self._taken(command, beside)
                if not answer.done():  # whoever asked may not wait any more
                    answer.set_result(ack)
            case JournalRecovered() | JournalFailed():
                self.context.durability.take(arrival)
            case EnquiryAnswered() | EnquiryFailed():
                arrival.enquiry.take(arrival)
            case PriceConfirmed():
                self._prices.take(arrival)
            case PriceTick() | FillNotice() | OrderNotice() | FeedUp() | FeedDown() | Malformed():
                self._on_feed(arrival)
            case _ if self.trade is not None:
                self.trade.take(arrival)

    def _on_feed(self, message: FeedNews) -> None:
        market, trade = self.context.market, self.trade
        if not isinstance(message, FeedDown | Malformed):
            market.on_feed()
        if self.fallback is not None and isinstance(message, FillNotice | OrderNotice):
            self.fallback.heard()
        match message:
            case PriceTick(quote):
                self._prices.on_quote(quote)
            case FillNotice(fills, snapshot):
                for fill in fills:
                    self._on_fill(fill, snapshot)
            case OrderNotice(reports):
                if trade is not None:
                    trade.on_reports(reports)
            case FeedUp():
                market.on_feed_state(True)
                if trade is not None:
                    trade.missed()
            case FeedDown(reason):
                market.on_feed_state(False, reason)
            case Malformed(reason, is_price):
                market.on_malformed(reason)
                if trade is not None and is_price:
                    trade.reconcile()
                elif trade is not None:
                    trade.missed()

    def _on_quote(self, quote: Quote) -> None:
        self.context.market.on_quote(quote)
        if self.trade is not None:
            self.trade.on_price()

    def _on_fill(self, fill: Fill, snapshot: bool) -> None:
        if self.trade is not None:
            self.trade.on_fill(fill, snapshot)
        elif self._entry is not None:
            self._entry.takes(fill)

    def _advance(self) -> None:
        self.context.tasks.watch()
        self._clock_watch.look()
        if self.trade is not None:
            self.trade.advance()
        self._changed()

    def _measure_skew(self) -> None:
        if self.trade is not None:
            self.context.queue.spawn(self.trade.account_sync.ask_account())

    async def _beat(self) -> str:
        self.context.queue.wake()
        return ""

    def _wake_from_anywhere(self, loop: asyncio.AbstractEventLoop) -> None:
        # A stop that comes when the loop has closed already has nobody left to wake.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self.context.queue.wake)

    # Its end

    async def _fall_back(self, error: Unsound, stop: Stop) -> StopReason:
        """The trade is no more: what it was for is protected by what the exchange says alone."""
        context, plan = self.context, self._plan
        assert plan is not None, "no input is taken before the market is known"
        _LOG.error("the trade's books cannot be relied on", exc_info=error)
        self.trade = None
        turn_away(await context.queue.abandon())
        context.tasks.abandon()
        context.durability.go_on()
        self._listen()
        self.fallback = Fallback(context, plan, str(error))
        return await self.fallback.run(stop)
