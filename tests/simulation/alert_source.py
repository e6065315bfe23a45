"""All alerts of one machine: who sends them, the desk of each of its processes, and what must be so of
them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Protocol

from hypertui.core.intents import IntentVerb
from hypertui.execution.trade_config import TradeConfig
from hypertui.intents.gate import SourceRules
from hypertui.journal.intents import IntentJournal
from hypertui.port.commands import Ack, Command
from hypertui.strategy.bracket.strategy import Bracket
from hypertui.webhook.requests import HookAnswer, HookSettings
from hypertui.webhook.secrets import HookKind, Hooks
from tests.simulation.alert_audit import AlertAudit, SentAlert
from tests.simulation.alert_desk import DeskParts, SimDesk, Watched
from tests.simulation.alert_sender import AlertSender
from tests.simulation.course import Course
from tests.simulation.door import Door
from tests.simulation.ledger import Disk, FileJournal
from tests.simulation.process import Process

_ALL = frozenset(IntentVerb)
_FEW = frozenset((IntentVerb.OPEN, IntentVerb.CLOSE, IntentVerb.PAUSE, IntentVerb.RESUME))


class Machine(Protocol):
    """Where they are sent to."""

    processes: list[Process]

    def clock(self) -> int: ...

    def wall(self) -> int: ...


class AlertSource:
    """Of the `courses` of one machine that have any."""

    def __init__(
        self, machine: Machine, label: str, courses: Sequence[Course], file: FileJournal, folder: Path
    ) -> None:
        self.problems: dict[str, str] = {}
        self.audit = AlertAudit(machine.clock, self._complain)
        self._machine = machine
        self._courses = [course for course in courses if course.scenario.alerts is not None]
        self._file = file
        self._begun: set[str] = set()
        self._network = courses[0].scenario.config.network.value
        hooks, settings = Hooks(folder / f"webhooks {label}.json"), {}
        self._paths: dict[str, str] = {}
        for course in self._courses:
            course.sender = self._sender(course, Random(f"sender {course.scenario.label}"))
            for name, verbs in _sources(course.title).items():
                settings[name] = _settings(course, name, verbs)
                self._paths[f"webhook:{name}"] = f"/hook/{name}/{hooks.add(name, HookKind.PATH, 0)}"
        self._parts = DeskParts(
            self._network,
            settings,
            hooks,
            self.audit,
            Random(f"desk {label}"),
            machine.clock,
            machine.wall,
            lambda: file.intents(self._network),
        )

    def _sender(self, course: Course, random: Random) -> AlertSender:
        terms = course.scenario.alerts
        assert terms is not None, "else it is not among them"
        return AlertSender(
            course.title,
            course.market.symbol,
            _sources(course.title),
            terms,
            random,
            self._post,
            lambda: course.market.position,
            self._machine.wall,
            self.audit,
        )

    def _complain(self, kind: str, text: str) -> None:
        self.problems.setdefault(kind, f"at {asyncio.get_running_loop().time():.3f}: alerts: {kind}: {text}")

    async def _post(self, alert: SentAlert) -> HookAnswer | None:
        """The answer of the process that there is; None where there is none, or it gives none."""
        process = self._machine.processes[-1] if self._machine.processes else None
        if process is None or process.desk is None or not process.lives:
            return None
        return await process.desk.answer(self._paths[alert.source], alert.body)

    def opener(self, disk: Disk) -> Callable[[Process], SimDesk]:
        """Opens the desk of a process whose journal is on this disk."""

        def opened(process: Process) -> SimDesk:
            engine = Watched(process.engine.shown, process.engine.command, self.audit, self._machine.clock())
            return SimDesk(engine, process.door, disk, self._parts)

        return opened

    def over(self, door: Door) -> None:
        """A process has come to its end, by itself or by a kill."""
        self._begun |= door.begun
        by_signal = [course for course in self._courses if course.scenario.config.by_signal]
        ours = {f"{number:016x}" for course in by_signal for number in course.given}
        self.audit.entered(door.entries, len(self._begun & ours))

    def check_rest(self, process: Process) -> None:
        """Nothing has moved for a while."""
        entering = {course.title for course in self._courses if _is_entering(course)}
        self.audit.check_rest(process.born_at, entering)

    async def settle(self) -> None:
        """Start once more, when all is over, and see that all alerts have an end."""
        nothing = Watched(lambda _: None, _nobody, self.audit, self._machine.clock())
        desk = SimDesk(nothing, Door(None, armed=False), _GoodDisk(), self._parts)
        settling = asyncio.create_task(desk.run())
        await asyncio.sleep(1.0)
        settling.cancel()
        await asyncio.gather(settling, return_exceptions=True)
        await desk.close()
        journal: IntentJournal = self._file.intents(self._network)
        try:
            rows = journal.newest(10_000)
            self.audit.check_end([row for row in rows if row.source in self._paths])
        finally:
            journal.close()


def _sources(trade: str) -> dict[str, frozenset[IntentVerb]]:
    """A trade's sources, and what each may want."""
    return {f"tv-{trade}": _ALL, f"py-{trade}": _FEW}


def _settings(course: Course, name: str, verbs: frozenset[IntentVerb]) -> HookSettings:
    config: TradeConfig = course.scenario.config
    assert course.scenario.alerts is not None
    rules = SourceRules(name, config.title, verbs, course.scenario.alerts.ttl)
    return HookSettings(rules, config.symbol)


def _is_entering(course: Course) -> bool:
    strategy = course.trade.trade.strategy if course.opened else None
    return isinstance(strategy, Bracket) and strategy.entry is not None


async def _nobody(command: Command) -> Ack:
    return Ack(command.id, False, "there is no engine")


class _GoodDisk:
    def is_down(self) -> bool:
        return False

    def delay(self) -> float:
        return 0.0

    def takes(self) -> float:
        return 0.0
