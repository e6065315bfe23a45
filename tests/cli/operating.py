"""What the tests of the operator's commands share: engines in processes, and a look at the venue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from hypertui.exchange.hyperliquid import SigningKey
from hypertui.server.client import engines
from hypertui.venue.model.orders import VenueOrder
from tests.support.live_engine import wait_until
from tests.support.local_venue import LocalVenue
from tests.support.prefork import Process

DEADLINE = 60
SECRET = "0x" + "78" * 32
ADDRESS = SigningKey.parse(SECRET).address
SOL = ["--symbol", "SOL", "--unit-size", "0.5", "--position-size", "2000", "--leverage", "20"]
BTC = ["--symbol", "BTC", "--unit-size", "100", "--position-size", "2000", "--leverage", "20"]


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Wait for what processes do, which have to start first, and to which each look costs something."""
    wait_until(condition, what, DEADLINE, every=0.02)


def environment(folder: Path) -> dict[str, str]:
    """One without anybody's settings; the state folder is in `folder`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
    return clean | {"XDG_STATE_HOME": str(folder / "state"), "HYPERTUI_SECRET_KEY": SECRET}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hypertui", *arguments]


class Engine:
    """A headless engine in a process of its own; a context manager."""

    def __init__(self, home: dict[str, str], cwd: Path, venue: LocalVenue, *arguments: str) -> None:
        self.errors = (cwd / f"errors {arguments[1]}").open("w+")
        self.process = Process(
            command("run", "--headless", "--base-url", venue.base_url, *arguments),
            env=home, cwd=cwd, stdout=subprocess.DEVNULL, stderr=self.errors,
        )  # fmt: skip

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE)
        self.errors.close()


def working(venue: LocalVenue) -> list[VenueOrder]:
    account = venue.core.account(ADDRESS)
    return [] if account is None else list(account.open_orders.values())


def sides(venue: LocalVenue) -> str:
    return "".join(
        sorted("S" if order.side == "sell" else "B" for order in venue.call(lambda: working(venue)))
    )


def held(venue: LocalVenue, symbol: str) -> Decimal:
    account = venue.core.account(ADDRESS)
    assert account is not None
    return account.size(symbol)


def trades(home: dict[str, str]) -> bool:
    """Whether all engines that run here trade, and one does."""
    state = Path(home["XDG_STATE_HOME"]) / "hypertui" / "paper"
    modes = []
    for engine in engines(state):
        modes += [trade.mode for trade in engine.hello.trades]
        engine.close()
    return bool(modes) and set(modes) == {"running"}
