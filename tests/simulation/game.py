"""The course of one seed: processes that start, die and start again, prices and faults, and the end."""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from math import floor
from pathlib import Path
from random import Random

from hypertui.exchange.hyperliquid import messages
from hypertui.execution.trade_journal import TradeJournal
from hypertui.port.commands import OnExit, StopReason, Verb
from hypertui.port.snapshot import Mode, Severity
from hypertui.venue.model.orders import VenueOrder
from tests.simulation.auditor import Auditor
from tests.simulation.books import problems_of_fills, problems_of_money
from tests.simulation.door import Door
from tests.simulation.exchange import SimExchange
from tests.simulation.ledger import Disk, DoorJournal, FaultyDisk, FileJournal
from tests.simulation.loop import HOUR_MS, VirtualLoop
from tests.simulation.memory import problems_of_memory
from tests.simulation.network import Network
from tests.simulation.paths import walk
from tests.simulation.process import Process
from tests.simulation.rest import covered_by, describe, problems_at_rest
from tests.simulation.scenario import LATENCIES, LONGEST_DOWN, START, Scenario
from tests.simulation.venue import ADDRESS, Venue
from tests.support.memory_journal import MemoryJournal
from tests.support.oracle import Oracle

_STEPS = 100
# After the last fault: late requests that still arrive, expiries, a pause, a round of questions and answers.
_SETTLE_SECONDS = 45
_DEAF_SECONDS = 75  # the longest silence of a feed that is broken, and its next connection
_PATIENCE = 120  # seconds for a process to take up its trade once all is calm
_FUNDING_IS_NEWS = 75  # seconds: the engine asks for it once a minute
_NIGHT = 3_700
_BEAT = 1.0
_BEAT_AT_NIGHT = 4.0  # most of it is waiting


