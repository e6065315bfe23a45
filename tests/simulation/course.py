"""The course of one trade of a seed: its market's prices, what its operator orders, and how it rests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from math import floor
from random import Random
from typing import Protocol

from hypertui.core.purpose import Purpose
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.hyperliquid import messages
from hypertui.execution.input_codec import JournalledInput
from hypertui.port.commands import StopReason, Verb
from hypertui.port.snapshot import Mode, Severity
from hypertui.port.verdict import GUARD_ALARM
from hypertui.strategy.bracket.terms import BracketTerms
from hypertui.strategy.exits.rules import ExitRule
from hypertui.venue.model.orders import VenueOrder
from tests.simulation.alert_sender import AlertSender
from tests.simulation.auditor import Auditor
from tests.simulation.ledger import FileJournal
from tests.simulation.loop import HOUR_MS, VirtualLoop
from tests.simulation.memory import problems_of_memory
from tests.simulation.network import Network
from tests.simulation.paths import walk
from tests.simulation.process import Process
from tests.simulation.rest import problems_at_rest, problems_of_waiting
from tests.simulation.scenario import LATENCIES, LONGEST_DOWN, SETTLES_IN, START, Scenario
from tests.simulation.venue import ADDRESS, Venue
from tests.support.memory_journal import MemoryJournal
from tests.support.oracle import Oracle

_DEAF_SECONDS = 75  # the longest silence of a feed that is broken, and its next connection
_PATIENCE = 120  # seconds for a process to take up its trade once all is calm
_TROUBLE_LASTS = 15.0  # seconds: the longest pause after a refusal, and the answer before it
_FUNDING_IS_NEWS = 75  # seconds: the engine asks for it once a minute


class Home(Protocol):
    """The machine that a trade runs on."""

    processes: list[Process]
    file: FileJournal | None

    @property
    def process(self) -> Process: ...

    def clock(self) -> int: ...

    def arm(self, armed: bool) -> None: ...

    def lives(self, course: Course) -> bool: ...


class Course:
    """One trade. `reason` is how it came to its end, once it has; `refusal` why it could not be begun."""

    host: Home

    def __init__(self, scenario: Scenario, venue: Venue, loop: VirtualLoop, fate: Random) -> None:
        config, label = scenario.config, scenario.label
        self.scenario = scenario
        self.title = config.title
        # Of the trade, by which its journal has it.
        self.number = scenario.seed + 1 + (list(venue.markets).index(config.symbol) << 32)
        self.market = venue.markets[config.symbol]
        self.network = Network(scenario, Random(f"network {label}"))
        self.auditor = Auditor(scenario, self.market, self.network, loop.time)
        self.oracle = Oracle(
            venue.core,
            lambda: ADDRESS,
            config.symbol,
            lambda: self.host.clock(),
            round(LATENCIES[scenario.pace][1] * 1000) + 2,
            self.auditor.complain,
            loses_notices=scenario.loses_notices,
            reorders=scenario.reorder or scenario.faults.spoil > 0,
        )
        self.random = Random(f"course {label}")
        self.reason: StopReason | None = None
        self.refusal = ""
        self.sells_out = False
        self.flattens = False
        self.starts_again = False
        self.started_again = 0
        self.was_opened = False
        self.sender: AlertSender | None = None
        self.given: set[int] = set()  # the numbers that its trades have had, those that came to nothing too
        self._sells = False
        self._fate = fate
        self._loop = loop
        self._at = 0.0

    # What it is

    @property
    def position_size(self) -> Decimal:
        """What the position is to be worth (USD)."""
        return self.scenario.config.plan(self.market.market.instrument).position_size

    @property
    def may_end(self) -> bool:
        """Whether the trade comes to an end by itself: by its strategy, by an exit, or by a guard."""
        config = self.scenario.config
        ends = bool(config.exits.wanted) or config.guards.drawdown is not None
        return config.strategy.strategy != "ladder" or ends

    @property
    def _is_bracket(self) -> bool:
        return isinstance(self.scenario.config.strategy, BracketTerms)

    @property
    def may_be_over(self) -> bool:
        """Whether there may be nothing left to be taken up, after a kill."""
        return self.sells_out or self.flattens or self.may_end

    @property
    def opened(self) -> bool:
        """Whether a process lives and has taken up the trade."""
        return bool(self.host.processes) and self.host.process.opened(self.title)

    @property
    def waits(self) -> bool:
        """Whether a process lives in which it waits for its signal."""
        return bool(self.host.processes) and self.host.process.waits(self.title)

    @property
    def trade(self) -> LiveTrade:
        """As the newest process has it."""
        return self.host.process.trade(self.title)

    @property
    def ended_by_exit(self) -> bool:
        """Whether a rule or a guard has ended it."""
        rules = (*self.scenario.config.exits.wanted, ExitRule.LIQUIDATION_GUARD)
        ends = [f"Trade ended: {rule.words}." for rule in rules]
        ends += [f"Trade ended: {guard.words} guard." for guard in self.scenario.config.guards.wanted]
        return self.reason is not None and any(end in self.reason.text for end in ends)

    def has(self, number: int) -> None:
        """Its trade has this number; it is another one than before where it begins by a signal once more."""
        if self.scenario.config.by_signal and number != self.number:
            self.auditor.begins_anew()
        self.number = number
        self.given.add(number)

    def over(self, reason: StopReason) -> None:
        """It has come to its end."""
        self.reason = reason

    def changed(self) -> None:
        """Something has happened to it."""
        if self.scenario.config.by_signal and not self.opened:
            self.auditor.closed()  # the next one is another trade
        if self.auditor.tracker is None and self.opened:
            is_restart = len(self.host.processes) > 1 or self.starts_again or self.was_opened
            self.was_opened = True
            self.auditor.opened(self.trade.tracker, is_restart)
            if self.scenario.restarts:
                self.auditor.settled()
            self.starts_again, self.refusal = False, ""
        if self.opened and self.trade.trade.exits.acted is not None:
            self.auditor.excused = self._sells = True  # all of it is being sold
        elif self.opened and self._sells and not self.flattens:
            self._sells = False  # it goes on flat
            self.auditor.settled()
        self.auditor.check_tracker()
        if self.opened and self._loop.time() - self.network.trouble_at > _TROUBLE_LASTS:
            # Whatever befell the others, no stop of this one waits.
            context = self.trade.context
            if not context.clock_sync.too_far and (why := context.budget.refuses(Purpose.PROTECT)):
                self.auditor.complain("delayed", why)
        if self.opened and (text := self.host.process.forgets(self.title)):
            self.auditor.complain("memory", text)

    async def command(self, verb: Verb) -> bool:
        """Whether the engine of this moment took it."""
        return await self.host.process.command(verb, self.title)

    async def insist(self, verb: Verb) -> None:
        """Order it until an engine takes it: there may be none for a while, or the trade may be halted."""
        until = self._loop.time() + _PATIENCE + LONGEST_DOWN
        while not (self.reason or self.waits) and not await self.command(verb):
            if self._loop.time() > until:
                self.auditor.complain("unheard", f"no engine takes {verb.value}: {self._standing()}")
                return
            await self._start_again()
            await asyncio.sleep(1.0)

    def _standing(self) -> str:
        if not self.opened:
            return f"none has the trade, {self.refusal}"
        context = self.trade.context
        return f"{context.mode.value}, {context.reason}"

    # Its beginning

    async def enter(self) -> None:
        """Until it is open, or has come to its end."""
        calm_at = self._loop.time() + 60.0
        if self.scenario.offered < 1:
            offered = self.position_size * Decimal(str(self.scenario.offered))
            self.market.set_price(self.market.book.mark, offered)
        while not (self.opened or self.reason):
            await asyncio.sleep(0.1)
            # A stop to enter by has its price already, and is refused where the price has passed it.
            is_free = getattr(self.scenario.config.strategy, "entry_price", None) is None
            if self.scenario.early and self.random.random() < 0.1 and is_free:
                self._move(self._at + self.random.gauss(0, 0.1))
            if self._loop.time() > calm_at:
                self.network.calm_down()
                self.host.arm(False)
            if self._loop.time() > calm_at + _PATIENCE + LONGEST_DOWN:
                if self.waits:
                    return  # no signal has come that was of any use
                self.auditor.complain("entry", f"no trade: {self.refusal}")
                return

    async def taken_up(self) -> None:
        """Until a process has it, or it has come to its end."""
        until = self._loop.time() + _PATIENCE + LONGEST_DOWN
        while not (self.opened or self.reason or self.waits):
            if self._loop.time() > until:
                self.auditor.complain("start", f"no process takes up the trade: {self.refusal}")
                return
            await asyncio.sleep(0.5)

    # A stretch of prices, and what is ordered meanwhile

    async def walk(self, order: Verb | None, foreign: bool, restarts: bool) -> bool:
        """Move the price; returns whether an engine took the `order`, or there was none."""
        steps = self.scenario.steps
        order_at = None if order is None else self._fate.randrange(steps)
        foreign_at = self._fate.randrange(steps) if foreign else None
        halt_at = self._fate.randrange(steps) if restarts else None
        start_at: int | None = None
        for step, (wait, at) in enumerate(walk(self.scenario.path, self._at, steps, self.random)):
            await asyncio.sleep(wait)
            if order is not None and order_at is not None and step >= order_at:
                self.sells_out = order is Verb.SELL_OUT
                self.flattens = self.auditor.excused = order is Verb.FLATTEN
                if await self.command(order):
                    order_at = None
            if step == foreign_at and not self.reason:  # whoever trades after its end trades alone
                self._trade_beside()
            if halt_at is not None and step >= halt_at and await self._halted():
                halt_at, start_at = None, step + self._fate.randrange(10)
                self.auditor.excused = True  # all orders stay as they are until it is started again
            if start_at is not None and step >= start_at:
                start_at = None
                await self._start_again()
            self._move(at, thin=self.random.random() < self.scenario.thin)
            told = 0.15 if self.scenario.alerts is None else 0.02
            if self._is_bracket and self.random.random() < told and not (self.reason or self.flattens):
                await self.command(Verb.OPEN)
            if self.scenario.operator and self.random.random() < 0.06 and not self.flattens:
                verb = self.random.choice((Verb.PAUSE, Verb.RESUME, Verb.CANCEL_BUYS))
                await self.command(verb)
        # The others' prices may move on for minutes, in which nobody would fill a thin book again.
        self.market.set_price(self.market.book.mark, None)
        return order_at is None

    async def _halted(self) -> bool:
        """Whether it is halted now: one that is alone in its engine could not be started again beside it."""
        return len(self.host.process.titles) > 1 and await self.command(Verb.HALT)

    async def _start_again(self) -> None:
        """Have a halted trade begin anew in the same process."""
        if self.opened and self.trade.context.mode is Mode.HALTED and not self.starts_again:
            self.starts_again = True
            self.starts_again = await self.command(Verb.START)
            self.started_again += self.starts_again

    def calm_down(self) -> None:
        """No faults, a full book, and a price at which nothing waits for the next one."""
        self.network.calm_down()
        if self.scenario.options.trigger_reference == "mid":
            # A trigger between mark and mid is refused for as long as the price stands still there.
            self._move(floor(self._at) + 0.5)
        self.market.set_price(self.market.book.mark, None)

    def _move(self, at: float, thin: bool = False) -> None:
        self._at = at
        start = START[self.scenario.config.symbol]
        price = self.market.market.round_mark(start + self.scenario.unit * Decimal(f"{at:.4f}"))
        depth = None
        if thin:
            depth = self.position_size * Decimal(self.random.choice(("0.001", "0.05", "0.3")))
        self.market.set_price(price, depth)

    def _trade_beside(self) -> None:
        """Somebody else buys or sells in the account, a part of a slot."""
        market, instrument = self.market, self.market.market.instrument
        size = instrument.floor_size(max(self.auditor.largest_lot / 3, 20 / market.book.mark))
        buys = self._fate.random() < 0.5 or market.position < 2 * size
        limit = instrument.round_price(market.book.mark * (Decimal("1.05") if buys else Decimal("0.95")))
        self.auditor.meddled(size if buys else -size)
        market.trade_beside(buys, size, limit)

    def mischief(self) -> None:
        """What may befall it in this second."""
        faults = self.network.faults
        if self.network.happens(faults.hang_up):
            self.host.process.exchange.hang_up(self.market.symbol)
        working = self.market.working()
        if self.opened and working and self.network.happens(faults.meddle):
            order: VenueOrder = self.random.choice(working)
            core = self.market.venue.core
            core.cancel(self.market.venue.account, self.market.market, order.oid)

    # Its rest

    async def rest(self, sleeps: Callable[[], Awaitable[None]] | None) -> None:
        """Wait until all must have settled, through a night if it `sleeps`, and say what has not."""
        scenario = self.scenario
        resumes = scenario.operator or scenario.restarts or scenario.alerts is not None
        if resumes:
            await self.insist(Verb.RESUME)
        await asyncio.sleep(SETTLES_IN)
        if scenario.faults.hang_up:
            await asyncio.sleep(_DEAF_SECONDS)
        others = scenario.faults.meddle or scenario.options.triggers_follow_position
        if others and scenario.loses_notices:
            # What others cancelled, and no notice told of, is found by the next reconciliation.
            await asyncio.sleep(scenario.config.reconcile_every / 1000)
        if sleeps is not None:
            await sleeps()
        if self.reason:
            return  # it is over: the exit says whether that was right
        if not self.opened and self.waits:
            for text in problems_of_waiting(self.market):
                self.auditor.complain("rest", text)
            return
        if scenario.adopts and (self.trade.context.mode is Mode.PAUSED or self._unadopted()):
            await self._adopt()
        self.auditor.settled()
        requests = self.network.requests
        await asyncio.sleep(10)
        if not self.reason and self.network.requests - requests > 2:
            self.auditor.complain("restless", f"{self.network.requests - requests} actions at rest")
        while min(self._loop.clock() % HOUR_MS / 1000, self._age()) < _FUNDING_IS_NEWS:
            await asyncio.sleep(5.0)
        if self.reason or not self.opened:
            return  # a rule has ended it at rest
        trade = self.trade
        durability = trade.context.durability
        while durability.behind and not durability.problem:
            await asyncio.sleep(0.01)  # a comparison may have been written down in this very moment
        earlier = self.given - {self.number} if self.scenario.config.by_signal else frozenset()
        for text in problems_at_rest(trade, self.market, earlier):
            self.auditor.complain("rest", text)
        for text in problems_of_memory(trade, self._inputs()):
            self.auditor.complain("memory", text)
        self._check_alarms()

    def _age(self) -> float:
        """Seconds since its process was born."""
        return self._loop.time() - self.host.process.born

    def _inputs(self) -> Sequence[JournalledInput]:
        journal = self.host.process.journals[self.title]
        if self.host.file is not None:
            return self.host.file.inputs(self.number)
        return journal.inputs if isinstance(journal, MemoryJournal) else []

    def _unadopted(self) -> bool:
        """Whether others traded what the operator has resumed over: too little to pause for."""
        booked = self.trade.tracker.booked
        return any("cloid" not in row and not booked(messages.fill(row)) for row in self.market.fills)

    async def _adopt(self) -> None:
        """What an operator does about fills that the journal does not know."""
        await self.insist(Verb.ADOPT)
        until = self._loop.time() + _PATIENCE
        while self.trade.wishes.current is not None:
            if self._loop.time() > until:
                self.auditor.complain("adoption", f"not done after {_PATIENCE} s: {self._standing()}")
                return
            await asyncio.sleep(1.0)
        await self.insist(Verb.RESUME)
        await asyncio.sleep(SETTLES_IN)

    def _check_alarms(self) -> None:
        # A command that cannot be carried out while the network is bad is said to have failed.
        honest = {"halted", "winddown"}
        if self._loop.time() - self.network.trouble_at <= _TROUBLE_LASTS:
            honest.add("journal")  # a commit may be as slow as that at any moment
        # By the mark they may be worth an order, by the limit of a stop they are not: then no stop is taken.
        loose = self.trade.trade.target.loose * self.market.book.mark
        if 0 < loose < self.trade.instrument.min_order_value * Decimal("1.3"):
            honest.add("unprotected")
        for alarm in self.trade.context.alarms.view():
            # Some are true while they last: a feed may be silent for minutes before it breaks.
            keys = {"journal", "stale", "start", "unprotected", "stops refused", "exchange"}
            if self.scenario.adopts:
                keys |= {"foreign", "position"}
            passing = (alarm.key in keys and not alarm.active) or alarm.key.startswith(GUARD_ALARM)
            if alarm.severity is Severity.CRITICAL and alarm.key not in honest and not passing:
                self.auditor.complain("false alarm", f"{alarm.key}: {alarm.text}")
