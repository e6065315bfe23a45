"""Periodic tasks with a stamp of each run, and an alarm for one that is overdue.

A task that is silently not done looks like one with nothing to report. So each run leaves a stamp, and one
that is overdue raises an alarm, whatever it is that keeps it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hypertui.port.snapshot import Severity
from hypertui.port.views import TaskView
from hypertui.runtime.alarms import Alarms

# Late by this much is nothing yet, however often a task is done (ms): as long as the engine's own sign of
# life may be old.
_LEAST_GRACE = 2_000
_DONE = "done"


class Task:
    """One of them. It is due every `every` ms, at `next`; None while there is no cause for it."""

    def __init__(self, name: str, every: int, clock: Callable[[], int]) -> None:
        self.name = name
        self.every = every
        self.next: int | None = None
        self.overdue = False
        self._clock = clock
        self._began: int | None = None
        self._last: int | None = None
        self._took = 0
        self._failure = ""

    def due_in(self, seconds: float) -> None:
        """It will be done in so many seconds."""
        self.next = self._clock() + round(seconds * 1000)

    def began(self) -> None:
        """It is being done. Until it has ended it counts as due since then at the latest."""
        self._began = self._clock()
        self.next = self._began if self.next is None else min(self.next, self._began)

    def ended(self, failure: str = "") -> None:
        """It was done; `failure` says what came in between, if anything did."""
        self._last = self._clock()
        self._took = self._last - (self._last if self._began is None else self._began)
        self._began, self._failure, self.next = None, failure, None

    def is_overdue(self) -> bool:
        """Whether it should have been done more than two periods ago."""
        grace = max(2 * self.every, _LEAST_GRACE)
        return self.next is not None and self._clock() - self.next > grace

    def view(self) -> TaskView:
        """For the screens."""
        result = "" if self._last is None else self._failure or _DONE
        failed = bool(self._failure)
        return TaskView(
            self.name, self.every, self._last, self.next, self._took, result, failed, self.overdue
        )

    def in_words(self) -> str:
        """That it is overdue."""
        last = "never ran" if self._last is None else "has not run since"
        under_way = "" if self._began is None else ", and is still under way"
        return f"the task {self.name} is due every {self.every / 1000:g} s and {last}{under_way}"


class Tasks:
    """All of them. `watch` has to be called by more than one of the things that go on, for whatever stops may
    be the one that calls it."""

    def __init__(self, clock: Callable[[], int], alarms: Alarms) -> None:
        self._clock = clock
        self._alarms = alarms
        self._tasks: list[Task] = []

    def add(self, name: str, seconds: float) -> Task:
        """A new one, which is done every so many seconds."""
        task = Task(name, round(seconds * 1000), self._clock)
        self._tasks.append(task)
        return task

    def abandon(self) -> None:
        """None of them is done any more: whoever they were for is no more."""
        for task in self._tasks:
            self._alarms.clear(f"task {task.name}")
        self._tasks.clear()

    async def repeat(self, task: Task, job: Callable[[], Awaitable[str]], first: float | None = None) -> None:
        """Do `job` for ever, after `first` seconds and then its task's period after it was last done; it
        returns what came in between."""
        wait = task.every / 1000 if first is None else first
        while True:
            task.due_in(wait)
            await asyncio.sleep(wait)
            task.began()
            task.ended(await job())
            wait = task.every / 1000

    def watch(self) -> None:
        """Raise an alarm for what has become overdue, and end those for what no longer is."""
        for task in self._tasks:
            overdue = task.is_overdue()
            if overdue and not task.overdue:
                self._alarms.sound(f"task {task.name}", Severity.WARNING, task.in_words())
            elif task.overdue and not overdue:
                self._alarms.clear(f"task {task.name}")
            task.overdue = overdue

    def view(self) -> tuple[TaskView, ...]:
        """Those that are done least often first."""
        return tuple(task.view() for task in sorted(self._tasks, key=lambda task: (-task.every, task.name)))
