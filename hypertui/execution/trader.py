"""The trader: one trade from its entry to its wind-down, one event at a time.

Prices, fills, notices and answers arrive in the inbox; after each one the order manager converges and a new
snapshot is published. Nothing else changes trading state.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from random import Random

from hypertui.exchange import (
    Exchange,
    ExchangeError,
    FeedAlive,
    FeedDown,
    FeedMessage,
    FeedUp,
    FillNotice,
    OpenOrder,
    OrderNotice,
    PriceTick,
    RateLimited,
    Unknown,
    Unreachable,
)
from hypertui.execution import rebuild, survey, winddown
from hypertui.execution.adoption import Adoption
from hypertui.execution.caretaker import Caretaker
from hypertui.execution.chronicle import Chronicle
from hypertui.execution.config import TradeConfig
from hypertui.execution.courier import Courier
from hypertui.execution.durability import LONGEST_PAUSE, Durability
from hypertui.execution.entry import Entry, StartRefused
from hypertui.execution.event_log import EventLog
from hypertui.execution.gate import Cleared, Gate
from hypertui.execution.helm import Helm
from hypertui.execution.inbox import Inbox
from hypertui.execution.inputs import Inputs
from hypertui.execution.order_manager import Action, OrderManager, Place, Posture
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import ClientIds, Role
from hypertui.execution.outcomes import Outcomes
from hypertui.execution.rations import Purpose, Rations
from hypertui.execution.recording import RecordedTracker, play_back
from hypertui.execution.skew import ClockSkew
from hypertui.execution.start import Opening, Start
from hypertui.execution.status import Alarms, CommandLog
from hypertui.execution.survey import Survey
from hypertui.execution.tasks import Tasks
from hypertui.execution.trade_journal import Input, TradeJournal
from hypertui.execution.upkeep import Upkeep
from hypertui.market import ZERO, Fill, Instrument, plain
from hypertui.port import (
    Ack,
    Command,
    CommandState,
    Mode,
    OnExit,
    Severity,
    Stop,
    StopReason,
)
from hypertui.strategy.ladder import Ladder
from hypertui.strategy.plan import SLOTS, Plan

_BEAT = 0.25
_ACCOUNT_EVERY = 5.0
_FUNDING_EVERY = 60.0
_ALLOWANCE_EVERY = 300.0
_TRANSFERS_EVERY = 300.0
_RETRY_PAUSE = 2.0
_FIRST_TRANSFERS = 2.0
_UPKEEP_EVERY = 10.0
_SETTLE_PATIENCE = 30.0
_CLOSE_AGAIN = 30_000


class Trader:
    """One trade on one exchange. `changed` is called after every event; `random` serves the backoff;
    `log_trouble` says why lines of the log are lost."""

    def __init__(
        self,
        exchange: Exchange,
        config: TradeConfig,
        trade_id: int,
        clock: Callable[[], int],
        random: Random,
        log: EventLog,
        journal: TradeJournal,
        changed: Callable[[], None],
        disk_free: Callable[[], int] | None = None,
        log_trouble: Callable[[], str] = lambda: "",
    ) -> None:
        self.exchange = exchange
        self.journal = journal
        self.config = config
        self.clock = clock
        self.inbox = Inbox(self._advance)
        self.alarms = Alarms(log, clock)
        self.commands = CommandLog(log, clock)
        self.outcomes = Outcomes(self.commands, clock)
        self.chronicle = Chronicle(log, clock, journal)
        self.inputs = Inputs(config, clock, self.alarms)
        self.tasks = Tasks(clock, self.alarms)
        self.upkeep = Upkeep(journal, self.alarms, log_trouble)
        retry = self.tasks.add("journal retry", LONGEST_PAUSE)
        self.durability = Durability(journal, self.inbox, self.alarms, random, self.pause, retry)
        self._helm = Helm(self)
        self.mode = Mode.STARTING
        self.reason = ""
        self.opened = False
        self.converged = False  # whether anything could have been sent since the trade was opened
        self.instrument: Instrument
        self.tracker: OrderTracker
        self.manager: OrderManager
        self.courier: Courier
        self._caretaker: Caretaker
        self.adoption: Adoption
        self.gate: Gate | None = None
        self._log = log
        self._disk_free = disk_free
        self._changed = changed
        self.skew = ClockSkew()
        self.rations = Rations(lambda: exchange.allowance, self.skew, clock, random)
        self._ids = ClientIds(trade_id)
        self._entry: Entry | None = None
        self.operation: Callable[[], Awaitable[None]] | None = None
        self._halt_reason = ""
        self._close_at = 0  # when to try to end a sold-out trade (ms)
        self._finished = ""  # how the trade came to its end, once it has
        self._fills_seen = -1
        self._entry_fills: Sequence[Fill] = ()

    # A trade from beginning to end

    async def run(self, stop: Stop) -> StopReason:
        """Enter, trade, wind down. Raises StartRefused, PlanError or an ExchangeError while nothing is held
        yet; afterwards only a defect raises, and the wind-down is tried even then."""
        loop = asyncio.get_running_loop()
        stop.on_request(partial(self._wake_from_anywhere, loop))
        leave_at = None if self.config.run_for is None else loop.time() + self.config.run_for
        reason = self._never_opened()
        try:
            await self._begin(stop)
            if self.opened and not self.config.protect_only:
                await self._trade(stop, leave_at)
        except Exception as error:
            if self.opened:
                text = f"a defect, the trade winds down: {type(error).__name__}: {error}"
                self.alarms.sound("defect", Severity.CRITICAL, text)
            raise
        finally:
            try:
                if self.opened:
                    reason = await self._leave(stop)
            finally:
                try:
                    lost = await self.durability.leave()
                finally:
                    await self._close()
        return StopReason(reason.status or 3, f"{reason.text}; {lost}") if lost else reason

    async def command(self, command: Command) -> Ack:
        """Take an operator's command; must be awaited on the trader's own loop."""
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()

        def take() -> None:
            ack = self._helm.take(command)
            if not answer.done():  # whoever asked may not wait any more
                answer.set_result(ack)

        self.inbox.post(take)
        return await answer

    def _never_opened(self) -> StopReason:
        if self.journal.history():
            return StopReason(3, "left before the trade was taken up: its orders are as they were")
        return StopReason(0, "left before anything was traded")

    async def _begin(self, stop: Stop) -> None:
        """Start; a trade that is held already is taken up however long the venue cannot be asked."""
        while not stop.requested:
            try:
                await self.exchange.open()
                await self._start(stop)
                self.alarms.clear("start")
                return
            except (RateLimited, Unreachable, Unknown) as error:
                if not self.journal.history():
                    raise
                text = f"the trade cannot be taken up yet: {error}"
                self.alarms.sound("start", Severity.CRITICAL, text)
                self.set_mode(Mode.STARTING, text)
                pause = error.retry_after if isinstance(error, RateLimited) else _RETRY_PAUSE
                await self.inbox.run_until(lambda: stop.requested, pause)

    async def _start(self, stop: Stop) -> None:
        symbol = self.config.symbol
        self.instrument = await survey.market(self.exchange, symbol)
        plan = self.config.plan(self.instrument)
        self._entry = Entry(self.exchange, plan, self._ids, self.config.timing, self.clock, self.skew)
        start = Start(plan, self._entry, self.journal, self.durability, self.inputs, self.inbox)
        if self.config.protect_only and not self.journal.history():
            raise StartRefused("there is no trade to protect")
        cleared = await self._clear(plan, stop)
        if cleared is None:
            return
        self.inbox.spawn(self.exchange.feed(symbol, self._deliver))
        self._every("heartbeat", _BEAT, self._beat)
        self._every("upkeep", _UPKEEP_EVERY, self.upkeep.look)
        await self.upkeep.look()
        await start.price(stop)
        if stop.requested:
            return
        opening = await start.open(cleared)
        self._open(Ladder.open(plan, opening.fills), opening)
        if not opening.is_new:
            await self._catch_up(stop, "rebuilt" if opening.remains else "resumed")

    async def _clear(self, plan: Plan, stop: Stop) -> Cleared | None:
        """What the trade begins with; None where the order to leave comes first. What the journal knows goes
        on without a question: it is held already."""
        if self.journal.history():
            return Cleared()
        ground = Survey(
            self.exchange, self.config, plan, self.clock, self.skew, self.journal.place, self._disk_free
        )
        self.gate = Gate(ground, self.config.consent, self.config.adopt, self.inbox, self._log)
        return await self.gate.cleared(stop)

    async def _catch_up(self, stop: Stop, how: str) -> None:
        """After a restart: nothing is done before the venue has said what works and what was filled."""
        self.inbox.spawn(self._caretaker.ask_account())
        self._reconcile()
        await self.inbox.run_until(lambda: self._caretaker.reconciled or stop.requested)
        trades = self.mode in (Mode.RUNNING, Mode.SELLING_OUT) and not self.config.protect_only
        self.manager.posture = Posture.TRADE if trades else Posture.PROTECT
        self.chronicle.mode(self.mode, f"{how} the trade from {plain(self.tracker.ladder.grid.entry_price)}")

    def _open(self, ladder: Ladder, opening: Opening) -> None:
        tracker = RecordedTracker(ladder, self.config.timing, self.chronicle, self.journal.record)
        self.tracker = tracker
        self.manager = OrderManager(self.tracker, self._ids, self.rations)
        mode: Input | None = None
        with tracker.silent():
            for entry in opening.history:
                if entry.kind == "mode":
                    mode = entry
                else:
                    play_back(tracker, self._ids, entry.kind, entry.at, entry.data)
        self.chronicle.ladder = ladder
        self._entry_fills = opening.fills
        if opening.remains is not None:
            self._ids.trade = opening.remains.trade
            self.journal.record("rebuilt", self.clock(), {"trade": f"{self._ids.trade:016x}"})
        if not opening.is_new:
            self._record_start()
        book = partial(self._book, from_feed=False)
        self.adoption = Adoption(
            tracker, self.chronicle, self._booked, book, self.clock, self.exchange.account
        )
        self.courier = Courier(
            self.exchange,
            self.config.symbol,
            self.tracker,
            self.inbox,
            self.clock,
            self.rations,
            self.skew,
            book=book,
            answered=self.inputs.on_answer,
            trouble=self._trouble,
            doubt=self._reconcile,
        )
        self._caretaker = Caretaker(
            self.exchange,
            self.config.symbol,
            self.tracker,
            self._ids,
            self.inputs,
            self.inbox,
            self.clock,
            self.alarms,
            self.journal,
            self.rations,
            self.skew,
            book=book,
            pause=self.pause,
            expires_after=self.config.timing.expires_after,
            began_at=self.began_at,
            since=self.began_at if opening.resumed else None,
        )
        if opening.entry is not None:
            opening.entry.filled = sum((fill.size for fill in opening.fills), ZERO)
            for status in ("sent", "filled"):
                self.chronicle.on_order(opening.entry, status)
        for fill in opening.fills:
            assert self._entry is not None, "it was made before the trade"
            self._entry.takes(fill)
            if not opening.resumed:
                role = "adopted" if opening.adopted else "entry"
                self.chronicle.fill(fill, role, 0, opening.decision, ZERO)
        if opening.remains is not None:
            rebuild.restore(opening.remains, tracker, self._ids, book, self.clock())
        self.opened = True
        if not opening.is_new:
            self.manager.posture = Posture.HANDS_OFF
            self.inbox.spawn(self._caretaker.ask_funding())
        if mode is None or mode.data["mode"] == Mode.RUNNING:
            self.set_mode(Mode.RUNNING, "")
        elif mode.data["mode"] == Mode.SELLING_OUT:
            self.set_mode(Mode.SELLING_OUT, mode.data["reason"])
        else:
            said = "before the restart: "
            self.pause(said + mode.data["reason"].removeprefix(said))
        smallest = min(slot.coins for slot in ladder.slots[:SLOTS])
        if (
            opening.is_new
            and not opening.adopted
            and ladder.plan.stop_value(ladder.grid, -SLOTS, smallest) < self.instrument.min_order_value
        ):
            reason = f"the entry was filled for {plain(ladder.position)} only, too little for {SLOTS} stops"
            self.operation = partial(self._flatten, reason)
        self._every("account", _ACCOUNT_EVERY, self._caretaker.ask_account)
        self._every("funding", _FUNDING_EVERY, self._caretaker.ask_funding)
        self._every("allowance", _ALLOWANCE_EVERY, self._caretaker.ask_allowance)
        self.inbox.spawn(self._first_transfers())
        self._every("transfers", _TRANSFERS_EVERY, self._caretaker.ask_transfers)
        self._every("reconciliation", self.config.reconcile_every / 1000, self._caretaker.reconcile)
        self._on_price()
        self._advance()

    async def _first_transfers(self) -> None:
        # Nothing waits for them, and a start has better use for the request weight.
        await asyncio.sleep(_FIRST_TRANSFERS)
        await self._caretaker.ask_transfers()

    def _record_start(self) -> None:
        """Nothing may be sent under ids that an earlier start may have given, so this is durable first."""
        self.journal.record("started", self.clock(), {"start": self._ids.start})
        self.durability.commit()
        if self.durability.problem:
            raise StartRefused(f"nothing is taken up without a journal: {self.durability.problem}")

    async def _trade(self, stop: Stop, leave_at: float | None) -> None:
        loop = asyncio.get_running_loop()

        def leaving() -> bool:
            if stop.requested or self._finished:
                return True
            if leave_at is None or loop.time() < leave_at:
                return False
            return self._at_rest() or loop.time() > leave_at + _SETTLE_PATIENCE

        while not leaving():
            await self.inbox.run_until(lambda: self.operation is not None or leaving())
            if self.operation is not None:
                operation = self.operation
                await operation()
                self.operation = None

    async def _leave(self, stop: Stop) -> StopReason:
        """Wind down; says how things were left, in words that were true at the end."""
        self.outcomes.leave()
        if self._finished:
            self.set_mode(Mode.STOPPED, self._finished)
            return StopReason(0, self._finished)
        halted, on_exit = self.mode is Mode.HALTED, stop.on_exit
        note = partial(self.commands.note_exit, on_exit, stop.by, self.clock())
        note(CommandState.ACKNOWLEDGED, "")
        try:
            said = await self._wind_down(on_exit)
        except winddown.NotDone as error:
            left = f"left in disorder: {error}; {winddown.what_works(self)}"
            self.alarms.sound("left over", Severity.CRITICAL, left)
            note(CommandState.FAILED, left)
            return StopReason(3, left)
        except Exception:
            await self._cancel_buys_at_least()
            raise
        note(CommandState.CONFIRMED, said)
        if on_exit is OnExit.FLATTEN:
            self.ended("flattened on the way out")
        elif halted:
            return StopReason(3, f"{self._halt_reason}; left with {said}")
        self.set_mode(Mode.STOPPED, f"left with {said}")
        return StopReason(0, f"left with {said}")

    async def _cancel_buys_at_least(self) -> None:
        """Where a defect keeps the wind-down from its end, no buy may fire with nobody there any more."""
        buys = [order.client_id for order in self.tracker.buys()]
        expires_at = self.skew.at_venue(self.clock() + self.config.timing.expires_after)
        try:
            await self.exchange.cancel(self.config.symbol, buys, expires_at)
            said = f"{len(buys)} buys were cancelled"
        except ExchangeError as error:
            said = f"{len(buys)} buys could not be cancelled: {error}"
        text = f"left in disorder by a defect: {said}; the stops work on"
        self.alarms.sound("left over", Severity.CRITICAL, text)

    async def _wind_down(self, on_exit: OnExit) -> str:
        match on_exit:
            case OnExit.FLATTEN:
                return await winddown.flatten(self, "flattened on the way out")
            case OnExit.BUYS:
                if self.mode is not Mode.HALTED and self.manager.posture is Posture.HANDS_OFF:
                    # All orders were cancelled by hand; nobody stays to watch over the coins any more.
                    self.manager.posture = Posture.PROTECT
                return await winddown.cancel_buys(self, "leaving: the buys are cancelled")
            case OnExit.LEAVE:
                return await winddown.leave(self)

    async def _close(self) -> None:
        await self.inbox.close()
        self._changed()

    # What arrives

    def _deliver(self, message: FeedMessage) -> None:
        self.inbox.post(partial(self._on_feed, message))

    def _on_feed(self, message: FeedMessage) -> None:
        self.inputs.on_feed()
        match message:
            case PriceTick(quote):
                self.inputs.on_quote(quote)
                self._on_price()
            case FillNotice(fills, snapshot):
                for fill in fills:
                    self._on_fill(fill, snapshot)
            case OrderNotice(reports):
                for report in reports if self.opened else ():
                    self.tracker.on_report(report, self.clock(), from_feed=True)
            case FeedUp():
                self.inputs.on_feed_state(True)
                self._reconcile()
            case FeedDown(reason):
                self.inputs.on_feed_state(False, reason)
            case FeedAlive():
                pass

    def _on_price(self) -> None:
        price = self.inputs.price
        if not self.opened or price is None:
            return
        if self.mode is Mode.HALTED:
            self.tracker.mark = price  # still good for a sale, but the ladder stands
        else:
            self.tracker.on_mark(price, self.clock())

    def _on_fill(self, fill: Fill, snapshot: bool) -> None:
        if self._entry is not None and self._entry.takes(fill):
            return
        if self.opened:
            self._book(fill, from_feed=not snapshot)

    def _book(self, fill: Fill, from_feed: bool) -> None:
        if self._booked(fill):
            return
        before = self.tracker.ladder.book.realized_pnl
        order = self.tracker.on_fill(fill, self.clock(), from_feed)
        if order is not None:
            gain = self.tracker.ladder.book.realized_pnl - before
            self.chronicle.fill(fill, order.role.value, order.unit, order.decision, gain)
        elif from_feed or self._ids.owns(fill.client_id):
            what = "unknown to the journal" if self._ids.owns(fill.client_id) else "not ours"
            if fill.liquidated == self.exchange.account.lower():
                what = "a liquidation by the venue"
            text = f"a fill of {plain(fill.size)} {fill.symbol} that is {what}: adopt or flatten"
            self.alarms.sound("foreign", Severity.CRITICAL, text)
            self.pause(text)

    def _booked(self, fill: Fill) -> bool:
        return (self._entry is not None and self._entry.takes(fill)) or self.tracker.booked(fill)

    # What is done

    @property
    def began_at(self) -> int:
        """When the entry was filled (ms)."""
        return min(fill.time for fill in self._entry_fills)

    async def reconcile_now(self) -> str:
        """Compare with the venue; returns what differed, in words."""
        return await self._caretaker.compare_once()

    async def _flatten(self, reason: str) -> None:
        self.record_mode(Mode.PAUSED, reason)
        try:
            await winddown.flatten(self, reason)
            self.ended(reason)
        except winddown.NotDone as error:
            text = f"flatten failed: {error}; {winddown.what_works(self)}"
            self.alarms.sound("winddown", Severity.CRITICAL, text)

    async def _close_sold_out(self) -> None:
        """All is sold: see to it that nothing is left at the venue, and end the trade."""
        how = "sold out"
        try:
            done = await winddown.close_out(self, how)
        except winddown.NotDone as error:
            text = f"the sold-out trade could not be ended: {error}; it is tried again"
            self.alarms.sound("winddown", Severity.CRITICAL, text)
            self._close_at = self.clock() + _CLOSE_AGAIN
            self.manager.posture = Posture.TRADE
            self.set_mode(Mode.SELLING_OUT, how)
        else:
            self.alarms.clear("winddown")
            self.ended(how)
            self._finished = f"{how}: {done}"

    def _is_sold_out(self) -> bool:
        ladder = self.tracker.ladder
        if self.mode is not Mode.SELLING_OUT or self.operation is not None or self.clock() < self._close_at:
            return False
        if any(slot.coins or slot.due for slot in ladder.slots) or ladder.oversold:
            return False
        return not any(True for _ in self.tracker.alive)

    @property
    def listing(self) -> tuple[int, Sequence[OpenOrder]] | None:
        """The orders that worked at the venue at the last comparison, and when they were asked for (ms)."""
        return self._caretaker.listing

    @property
    def orphans(self) -> int:
        """Own orders that worked at the venue and should not, at the last comparison."""
        return self._caretaker.orphans

    def pause(self, reason: str) -> None:
        """Take no new risk; what is held stays protected."""
        self.record_mode(Mode.PAUSED, reason)
        if self.manager.posture is Posture.TRADE:
            self.manager.posture = Posture.PROTECT
        if self.mode not in (Mode.PAUSED, Mode.HALTED):
            self.set_mode(Mode.PAUSED, reason)

    def halt(self, reason: str) -> None:
        """Touch nothing any more."""
        self.record_mode(Mode.HALTED, reason)
        self._halt_reason = reason
        self.manager.posture = Posture.HANDS_OFF
        self.set_mode(Mode.HALTED, reason)

    def set_mode(self, mode: Mode, reason: str) -> None:
        """Change what the engine does as a whole; a change is an event."""
        if (mode, reason) != (self.mode, self.reason):
            self.mode, self.reason = mode, reason
            self.chronicle.mode(mode, reason)
            self._changed()

    def resume(self) -> None:
        """Trade on, or go on selling out."""
        if self.tracker.ladder.selling_out:
            self._go_on(Mode.SELLING_OUT, "resumed by the operator")
        else:
            self._go_on(Mode.RUNNING, "")

    def sell_out(self, reason: str) -> None:
        """Buy nothing any more, and end the trade when all is sold."""
        self.tracker.sell_out(self.clock())
        self._go_on(Mode.SELLING_OUT, reason)

    def _go_on(self, mode: Mode, reason: str) -> None:
        self.manager.posture = Posture.TRADE
        for key in ("unprotected", "foreign", "position", "winddown"):
            self.alarms.clear(key)
        self.record_mode(mode, reason)
        self.set_mode(mode, reason)

    def ended(self, how: str) -> None:
        """The trade is over; the next start begins a new one."""
        self.journal.ended(self.clock(), how)
        self.durability.commit()

    def record_mode(self, mode: Mode, reason: str) -> None:
        """Have a restart take up this mode."""
        self.journal.record("mode", self.clock(), {"mode": mode.value, "reason": reason})

    def _advance(self) -> None:
        self.tasks.watch()
        if self.opened:
            self.manager.hold_buys = (
                self.inputs.holds_risk() or self.durability.problem or self.rations.refuses(Purpose.BUY)
            )
            actions = self.manager.converge(self.clock(), self.courier.busy)
            # What was decided is durable before it is sent.
            self.durability.commit(partial(self.courier.prepare, actions))
            for action in self._protective(actions) if self.durability.problem else actions:
                self.courier.send(action)
            if self.tracker.quiet and self._fills_seen != self.tracker.fills_booked:
                self._fills_seen = self.tracker.fills_booked
                self.inbox.spawn(self._caretaker.ask_account())
            self.converged = True
            halted = self.tracker.ladder.halted
            if halted is not None and self.mode is Mode.RUNNING and self.tracker.settled:
                self.alarms.sound("halted", Severity.CRITICAL, halted)
                self.halt(halted)
            if self._is_sold_out():
                self.operation = self._close_sold_out
            self.outcomes.look()
        self._changed()

    def send(self, action: Action) -> None:
        """Carry out what was decided outside of `_advance`, and make it durable first: a restart must know
        every order that it may find working or filled."""
        self.durability.commit()
        self.courier.send(action)

    def _protective(self, actions: Sequence[Action]) -> Iterator[Action]:
        """What was decided, without buys: those that could not be made durable are not sent."""
        for action in actions:
            if isinstance(action, Place):
                buys = [order for order in action.orders if order.role is Role.BUY]
                if buys:
                    self.tracker.on_not_placed(buys, self.durability.problem, self.clock())
                action = Place(tuple(order for order in action.orders if order.role is not Role.BUY))
                if not action.orders:
                    continue
            yield action

    def _reconcile(self) -> None:
        if self.opened:
            self.inbox.spawn(self._caretaker.reconcile())

    def _at_rest(self) -> bool:
        return self.tracker.settled or (self.mode is not Mode.RUNNING and self.tracker.quiet)

    def _trouble(self, text: str | None) -> None:
        if text is None:
            self.alarms.clear("venue")
        else:
            self.alarms.sound("venue", Severity.WARNING, text)

    # What goes on beside

    def _every(self, name: str, seconds: float, job: Callable[[], Awaitable[str]]) -> None:
        self.inbox.spawn(self.tasks.repeat(self.tasks.add(name, seconds), job))

    async def _beat(self) -> str:
        self.inbox.post(lambda: None)
        return ""

    def _wake_from_anywhere(self, loop: asyncio.AbstractEventLoop) -> None:
        # A stop that comes when the loop has closed already has nobody left to wake.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self.inbox.post, lambda: None)
