"""`make hostile-webhook`: many hostile requests to the door of an engine, and what they came to.

They are sent by another process, in stretches between which nothing is sent: what the engine's loop does in
the ones is set beside what it does in the others. In the second half the limits' clock runs fast, so that
what they would have kept out meets the checks behind them: nobody's engine is asked as much as in that half.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import logging
import multiprocessing
import resource
import sys
import tempfile
import time
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeAlias

from hypertui.core.clock import CLOCK
from tests.intents.alerts import AlertedEngine, alerted
from tests.intents.door_process import set_clocks, wall_of
from tests.intents.hostile import DAY, Hostility, attack, record
from tests.support.live_engine import wall_clock
from tests.support.local_venue import LocalVenue

_STRETCHES = 10
_QUIET = 6.0  # seconds of a stretch without requests
_LOOK = 0.01
_PACE = 0.01  # seconds between two connections that are let in, as everywhere
_FASTER = 500  # than time goes by, in the second half

_Half: TypeAlias = tuple[list[float], list[float]]  # without requests, and with them


def main() -> int:
    """Attack; returns 0 where nothing came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--count", type=int, default=10_000)
    given = parser.parse_args()
    logged = io.StringIO()
    logging.basicConfig(stream=logged, level=logging.INFO, force=True)
    began = wall_clock()
    told = Hostility()
    halves: tuple[_Half, _Half] = (([], []), ([], []))
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalVenue() as venue,
        alerted(
            venue,
            Path(folder),
            command=_door(Path(folder)),
            wall=partial(wall_of, _clocks(Path(folder))),
            pace=_PACE,
        ) as engine,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as senders,
    ):
        record(engine.target)
        set_clocks(_clocks(Path(folder)))
        loop, size = engine.live.engine._loop, given.count // _STRETCHES
        assert loop is not None, "the engine runs"
        grown = [_memory(engine)]
        for number in range(_STRETCHES):
            half = number * 2 // _STRETCHES
            if number == _STRETCHES // 2:
                set_clocks(_clocks(Path(folder)), since=CLOCK(), faster=_FASTER)
                grown.append(_memory(engine))
            quiet, attacked = halves[half]
            quiet += asyncio.run(_lateness(loop, time.monotonic() + _QUIET))
            under_way = senders.submit(attack, engine.target, given.first + number * size, size)
            attacked += asyncio.run(_lateness(loop, under_way))
            told.add(under_way.result())
        grown.append(_memory(engine))
        told.judge(engine, logged.getvalue())
        rows = len(engine.rows())
        took = (wall_clock() - began) / 1_000
        print(f"{sum(told.statuses.values())} requests in {took:.0f} s: {dict(told.statuses)}")
        print(f"denied {dict(engine.desk.view.denied)}, {told.cut} slow ones cut off, {rows} rows")
        for name, kept in zip(("engine", "door"), zip(*grown, strict=True), strict=True):
            first, second = kept[1] - kept[0], kept[2] - kept[1]
            print(f"{name}: at most {kept[2]:.0f} MB, +{first:.1f} in the first half, then +{second:.1f}")
        for name, (quiet, attacked) in zip(("with its limits", "without limits"), halves, strict=True):
            print(f"the engine's loop, ms, the door {name}:")
            print(f"{_words(attacked)} with requests, {_words(quiet)} without")
            print(f"p99 {_at(attacked, 0.99) / _at(quiet, 0.99):.2f} times that without requests")
        print("no answer, row or line of the log has a secret")
    return 0


def _clocks(folder: Path) -> Path:
    return folder / "clocks.json"


def _door(folder: Path) -> tuple[str, ...]:
    """The command for the door, which believes that it is a day ago."""
    set_clocks(_clocks(folder), wall=-DAY)
    return sys.executable, "-m", "tests.intents.door_process", str(_clocks(folder))


async def _lateness(loop: asyncio.AbstractEventLoop, until: float | Future[Hostility]) -> list[float]:
    """How long (ms) the engine's loop took to turn, again and again until a time or an end."""
    found: list[float] = []
    while time.monotonic() < until if isinstance(until, float) else not until.done():
        began = time.perf_counter()
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop))
        found.append((time.perf_counter() - began) * 1_000)
        await asyncio.sleep(_LOOK)
    return found


def _at(found: list[float], share: float) -> float:
    return sorted(found)[int(len(found) * share)]


def _words(found: list[float]) -> str:
    return f"p50 {_at(found, 0.5):.2f}, p99 {_at(found, 0.99):.2f}, of {len(found)} turns"


def _memory(engine: AlertedEngine) -> tuple[float, float]:
    """The most that this process and that of the door have had (MB)."""
    status = Path(f"/proc/{engine.keeper.pid}/status").read_text()
    door = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024, door / 1_024


if __name__ == "__main__":
    raise SystemExit(main())
