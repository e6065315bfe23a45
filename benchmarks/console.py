"""What the console costs: time on its loop for each tick, its process's share of a core at 4 Hz, and the desk
of eight trades beside that of one."""

import asyncio
import gc
import io
import os
import time
from contextlib import redirect_stdout
from dataclasses import replace
from decimal import Decimal

from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from benchmarks.figures import Spread, milliseconds
from hypertui.console.app import HyperTui
from hypertui.port.commands import StopReason
from hypertui.port.engine import Event
from hypertui.port.snapshot import Severity, Snapshot
from tests.console import fakes, parts, states

SIZE, LARGE = (120, 40), (200, 60)
TICKS = 60
TRADES = 8
EVERY = 0.25
EVENTS = 500
UNITS = 400


class _Written(HeadlessDriver):
    """Counts what a terminal would be sent."""

    size = 0

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        _Written.size += len(data)


class _Moving(fakes.FakeEngine):
    """An engine late in a long trade, whose mark, and all that hangs on it, moves with each reading of the
    clock."""

    def __init__(self) -> None:
        events = [
            Event(number, parts.NOW, "order", Severity.INFO, f"buy +3 placed, order {number}")
            for number in range(1, EVENTS + 1)
        ]
        view = states.running()
        units = parts.stretched_map(view, -UNITS // 2, UNITS // 2)
        super().__init__(replace(view, position_map=units), events)
        self.ticks = 0

    def tick(self, now: int) -> Snapshot:
        """Move on by one."""
        self.ticks += 1
        mark = Decimal("65180.5") + self.ticks % 97
        view = self.snapshot
        last = self.events[-1].seq
        self.events = [*self.events[1:], replace(self.events[-1], seq=last + 1, at=now)]
        self.snapshot = replace(
            view,
            at=now,
            mark=mark,
            mark_at=now,
            prices=(*view.prices[1:], (now, mark)) if now - view.prices[-1][0] >= 1_000 else view.prices,
            next_up=parts.trigger(3, mark),
            next_down=parts.trigger(1, mark),
            unrealized_pnl=view.unrealized_pnl + 1,
            slots=tuple(replace(slot, distance=(slot.trigger - mark) / mark) for slot in view.slots),
            sources=tuple(replace(source, seen_at=now) for source in view.sources),
        )
        return self.snapshot


class _Desk(_Moving):
    """So many trades that move alike; where there is one, another beside it that is over, as one alone has no
    desk."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._names = [f"trade {number}" for number in range(2, count + 1)]
        over = () if self._names else (replace(self.snapshot, name="at rest", over=True),)
        self.beside = over or tuple(replace(self.snapshot, name=name) for name in self._names)

    def tick(self, now: int) -> Snapshot:
        view = super().tick(now)
        if self._names:
            self.beside = tuple(replace(view, name=name) for name in self._names)
        return view


def tick() -> dict[str, object]:
    """The time that one tick holds the console's loop, painting included, on the slowest screens; the
    process's share of a core with the main screen at 4 Hz; and the bytes that a terminal is sent for a tick
    in which everything moves, and for one in which nothing does. The engine is a fake: it costs next to
    nothing."""
    with redirect_stdout(io.StringIO()):
        return asyncio.run(_measure())


def desk() -> dict[str, object]:
    """The time that one tick of the desk holds the console's loop: eight trades that move, beside one."""
    with redirect_stdout(io.StringIO()):
        eight, one = (asyncio.run(_of_trades(count)) for count in (TRADES, 1))
    return {
        "one_ms_p50": one.p50,
        "eight_ms_p50": eight.p50,
        "ratio": round(eight.p50 / one.p50, 2),
        "limit": 2,
    }


async def _measure() -> dict[str, object]:
    engine, clock = _Moving(), fakes.Clock()
    app = fakes.console(engine, clock, driver_class=_Written, built=gc.freeze)  # as at a real start
    found: dict[str, object] = {"limit_ms": 10, "limit_share": 0.06, "limit_bytes": 500}
    async with app.run_test(headless=False, size=SIZE) as pilot:
        await pilot.pause(0.5)
        for key, name in (("1", "main"), ("6", "log"), ("4", "map")):
            found |= _named(name, await _ticks(app, engine, clock, pilot, key))
        await pilot.press("1")
        await pilot.pause(0.3)
        before, began, cpu = _Written.size, time.perf_counter(), _cpu()
        for _ in range(TICKS):
            clock.now += 250
            engine.tick(clock.now)
            app.show_frame()
            await asyncio.sleep(EVERY)
        seconds = time.perf_counter() - began
        found["share_of_a_core"] = round((_cpu() - cpu) / seconds, 4)
        found["bytes_a_tick"] = round((_Written.size - before) / TICKS)
        before = _Written.size
        for _ in range(TICKS):
            app.show_frame()
            await asyncio.sleep(0.02)
        found["bytes_when_nothing_changes"] = _Written.size - before
        await pilot.resize_terminal(*LARGE)
        await pilot.pause(0.5)
        found |= _named("large", await _ticks(app, engine, clock, pilot, "1"))
    return found


async def _of_trades(count: int) -> Spread:
    engine, clock = _Desk(count), fakes.Clock()
    app = fakes.console(engine, clock, driver_class=_Written, built=gc.freeze)
    async with app.run_test(headless=False, size=SIZE) as pilot:
        await pilot.pause(0.5)
        return await _ticks(app, engine, clock, pilot, "0")


async def _ticks(
    app: HyperTui, engine: _Moving, clock: fakes.Clock, pilot: Pilot[StopReason], key: str
) -> Spread:
    """The times of a screen, by its key (ms)."""
    await pilot.press(key)
    await pilot.pause(0.3)
    await _held(app, engine, clock, pilot)  # the first one draws what the switch left over
    return milliseconds([await _held(app, engine, clock, pilot) for _ in range(TICKS)])


def _named(name: str, held: Spread) -> dict[str, object]:
    return {f"{name}_ms_p50": held.p50, f"{name}_ms_p99": held.p99}


async def _held(app: HyperTui, engine: _Moving, clock: fakes.Clock, pilot: Pilot[StopReason]) -> int:
    """Nanoseconds of this thread's own time, from the pull to the last byte of the repaint."""
    clock.now += 250
    engine.tick(clock.now)
    began = time.thread_time_ns()
    app.show_frame()
    await asyncio.sleep(0.15)  # the repaint is on a timer of its own
    return time.thread_time_ns() - began


def _cpu() -> float:
    times = os.times()
    return times.user + times.system
