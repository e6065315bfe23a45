"""What a service manager is told (Type=notify): that the start is over, that the engine's loop goes on, that
it leaves."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

from hypertui.port.engine import EngineView
from hypertui.port.verdict import has_started

_PARTS = 3  # of its patience: when the manager hears of the loop


def notify(message: str, environment: Mapping[str, str] = os.environ) -> None:
    """Send a line to the manager, where there is one. Waits for nothing and raises nothing."""
    name = environment.get("NOTIFY_SOCKET", "")
    if not name:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        # A name of the abstract kind is written with an @, and begins with a NUL.
        sender.sendto(message.encode(), f"\0{name[1:]}" if name.startswith("@") else name)


def watchdog(environment: Mapping[str, str], pid: int) -> float | None:
    """Seconds between two signs of life for this process; None where nobody waits for them."""
    said, whose = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", str(pid))
    if not said.isdecimal() or int(said) == 0 or whose != str(pid):
        return None
    return int(said) / 1e6 / _PARTS


class ServiceReport:
    """Told from the engine's own loop, so that one which stalls is noticed. `every` is that of `watchdog`."""

    def __init__(self, every: float | None, send: Callable[[str], None] = notify) -> None:
        self._every = every
        self._send = send
        self._ready = self._stopping = False
        self._due = 0.0

    def look(self, view: EngineView, now: float, *, leaving: bool) -> None:
        """Say what is due at `now` (seconds of the loop's clock)."""
        trades = view.trades
        # Where none is left the start has failed: that is for the exit status to say.
        if not (self._ready or all(trade.over for trade in trades)) and all(map(has_started, trades)):
            self._ready = True
            self._send("READY=1")
        if leaving and not self._stopping:
            self._stopping = True
            self._send("STOPPING=1")
        if self._every is not None and now >= self._due:
            self._due = now + self._every
            self._send("WATCHDOG=1")
