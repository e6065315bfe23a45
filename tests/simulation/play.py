"""Plays one seed from its entry to its exit and says what was wrong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from hypertui.execution.event_log import EventLog
from hypertui.execution.trader import Trader
from hypertui.port import Command, Event, Mode, OnExit, Severity, Stop, StopReason, Verb
from hypertui.venue.orders import VenueOrder
from tests.simulation.auditor import Auditor
from tests.simulation.exchange import SimExchange
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.memory import problems_of_memory
from tests.simulation.network import Network
from tests.simulation.paths import walk
from tests.simulation.rest import describe, problems_at_rest
from tests.simulation.scenario import START, Scenario, draw
from tests.simulation.venue import Venue
from tests.support.memory_journal import MemoryJournal

_STEPS = 100
# After the last fault: the longest silence of a feed, a back-off, a round of questions and their answers.
_SETTLE_SECONDS = 75
_RESTLESS = 60  # more requests than this after everything has settled, and something goes in circles
_EVENTS_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a seed. No problems is what is wanted."""

    scenario: Scenario
    problems: tuple[str, ...]
    events: tuple[Event, ...]
    seconds: float  # of virtual time
    fills: int
    requests: int


def play(seed: int) -> Verdict:
    """Play a seed."""
    loop = VirtualLoop()
    game = _Game(draw(seed), loop)
    run(loop, game.play())
    return Verdict(
        game.scenario,
        tuple(game.auditor.problems.values()),
        tuple(game.log.after(0)),
        loop.now,
        len(game.venue.account.fills),
        game.network.requests,
    )