class Game:
    """One seed. `processes` are the engine's, in order; a `night` is so many seconds long.
    With `twins` the state is held against the recorded inputs after every event, else whenever all is
    calm."""

    night = _NIGHT
    kind: Callable[..., Process] = Process

    def __init__(self, scenario: Scenario, loop: VirtualLoop, folder: Path, twins: bool = True) -> None:
        self.scenario = scenario
        self.twins = twins
        self.loop = loop
        config = scenario.config
        self.random = Random(f"course {scenario.seed}")
        self.venue = Venue(scenario.options, config.symbol, START[config.symbol], loop.clock)
        self.network = Network(scenario, Random(f"network {scenario.seed}"))
        self.auditor = Auditor(scenario, self.venue, self.network, loop.time)
        self.oracle = Oracle(
            self.venue.core,
            lambda: ADDRESS,
            config.symbol,
            self._clock,
            round(LATENCIES[scenario.pace][1] * 1000) + 2,
            self.auditor.complain,
            loses_notices=scenario.loses_notices,
            reorders=scenario.reorder or scenario.faults.spoil > 0,
        )
        self.file: FileJournal | None = None
        if scenario.on_file:
            self._disks = Random(f"journal {scenario.seed}")
            self._paces = Random(f"commits {scenario.seed}")
            self.file = FileJournal(folder, config, self._disks, self._disk)
        self.processes: list[Process] = []
        self._kills = list(scenario.kills)
        self._killed = self._killed_ahead = self._unwritten = 0
        self._armed = True
        self._leaving = False
        self._sells_out = False
        self._flattens = False
        self._fate = Random(f"fate {scenario.seed}")
        self._at = 0.0
        self._nights = scenario.nights
        self._beats_every = _BEAT

    def counts(self) -> Counter[str]:
        """What happened how often."""
        statuses = Counter(event.status for event in self.venue.account.history)
        return Counter(
            {
                "fills": len(self.venue.account.fills),
                "actions": self.network.requests,
                "kills": self._killed,
                "of them while stops were ahead of their rows": self._killed_ahead,
                "stops that no row tells of": self._unwritten,
                "starts": len(self.processes),
                "fundings": len(self.venue.account.funding),
                "orders without margin": statuses["perpMarginRejected"],
                "passed triggers refused": statuses["badTriggerPxRejected"],
                "passed triggers fired at once": self._fired_at_once(),
            }
        )

    def _fired_at_once(self) -> int:
        history = self.venue.account.history
        return sum(event.status == "triggered" and event.time == event.order.time for event in history)

    async def play(self) -> None:
        """From the entry to the exit."""
        if not self.scenario.early:
            self.network.calm_down()
        trade = asyncio.create_task(self._keep(), name="trade")
        beside = [
            asyncio.create_task(self._beat(), name="beat"),
            asyncio.create_task(self._mischief(), name="mischief"),
        ]
        try:
            await self._enter(trade)
            for number in range(self.scenario.rounds):
                last = number == self.scenario.rounds - 1
                if not trade.done():
                    order = self._order() if last else None
                foreign = last and self.scenario.foreign
                await self._round(trade, not (last and self.scenario.hasty), order, foreign)
            await self._leave(trade)
        except Exception as error:  # noqa: BLE001 - a seed fails, the others are played
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} in {where.filename}:{where.lineno}"
            self.auditor.complain("defect", text)
        finally:
            for task in (*beside, trade):
                task.cancel()
            await asyncio.gather(*beside, trade, return_exceptions=True)

    # Processes

    @property
    def _size(self) -> Decimal:
        """What the position is to be worth (USD)."""
        return self.scenario.config.plan(self.venue.market.instrument).position_size

    @property
    def _may_end(self) -> bool:
        """Whether the strategy comes to an end by itself."""
        return self.scenario.config.strategy.strategy != "ladder"

    @property
    def process(self) -> Process:
        return self.processes[-1]

    @property
    def opened(self) -> bool:
        """Whether a process lives and has taken up the trade."""
        return bool(self.processes) and self.process.opened

    async def _keep(self) -> StopReason:
        """Start a process whenever there is none, as an operator would, until one leaves by itself."""
        while True:
            process, journal = self._start()
            try:
                reason = await process.run()
            finally:
                self.auditor.closed()
                if isinstance(journal, DoorJournal):
                    journal.close()
            if reason is not None:
                return reason
            down = self._fate.uniform(0.5, 5.0)
            if process.door.shut:
                self._killed += 1
                self._killed_ahead += bool(process.door.ahead)
                self._unwritten += len(process.door.ahead)
                self.oracle.unwritten |= process.door.ahead
                down = self._kills.pop(0).down
            await asyncio.sleep(down)
            ending = self._leaving or self._sells_out or self._flattens or self._may_end
            if ending and self.file is not None and not self.file.is_live:
                return StopReason(0, "killed when all was done")

    def _start(self) -> tuple[Process, TradeJournal]:
        number, config = len(self.processes), self.scenario.config
        door = Door(self._kills[0] if self._kills else None, self._armed)
        journal: TradeJournal = MemoryJournal()
        trade_id = self.scenario.seed + 1
        if self.file is not None:
            trade_id, journal = self.file.open(door, self._clock())
        name = f"engine {self.scenario.seed}" + (f" start {number}" if number else "")
        process = self.kind(
            name,
            config,
            self._reach(door),
            trade_id,
            journal,
            door,
            self._clock,
            self._changed,
            self.oracle.judge,
            self._clock_set_by,
            self.twins,
        )
        self.processes.append(process)
        return process, journal

    def _disk(self) -> Disk:
        """The disk of a process."""
        return FaultyDisk(self.network, self._disks, self._paces)

    def _reach(self, door: Door) -> SimExchange:
        """The venue, as a process reaches it."""
        return SimExchange(
            self.venue,
            self.network,
            self.scenario.reorder,
            self.auditor,
            door,
            self.loop.time,
            self.scenario.late_entry,
        )

    def _clock(self) -> int:
        """The engine's, which no hand sets."""
        return self.loop.clock() + self.scenario.clock_ahead

    def _clock_set_by(self) -> int:
        return self.scenario.clock_set_by(self.loop.time())

    def _arm(self, armed: bool) -> None:
        self._armed = self.process.door.armed = armed

    def _changed(self) -> None:
        if self.auditor.tracker is None and self.process.opened:
            self.auditor.opened(self.process.trade.tracker, len(self.processes) > 1)
        self.auditor.check_tracker()
        if self.process.opened and (text := self.process.forgets):
            self.auditor.complain("memory", text)

    # One round: a stretch of prices with faults, then rest

    async def _enter(self, trade: asyncio.Task[StopReason]) -> None:
        calm_at = self.loop.time() + 60.0
        if self.scenario.offered < 1:
            offered = self._size * Decimal(str(self.scenario.offered))
            self.venue.set_price(self.venue.book.mark, offered)
        while not (self.opened or trade.done()):
            await asyncio.sleep(0.1)
            if self.scenario.early and self.random.random() < 0.1:
                self._move(self._at + self.random.gauss(0, 0.1))
            if self.loop.time() > calm_at:
                self.network.calm_down()
                self._arm(False)
            if self.loop.time() > calm_at + _PATIENCE + LONGEST_DOWN:
                self.auditor.complain("entry", f"no trade: {self.process.refusal}")
                return

    def _order(self) -> Verb | None:
        """What the operator orders in the last round."""
        if self.scenario.flattens:
            return Verb.FLATTEN
        return Verb.SELL_OUT if self.scenario.sells_out else None

    async def _round(
        self, trade: asyncio.Task[StopReason], rest: bool, order: Verb | None, foreign: bool
    ) -> None:
        self._arm(True)
        self.network.restore(self.scenario)
        if self.scenario.short:
            self._withdraw()
        order_at = None if order is None else self._fate.randrange(_STEPS)
        foreign_at = self._fate.randrange(_STEPS) if foreign else None
        for step, (wait, at) in enumerate(walk(self.scenario.path, self._at, _STEPS, self.random)):
            await asyncio.sleep(wait)
            if order is not None and order_at is not None and step >= order_at:
                self._sells_out = order is Verb.SELL_OUT
                self._flattens = self.auditor.excused = order is Verb.FLATTEN
                if await self.process.command(order):
                    order_at = None
            if step == foreign_at:
                self._trade_beside()
            self._move(at, thin=self.random.random() < self.scenario.thin)
            if self.scenario.operator and self.random.random() < 0.06 and not self._flattens:
                verb = self.random.choice((Verb.PAUSE, Verb.RESUME, Verb.CANCEL_BUYS))
                await self.process.command(verb)
        self.network.calm_down()
        if self.scenario.options.trigger_reference == "mid":
            # A trigger between mark and mid is refused for as long as the price stands still there.
            self._move(floor(self._at) + 0.5)
        self.venue.set_price(self.venue.book.mark, None)
        self._arm(False)
        await self._taken_up(trade)
        if order is Verb.FLATTEN and not trade.done():
            self._flattens = self.auditor.excused = True
            while order_at is not None and not await self.process.command(order):
                await asyncio.sleep(1.0)  # no process was there to be told before
            await asyncio.sleep(_SETTLE_SECONDS)
            self._judge_flat()
        elif rest and not trade.done():
            await self._rest(trade)

    def _trade_beside(self) -> None:
        """Somebody else buys or sells in the account, a part of a slot."""
        venue, instrument = self.venue, self.venue.market.instrument
        size = instrument.floor_size(max(self.auditor.largest_lot / 3, 20 / venue.book.mark))
        buys = self._fate.random() < 0.5 or venue.position < 2 * size
        limit = instrument.round_price(venue.book.mark * (Decimal("1.05") if buys else Decimal("0.95")))
        self.auditor.meddled(size if buys else -size)
        venue.trade_beside(buys, size, limit)

    def _unadopted(self) -> bool:
        """Whether others traded what the operator has resumed over: too little to pause for."""
        booked = self.process.trade.tracker.booked
        return any("cloid" not in row and not booked(messages.fill(row)) for row in self.venue.account.fills)

    async def _adopt(self) -> None:
        """What an operator does about fills that the journal does not know."""
        while not await self.process.command(Verb.ADOPT):
            await asyncio.sleep(1.0)
        while self.process.trade.wishes.current is not None:
            await asyncio.sleep(1.0)
        while not await self.process.command(Verb.RESUME):
            await asyncio.sleep(1.0)
        await asyncio.sleep(_SETTLE_SECONDS)

    def _withdraw(self) -> None:
        free = self.venue.core.margin(self.venue.account).withdrawable
        self.venue.account.deposit(-(free / 2).quantize(Decimal("0.01")))
        self.oracle.note()

    async def _taken_up(self, trade: asyncio.Task[StopReason]) -> None:
        until = self.loop.time() + _PATIENCE + LONGEST_DOWN
        while not (self.opened or trade.done()):
            if self.loop.time() > until:
                self.auditor.complain("start", f"no process takes up the trade: {self.process.refusal}")
                return
            await asyncio.sleep(0.5)

    async def _rest(self, trade: asyncio.Task[StopReason]) -> None:
        while self.scenario.operator and not trade.done() and not await self.process.command(Verb.RESUME):
            await asyncio.sleep(1.0)
        await asyncio.sleep(_SETTLE_SECONDS)
        if self.scenario.faults.hang_up:
            await asyncio.sleep(_DEAF_SECONDS)
        others = self.scenario.faults.meddle or self.scenario.options.triggers_follow_position
        if others and self.scenario.loses_notices:
            # What others cancelled, and no notice told of, is found by the next reconciliation.
            await asyncio.sleep(self.scenario.config.reconcile_every / 1000)
        if self._nights:
            self._nights -= 1
            await self._sleep()
        if trade.done():
            return  # sold out: the exit says whether that was right
        if self.scenario.adopts and (self.process.trader.context.mode is Mode.PAUSED or self._unadopted()):
            await self._adopt()
        self.auditor.settled()
        requests = self.network.requests
        await asyncio.sleep(10)
        if self.network.requests - requests > 2:
            self.auditor.complain("restless", f"{self.network.requests - requests} actions at rest")
        while (
            min(self.loop.clock() % HOUR_MS / 1000, self.loop.time() - self.process.born) < _FUNDING_IS_NEWS
        ):
            await asyncio.sleep(5.0)
        trade, journal = self.process.trade, self.process.journal
        durability = trade.context.durability
        while durability.behind and not durability.problem:
            await asyncio.sleep(0.01)  # a comparison may have been written down in this very moment
        for text in problems_at_rest(trade, self.venue):
            self.auditor.complain("rest", text)
        inputs = journal.inputs if isinstance(journal, MemoryJournal) else []
        if self.file is not None:
            inputs = self.file.inputs()
            for text in (
                *problems_of_fills(self.file, self.venue),
                *problems_of_money(self.file, self.venue),
            ):
                self.auditor.complain("rows", text)
        for text in problems_of_memory(trade, inputs):
            self.auditor.complain("memory", text)
        self._check_alarms()

    async def _sleep(self) -> None:
        self._beats_every = _BEAT_AT_NIGHT
        await asyncio.sleep(self.night)
        self._beats_every = _BEAT

    def _move(self, at: float, thin: bool = False) -> None:
        self._at = at
        config = self.scenario.config
        price = self.venue.market.round_mark(START[config.symbol] + self.scenario.unit * Decimal(f"{at:.4f}"))
        depth = self._size * Decimal(self.random.choice(("0.001", "0.05", "0.3"))) if thin else None
        self.venue.set_price(price, depth)

    def _check_alarms(self) -> None:
        # A command that cannot be carried out while the network is bad is said to have failed.
        honest = ("halted", "winddown")
        for alarm in self.process.trader.context.alarms.view():
            # Some are true while they last: a feed may be silent for minutes before it breaks.
            keys = {"journal", "stale", "start", "unprotected", "stops refused", "venue"}
            if self.scenario.adopts:
                keys |= {"foreign", "position"}
            passing = alarm.key in keys and not alarm.active
            if alarm.severity is Severity.CRITICAL and alarm.key not in honest and not passing:
                self.auditor.complain("false alarm", f"{alarm.key}: {alarm.text}")

    # What goes on beside

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._beats_every)
            self.venue.core.tick()
            if self.processes:
                self.process.exchange.beat()
            self.auditor.check_time()

    async def _mischief(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            faults = self.network.faults
            if self.network.happens(faults.hang_up):
                self.process.exchange.hang_up()
            working = self.venue.working()
            if self.opened and working and self.network.happens(faults.meddle):
                order: VenueOrder = self.random.choice(working)
                self.venue.core.cancel(self.venue.account, self.venue.market, order.oid)

    # The end

    async def _leave(self, trade: asyncio.Task[StopReason]) -> None:
        if self._flattens and (trade.done() or not self.opened) and self.file is not None:
            return  # killed after its end, and judged by then
        if trade.done() and (self._sells_out or self._may_end) and not trade.exception():
            self._judge_end(trade.result())
            return
        if trade.done():
            why = trade.exception() or trade.result()
            self.auditor.complain("ended", f"the trade ended by itself: {why}")
            return
        if not self.opened:
            return  # and that has been complained about
        self.auditor.excused = True
        self._leaving = True
        killed = self._killed
        self.process.leave()
        await asyncio.wait([trade], timeout=120)
        while not trade.done() and self._killed > killed:
            # It was killed on its way out. The next one goes on, and is told to leave in its turn.
            killed = self._killed
            await self._taken_up(trade)
            await asyncio.sleep(_SETTLE_SECONDS)
            if not trade.done():
                self.process.leave(may_die=False)
                await asyncio.wait([trade], timeout=120)
        if not trade.done():
            self.auditor.complain("exit", f"the engine does not leave: {describe(self.process.trade)}")
            return
        self._judge_exit(trade.result())

    def _judge_flat(self) -> None:
        """The operator has flattened, however many outages and processes ago."""
        working, position = self.venue.working(), self.venue.position
        if position != 0 or working:
            text = f"holds {position}, {len(working)} orders work: {self.process.trader.context.reason}"
            self.auditor.complain("flatten", text)
        if self.file is not None and self.file.is_live:
            self.auditor.complain("flatten", "the journal knows of no end")

    def _judge_end(self, reason: StopReason) -> None:
        """The trade has ended by itself, sold out."""
        self.oracle.judge_last_words(reason.text)
        working = self.venue.working()
        # An outage of the journal may outlast the engine, which then says what is lost.
        lost = reason.status == 3 and "are lost: the database is out of reach" in reason.text
        if (reason.status and not lost) or self.venue.position != 0 or working:
            self.auditor.complain(
                "sold out", f"holds {self.venue.position}, {len(working)} orders work: {reason}"
            )
        if self.file is not None and self.file.is_live and not lost:
            self.auditor.complain("sold out", "the journal knows of no end")

    def _judge_exit(self, reason: StopReason) -> None:
        self.oracle.judge_last_words(reason.text)
        if reason.status and self.scenario.hasty:
            return  # what was under way could not be proven in time, and that is what it says
        trade, working = self.process.trade, self.venue.working()
        on_exit, halted = self.process.stop.on_exit, trade.context.mode is Mode.HALTED
        hears_all = on_exit is OnExit.FLATTEN and not self.scenario.forgetful
        if self.file is not None and (hears_all or not self.scenario.hasty):
            # Whoever leaves orders working in the middle of it all has not heard of every fill.
            for text in problems_of_fills(self.file, self.venue):
                self.auditor.complain("exit", text)
        if on_exit is OnExit.FLATTEN and (self.venue.position != 0 or working):
            self.auditor.complain("exit", f"not flat: {self.venue.position}, {len(working)} orders, {reason}")
        elif on_exit is OnExit.BUYS and not halted:
            if any(not order.request.reduce_only for order in working):
                self.auditor.complain("exit", f"buys work on: {reason}")
            stops = covered_by(working, self.venue.position) + trade.tracker.target().loose
            if stops != self.venue.position and not self.scenario.hasty:
                self.auditor.complain("exit", f"stops cover {stops} of {self.venue.position}")
