"""A console over the fake engine that refreshes as often as it is told, as fast as it can, and says how much
memory that took: `python -m tests.console.soak RESULT COUNT`."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from hypertui.console.command_sender import CommandSender
from hypertui.console.terminal.options import ConsoleOptions

# Read when Textual is imported: here every refresh is to be painted.
os.environ["TEXTUAL_FPS"] = "1000"
os.environ["TEXTUAL_ANIMATIONS"] = "none"

from textual.pilot import Pilot

from hypertui.console.app import HyperTui
from hypertui.port.commands import Stop, StopReason
from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Severity
from tests.console import fakes, states

_WARM_UP = 500
_PAGE = os.sysconf("SC_PAGE_SIZE")


def memory() -> int:
    """What this process has in memory, in bytes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


async def soak(app: HyperTui, engine: fakes.FakeEngine, count: int) -> int:
    """Move price, times and events with each refresh, and open and close the help now and then; returns by
    how many bytes that made the process grow."""
    begun = 0
    for number in range(_WARM_UP + count):
        if number == _WARM_UP:
            begun = memory()
        snapshot = engine.snapshot
        mark = Decimal(65_000) + number % 700
        engine.snapshot = replace(snapshot, seq=number, at=snapshot.at + 250, mark=mark, unit=number % 5)
        engine.events = [Event(number + 10_000, snapshot.at, EventKind.STEP, Severity.INFO, f"step {number}")]
        app.show_frame()
        await asyncio.sleep(0.001)
        if number % 100 == 50:
            await app.run_action("help")
            await asyncio.sleep(0.01)
            if len(app.screen_stack) > 1:
                app.pop_screen()
    return memory() - begun


def main() -> int:
    engine = fakes.FakeEngine(states.running())
    options = ConsoleOptions(refresh_hz=0)
    clock = lambda: engine.snapshot.at  # noqa: E731
    app = HyperTui(engine, Stop(), clock=clock, sender=CommandSender(clock, "mk@pts/3"), options=options)

    grown: list[int] = []

    async def drive(pilot: Pilot[StopReason]) -> None:
        grown.append(await soak(app, engine, int(sys.argv[2])))
        app.exit()

    app.run(auto_pilot=drive)
    Path(sys.argv[1]).write_text(str(grown[0]), encoding="ascii")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
