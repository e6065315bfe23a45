"""The services of one run: exchange, journal, queue, budget, clock, alarms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from hypertui.execution.account_context import AccountContext
from hypertui.execution.durability import LONGEST_PAUSE, Durability
from hypertui.execution.housekeeping import Housekeeping
from hypertui.execution.market_data import MarketData
from hypertui.execution.observations import Observations
from hypertui.execution.orders import ClientIds
from hypertui.execution.refusal import StartRefused
from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trade_events import TradeEvents
from hypertui.execution.trade_journal import TradeJournal
from hypertui.port.snapshot import Mode
from hypertui.runtime.alarms import Alarms, CommandLog
from hypertui.runtime.backoff import Backoff
from hypertui.runtime.command_outcomes import Outcomes
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.event_queue import EventQueue
from hypertui.runtime.health_tally import HealthTally
from hypertui.runtime.machine import Machine
from hypertui.runtime.request_budget import RequestBudget
from hypertui.runtime.tasks import Tasks
from hypertui.strategy.plans import StrategyTerms


class TradeContext:
    """The services of one run. `clock` gives ms."""

    def __init__(
        self,
        account: AccountContext,
        config: TradeConfig,
        trade_id: int,
        machine: Machine,
        log: EventLog,
        journal: TradeJournal,
        queue: EventQueue[Any],
    ) -> None:
        clock = machine.clock
        if journal.history().has_begun and not config.strategy.is_settled:
            config = replace(config, strategy=config.strategy.recorded(journal.terms))
        self.account = account
        self.exchange = exchange = account.exchange
        self.config = config
        self.machine = machine
        self.clock = clock
        self.log = log
        self.journal = journal
        self.queue = queue
        self.ids = ClientIds(trade_id)
        self.mode = Mode.STARTING
        self.reason = ""
        self.over = False  # the trade has ended, though its run may go on for whoever looks
        self.tally = HealthTally(clock())
        self.alarms = Alarms(log, clock)
        self.commands = CommandLog(log, clock)
        self.outcomes = Outcomes(self.commands, clock)
        self.events = TradeEvents(log, clock, journal, self.tally)
        self.observations = Observations(journal)
        self.market = MarketData(config, clock, self.alarms, self.tally)
        self.tasks = Tasks(clock, self.alarms)
        self.housekeeping = Housekeeping(journal, self.alarms, machine.log_trouble)
        self.clock_sync = account.clock_sync
        self.backoff = Backoff(machine.random)
        self.budget = RequestBudget(
            lambda: exchange.allowance, account.clock_sync, clock, machine.random, account.throttle
        )
        retry = self.tasks.add("journal retry", LONGEST_PAUSE)
        self.durability = Durability(journal, queue, self.alarms, machine.random, retry, self.tally, clock)

    async def keep_terms(self, terms: StrategyTerms | None) -> None:
        """The trade has these figures from now on, whatever the price does; None where it has them already.
        Raises StartRefused where they cannot be written down."""
        if terms is None or self.config.strategy.is_settled:
            return
        if problem := await self.journal.keep_terms(terms.record()):
            raise StartRefused(f"nothing is opened without a journal: {problem}")
        self.config = replace(self.config, strategy=terms)

    def set_mode(self, mode: Mode, reason: str) -> None:
        """Show what the engine does as a whole; a change is an event."""
        if (mode, reason) != (self.mode, self.reason):
            self.mode, self.reason = mode, reason
            self.events.mode(mode, reason)

    def ended(self, how: str) -> None:
        """The trade is over; the next start begins a new one."""
        self.over = True
        self.journal.ended(self.clock(), how)
        self.durability.commit()

    def every(
        self, name: str, seconds: float, job: Callable[[], Awaitable[str]], first: float | None = None
    ) -> None:
        """Do `job` again and again beside the events, for the first time after `first` seconds."""
        task = self.tasks.add(name, seconds)
        task.due_in(seconds if first is None else first)
        self.queue.spawn(self.tasks.repeat(task, job, first))
