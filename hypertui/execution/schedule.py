"""When each thing that is done again and again was last done, and when it will be next."""

from __future__ import annotations

from collections.abc import Callable

from hypertui.port import Task


class Schedule:
    """Told by whoever repeats something; `clock` gives ms."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._tasks: dict[str, Task] = {}

    def waits(self, name: str, seconds: float) -> None:
        """`name` will be done in `seconds`, and so often."""
        known = self._tasks.get(name)
        every = round(seconds * 1000)
        last = None if known is None else known.last
        self._tasks[name] = Task(name.replace("_", " ").strip(), every, last, self._clock() + every)

    def ran(self, name: str) -> None:
        """`name` has been done."""
        known, now = self._tasks[name], self._clock()
        self._tasks[name] = Task(known.name, known.every, now, now + known.every)

    def view(self) -> tuple[Task, ...]:
        """Those that are seldom done first."""
        return tuple(sorted(self._tasks.values(), key=lambda task: (-task.every, task.name)))
