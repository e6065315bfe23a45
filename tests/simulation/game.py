"""One seed: machines whose engines start, die and start again, prices and faults, and the end."""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

from hypertui.port.commands import Verb
from tests.simulation.books import problems_of_fills, problems_of_money
from tests.simulation.course import Course
from tests.simulation.endings import judge_end, judge_exit, judge_flat
from tests.simulation.host import Host
from tests.simulation.loop import VirtualLoop
from tests.simulation.process import Process
from tests.simulation.rest import problems_of_account
from tests.simulation.scenario import SETTLES_IN, START, Scenario
from tests.simulation.venue import Venue

_CENT = Decimal("0.01")
_NIGHT = 3_700
_BEAT = 1.0
_WRITTEN_IN = 10.0  # seconds until what has been sent is in the journal, and done


class Game:
    """One seed; a `night` is so many seconds long, in which the price is told again every `beat_at_night`
    seconds: most of it is waiting. With `twins` the state is held against the recorded inputs after every
    event, else whenever all is calm."""

    night = _NIGHT
    beat_at_night = 8.0
    kind: Callable[..., Host] = Host

    def __init__(self, scenario: Scenario, loop: VirtualLoop, folder: Path, twins: bool = True) -> None:
        self.scenario = scenario
        self.loop = loop
        scenarios = (scenario, *scenario.others)
        symbols = [each.config.symbol for each in scenarios]
        self.venue = Venue(scenario.options, {symbol: START[symbol] for symbol in symbols}, loop.clock)
        fates = [Random(f"fate {each.label}") for each in scenarios]
        self.courses = [
            Course(each, self.venue, loop, fate) for each, fate in zip(scenarios, fates, strict=True)
        ]
        first = len(self.courses) - scenario.elsewhere
        self.hosts = [
            self.kind(courses[0].scenario.label, self.venue, courses, loop, folder, fate, twins)
            for courses, fate in ((self.courses[:first], fates[0]), (self.courses[first:], fates[-1]))
            if courses
        ]
        self.random = self.courses[0].random
        self._problems: dict[str, str] = {}
        self._nights = scenario.nights
        self._asleep = 0

    @property
    def problems(self) -> Sequence[str]:
        """What was wrong."""
        of_courses = {
            course.title: list(course.auditor.problems.values())
            for course in self.courses
            if course.auditor.problems
        }
        alone = len(self.courses) == 1
        return [
            *self._problems.values(),
            *(text for host in self.hosts if host.alerts for text in host.alerts.problems.values()),
            *(text if alone else f"{name} {text}" for name, texts in of_courses.items() for text in texts),
        ]

    @property
    def processes(self) -> Sequence[Process]:
        """All engines that there were."""
        return [process for host in self.hosts for process in host.processes]

    def counts(self) -> Counter[str]:
        """What happened how often."""
        account = self.venue.account
        statuses = Counter(event.status for event in account.history)
        of_hosts = sum((host.counts for host in self.hosts), Counter[str]())
        kept = ("kills", "of them while stops were ahead of their rows", "stops that no row tells of")
        return Counter(
            {
                "trades": len(self.courses),
                "fills": len(account.fills),
                "actions": sum(course.network.requests for course in self.courses),
                **{name: of_hosts[name] for name in kept},
                "starts": len(self.processes),
                **sum((host.alerts.audit.counts for host in self.hosts if host.alerts), Counter[str]()),
                "ended by an exit": sum(course.ended_by_exit for course in self.courses),
                "trades started again": sum(course.started_again for course in self.courses),
                "fundings": len(account.funding),
                "orders without margin": statuses["perpMarginRejected"],
                "passed triggers refused": statuses["badTriggerPxRejected"],
                "passed triggers fired at once": self._fired_at_once(),
            }
        )

    def _fired_at_once(self) -> int:
        history = self.venue.account.history
        return sum(event.status == "triggered" and event.time == event.order.time for event in history)

    def _complain(self, kind: str, text: str) -> None:
        self._problems.setdefault(kind, f"at {self.loop.time():.3f}: {kind}: {text}")

    async def play(self) -> None:
        """From the entry to the exit."""
        if not self.scenario.early:
            for course in self.courses:
                course.network.calm_down()
        keeping = [asyncio.create_task(host.keep(), name="trade") for host in self.hosts]
        beside = [
            asyncio.create_task(self._beat(), name="beat"),
            asyncio.create_task(self._mischief(), name="mischief"),
            *(
                asyncio.create_task(course.sender.run(), name=f"alerts of {course.title}")
                for course in self.courses
                if course.sender is not None
            ),
        ]
        try:
            await asyncio.gather(*(course.enter() for course in self.courses))
            for number in range(self.scenario.rounds):
                await self._round(last=number == self.scenario.rounds - 1)
            await self._leave(keeping)
        except Exception as error:  # noqa: BLE001 - a seed fails, the others are played
            self._complain("defect", _told(error))
        finally:
            for task in (*beside, *keeping):
                task.cancel()
            ended = await asyncio.gather(*keeping, *beside, return_exceptions=True)
            for end in ended:
                if isinstance(end, Exception):
                    self._complain("ended", f"an engine ended by itself: {_told(end)}")
            for host in self.hosts:
                if host.alerts is not None:
                    await host.alerts.settle()

    # One round: a stretch of prices with faults, then rest

    async def _round(self, *, last: bool) -> None:
        going = [course for course in self.courses if not course.reason]
        if not going:
            return
        for host in self.hosts:
            host.arm(True)
        for course in self.courses:
            course.network.restore(course.scenario)
            if course.sender is not None:
                course.sender.quiet = False
        if self.scenario.short:
            self._withdraw()
        taken = await asyncio.gather(*(self._walk(course, last) for course in going))
        for course in going:
            course.calm_down()
        for sender in (course.sender for course in self.courses if course.sender is not None):
            sender.quiet = True
        if any(host.alerts is not None for host in self.hosts):
            await asyncio.sleep(_WRITTEN_IN)
        for host in self.hosts:
            host.arm(False)
        sleeps = self._nights > 0 and not (last and self.scenario.hasty)
        self._nights -= sleeps
        await asyncio.gather(
            *(self._settle(course, last, took, sleeps) for course, took in zip(going, taken, strict=True))
        )
        if not (last and self.scenario.hasty):
            self._check_account()
            self._check_alerts()

    async def _walk(self, course: Course, last: bool) -> bool:
        scenario = course.scenario
        return await course.walk(
            _order(scenario) if last else None, last and scenario.foreign, last and scenario.restarts
        )

    async def _settle(self, course: Course, last: bool, took_order: bool, sleeps: bool) -> None:
        await course.taken_up()
        if last and course.scenario.flattens and not course.reason:
            course.flattens = course.auditor.excused = True
            if not took_order:  # no process was there to be told before
                await course.insist(Verb.FLATTEN)
            await asyncio.sleep(SETTLES_IN)
            judge_flat(course)
        elif not (last and self.scenario.hasty) and not course.reason:
            await course.rest(self._sleep if sleeps else None)

    def _check_alerts(self) -> None:
        for host in self.hosts:
            if host.alerts is not None and host.process.lives:
                host.alerts.check_rest(host.process)

    def _check_account(self) -> None:
        """At rest the account is what its trades have made, by the state and by the rows."""
        going = [course.opened and not (course.reason or course.flattens) for course in self.courses]
        if all(going) and not any(course.scenario.config.by_signal for course in self.courses):
            for text in problems_of_account([course.trade for course in self.courses], self.venue):
                self._complain("rest", text)
        if not all(going):
            return
        if (file := self.hosts[0].file) is None:
            return
        for course in self.courses:
            for text in problems_of_fills(file, course.market):
                course.auditor.complain("rows", text)
        for text in problems_of_money(file, self.venue):
            self._complain("rows", text)

    def _withdraw(self) -> None:
        account = self.venue.account
        free = self.venue.core.margin(account).withdrawable
        account.deposit(-(free / 2).quantize(_CENT))
        for course in self.courses:
            course.oracle.note()

    async def _sleep(self) -> None:
        self._asleep += 1
        await asyncio.sleep(self.night)
        self._asleep -= 1

    # What goes on beside

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.beat_at_night if self._asleep else _BEAT)
            self.venue.core.tick()
            for host in self.hosts:
                if host.processes:
                    host.process.exchange.beat()
            for course in self.courses:
                course.auditor.check_time()

    async def _mischief(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            for course in self.courses:
                course.mischief()

    # The end

    async def _leave(self, keeping: Sequence[asyncio.Task[None]]) -> None:
        to_leave: list[Course] = []
        for course in self.courses:
            if course.flattens and (course.reason or not course.opened) and course.host.file is not None:
                continue  # killed after its end, and judged by then
            if course.reason and (course.sells_out or course.may_end):
                judge_end(course, course.reason)
            elif course.reason:
                course.auditor.complain("ended", f"the trade ended by itself: {course.reason}")
            elif course.opened or course.waits:
                course.auditor.excused = True
                to_leave.append(course)
        leaving = [
            host.leave(task)
            for host, task in zip(self.hosts, keeping, strict=True)
            if not task.done() and any(course.host is host for course in to_leave)
        ]
        await asyncio.gather(*leaving)
        for course in to_leave:
            judge_exit(course, course.reason)


def _order(scenario: Scenario) -> Verb | None:
    """What the operator orders in the last round."""
    if scenario.flattens:
        return Verb.FLATTEN
    return Verb.SELL_OUT if scenario.sells_out else None


def _told(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} in {where.filename}:{where.lineno}"
