"""Another process signs with the same key: a nonce that it has spent costs an answer, never an order."""

from __future__ import annotations

import sys
from decimal import Decimal
from itertools import cycle
from pathlib import Path

import pytest

from hypertui.exchange.hyperliquid import HyperliquidExchange, NonceSource, SigningKey, nonces, paper
from hypertui.exchange.protocol import Exchange
from hypertui.execution.timing import Timing
from tests.support.live_engine import LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue
from tests.support.prefork import Process

DEADLINE = 60.0  # seconds; only a failing test waits that long
SECRET = "0x" + "5e" * 32

# Seconds. On a machine that is busy whoever has the file may not run for longer than an engine waits for it.
PATIENCE = 10.0

# Spends nonces from a file, or so many from a number on, on cancels of an order that there is not.
BESIDE = """
import asyncio, sys, time
from pathlib import Path
from hypertui.exchange.hyperliquid import HyperliquidExchange, NonceSource, SigningKey, nonces, paper

nonces._PATIENCE = {patience}
url, secret, folder, first, number = sys.argv[1:]
first, number = int(first), int(number)
source = NonceSource(clock=lambda: first) if first else NonceSource(Path(folder))

async def main():
    exchange = HyperliquidExchange(paper(url), SigningKey.parse(secret), nonces=source)
    for _ in range(number):
        expires_at = time.time_ns() // 1_000_000 + 60_000
        await exchange.cancel("SOL", ["0x" + "ee" * 16], expires_at)
    await exchange.close()

asyncio.run(main())
""".replace("{patience}", str(PATIENCE))


def beside(venue: LocalVenue, number: int, folder: Path = Path(), first: int = 0) -> Process:
    """Another process that signs so many actions with the engine's key."""
    arguments = [venue.base_url, SECRET, str(folder), str(first), str(number)]
    return Process([sys.executable, "-c", BESIDE, *arguments])


class SharedKey(LiveEngine):
    """An engine that signs with that key, and draws its nonces from a source that is given."""

    nonces: NonceSource

    async def _connect(self, account: str | None) -> Exchange:
        return HyperliquidExchange(paper(self.venue.base_url), self.key, nonces=self.nonces)


def engine(venue: LocalVenue, nonces: NonceSource) -> SharedKey:
    """An engine that is yet to run."""
    live = SharedKey(venue, timing=Timing(300, 800))
    live.key, live.nonces = SigningKey.parse(SECRET), nonces
    return live


def duplicates(live: LiveEngine) -> list[str]:
    """What the engine tells of nonces that were spent already."""
    return [event.text for event in live.engine.events_after(0) if "duplicate nonce" in event.text]


def test_an_order_whose_nonce_another_process_has_spent_is_asked_about_and_sent_anew() -> None:
    """Without a common file, and both in the very same milliseconds."""
    clock = [wall_clock]
    with (
        LocalVenue({"SOL": Decimal(150)}) as venue,
        engine(venue, NonceSource(clock=lambda: clock[-1]())) as live,
    ):
        live.opened()
        before = {order["cloid"] for order in live.working()}
        ahead = wall_clock() + 600_000
        assert beside(venue, 2, first=ahead).wait(DEADLINE) == 0
        clock.append(lambda: ahead)
        live.go_to(1)
        assert duplicates(live)
        working = live.working()
        assert [Decimal(order["triggerPx"]) for order in working] == [
            live.unit_price(u) for u in (-3, -2, -1, 0)
        ]
        assert len({order["cloid"] for order in working} - before) == 1
        assert sum(Decimal(order["sz"]) for order in working) == live.held()


def test_processes_with_a_common_file_are_in_nobody_s_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nonces, "_PATIENCE", PATIENCE)
    with LocalVenue({"SOL": Decimal(150)}) as venue, engine(venue, NonceSource(tmp_path)) as live:
        live.opened()
        other = beside(venue, 150, tmp_path)
        for unit in cycle((1, 2, 1, 0)):
            live.go_to(unit)
            if other.poll() is not None:
                break
        assert other.returncode == 0
        assert duplicates(live) == []