class _Game:
    def __init__(self, scenario: Scenario, loop: VirtualLoop) -> None:
        self.scenario = scenario
        self.loop = loop
        config = scenario.config
        self.random = Random(f"course {scenario.seed}")
        self.venue = Venue(scenario.options, config.symbol, START[config.symbol], loop.clock)
        self.network = Network(scenario, Random(f"network {scenario.seed}"))
        self.auditor = Auditor(scenario, self.venue, self.network, loop.time)
        self.exchange = SimExchange(self.venue, self.network, scenario.reorder, self.auditor, loop.time)
        self.log = EventLog(loop.clock, _EVENTS_KEPT)
        self.journal = MemoryJournal()
        self.trader = Trader(
            self.exchange,
            config,
            scenario.seed + 1,
            loop.clock,
            Random(f"engine {scenario.seed}"),
            self.log,
            self.journal,
            self._changed,
        )
        self.stop = Stop(config.on_exit)
        self._at = 0.0
        self._commands = 0

    async def play(self) -> None:
        self.network.calm_down()
        trade = asyncio.create_task(self.trader.run(self.stop), name="trade")
        beside = [
            asyncio.create_task(self._beat(), name="beat"),
            asyncio.create_task(self._mischief(), name="mischief"),
        ]
        try:
            while not (self.trader.opened or trade.done()):
                await asyncio.sleep(0.1)
            for number in range(self.scenario.rounds):
                last = number == self.scenario.rounds - 1
                if not trade.done():
                    await self._round(rest=not (last and self.scenario.hasty))
            await self._leave(trade)
        except Exception as error:
            self.auditor.complain("defect", f"{type(error).__name__}: {error}")
            raise
        finally:
            for task in (*beside, trade):
                task.cancel()
            await asyncio.gather(*beside, trade, return_exceptions=True)

    def _changed(self) -> None:
        if self.trader.opened and self.auditor.tracker is None:
            self.auditor.opened(self.trader.tracker)
        self.auditor.check_tracker()

    # One round: a stretch of prices with faults, then rest

    async def _round(self, rest: bool) -> None:
        self.network.restore(self.scenario)
        for wait, at in walk(self.scenario.path, self._at, _STEPS, self.random):
            await asyncio.sleep(wait)
            self._move(at)
            if self.scenario.operator:
                await self._operate()
        self.network.calm_down()
        self._refill_book()
        if not rest:
            return
        while self.scenario.operator and not await self._command(Verb.RESUME):
            await asyncio.sleep(1.0)
        await asyncio.sleep(_SETTLE_SECONDS)
        if self.scenario.faults.meddle or self.scenario.options.triggers_follow_position:
            # What others cancelled, and no notice told of, is found by the next reconciliation.
            await asyncio.sleep(self.scenario.config.reconcile_every / 1000)
        requests = self.network.requests
        await asyncio.sleep(10)
        if self.network.requests - requests > 2:
            self.auditor.complain("restless", f"{self.network.requests - requests} actions at rest")
        for text in problems_at_rest(self.trader, self.venue):
            self.auditor.complain("rest", text)
        for text in problems_of_memory(self.trader, self.journal):
            self.auditor.complain("memory", text)
        self._check_alarms()

    def _move(self, at: float) -> None:
        self._at = at
        config = self.scenario.config
        price = self.venue.market.round_mark(START[config.symbol] + config.unit_size * Decimal(f"{at:.4f}"))
        thin = self.random.random() < self.scenario.thin
        depth = config.position_size * Decimal(self.random.choice(("0.001", "0.05", "0.3"))) if thin else None
        self.venue.set_price(price, depth)

    def _refill_book(self) -> None:
        self.venue.set_price(self.venue.book.mark, None)

    def _check_alarms(self) -> None:
        # A command that cannot be carried out while the network is bad is said to have failed.
        honest = ("halted", "winddown")
        for alarm in self.trader.alarms.view():
            if alarm.severity is Severity.CRITICAL and alarm.key not in honest:
                self.auditor.complain("false alarm", f"{alarm.key}: {alarm.text}")

    # What goes on beside

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self.exchange.beat()
            self.auditor.check_time()

    async def _mischief(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            faults = self.network.faults
            if self.network.happens(faults.hang_up):
                self.exchange.hang_up()
            working = self.venue.working()
            if self.trader.opened and working and self.network.happens(faults.meddle):
                order: VenueOrder = self.random.choice(working)
                self.venue.core.cancel(self.venue.account, self.venue.market, order.oid)

    async def _operate(self) -> None:
        if self.random.random() < 0.06:
            await self._command(self.random.choice((Verb.PAUSE, Verb.RESUME, Verb.CANCEL_BUYS)))

    async def _command(self, verb: Verb) -> bool:
        self._commands += 1
        return (await self.trader.command(Command(str(self._commands), verb, "simulation"))).accepted

    # The end

    async def _leave(self, trade: asyncio.Task[object]) -> None:
        if trade.done():
            why = trade.exception() or trade.result()
            self.auditor.complain("ended", f"the trade ended by itself: {why}")
            return
        self.auditor.excused = True
        self.stop.request()
        await asyncio.wait([trade], timeout=120)
        if not trade.done():
            self.auditor.complain("exit", f"the engine does not leave: {describe(self.trader)}")
            return
        reason = trade.result()
        assert isinstance(reason, StopReason)
        if reason.status and self.scenario.hasty:
            return  # what was under way could not be proven in time, and that is what it says
        working = self.venue.working()
        on_exit, halted = self.stop.on_exit, self.trader.mode is Mode.HALTED
        if on_exit is OnExit.FLATTEN and (self.venue.position != 0 or working):
            self.auditor.complain("exit", f"not flat: {self.venue.position}, {len(working)} orders, {reason}")
        elif on_exit is OnExit.BUYS and not halted:
            if any(not order.request.reduce_only for order in working):
                self.auditor.complain("exit", f"buys work on: {reason}")
            stops = sum((order.remaining for order in working), self.trader.tracker.ladder.dust)
            if stops != self.venue.position and not self.scenario.hasty:
                self.auditor.complain("exit", f"stops cover {stops} of {self.venue.position}")
