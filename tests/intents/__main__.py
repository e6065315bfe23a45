"""`make hostile-webhook`: many hostile requests to the door of an engine, and what they came to."""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import threading
import time
from pathlib import Path

from tests.intents.alerts import alerted
from tests.intents.hostile import HOSTILE, Hostility, send
from tests.support.local_venue import LocalVenue

_AT_ONCE = 8


def main() -> int:
    """Attack; returns 0 where nothing came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--count", type=int, default=10_000)
    given = parser.parse_args()
    told = Hostility()
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalVenue() as venue,
        alerted(venue, Path(folder)) as engine,
    ):
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        numbers, turn = iter(range(given.first, given.first + given.count)), threading.Lock()

        def attack() -> None:
            while True:
                with turn:
                    number = next(numbers, None)
                if number is None:
                    return
                send(HOSTILE[number % len(HOSTILE)], engine, number, told)

        attackers = [threading.Thread(target=attack) for _ in range(_AT_ONCE)]
        late = asyncio.run(_lateness(engine.live.engine._loop, attackers))
        took = time.monotonic() - began
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        told.judge(engine)
        said = "".join(told.answers)
        assert not any(secret in said for secret in engine.tokens.values()), "a secret in an answer"
        rows = len(engine.rows())
        print(f"{given.count} requests in {took:.1f} s: {dict(told.statuses)}")
        print(f"denied {dict(engine.desk.view.denied)}, {rows} rows, memory grew by {grown / 1024:.1f} MB")
        print(f"the engine's loop was late by p99 {late:.1f} ms")
    return 0


async def _lateness(loop: asyncio.AbstractEventLoop | None, attackers: list[threading.Thread]) -> float:
    """The p99 of how long (ms) the engine's loop took to turn while these ran."""
    assert loop is not None, "the engine runs"
    for attacker in attackers:
        attacker.start()
    found: list[float] = []
    while any(attacker.is_alive() for attacker in attackers):
        began = time.perf_counter()
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop))
        found.append((time.perf_counter() - began) * 1_000)
        await asyncio.sleep(0.01)
    return sorted(found)[int(len(found) * 0.99)]


if __name__ == "__main__":
    raise SystemExit(main())
