"""What the tests of the notices share: a receiver on loopback, channels to it, and views of an engine."""

from __future__ import annotations

import json
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.notices.channels import Channel
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Acknowledgement, Alarm, Mode, Network, Severity, Snapshot

MINUTE = 60_000
HOUR = 60 * MINUTE
NOON = 20_000 * 24 * HOUR + 12 * HOUR  # of some day, in ms


def load_apprise() -> None:
    """Load it where what it is deprecated for is nobody's failure; skip the test where it is not there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        apprise = pytest.importorskip("apprise", reason="no apprise: install the extra notices")
        apprise.Apprise.instantiate("json://127.0.0.1")  # which loads the rest of it


class Receiver:
    """What arrives at an address on loopback; it answers with `status`, after `hold` has been opened."""

    def __init__(self) -> None:
        self.status = 200
        self.hold = threading.Event()
        self.hold.set()
        self.came = threading.Semaphore(0)  # a step for each request, before it is answered
        self.bodies: list[dict[str, Any]] = []
        self.gets = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append(json.loads(body))
                receiver.came.release()
                receiver.hold.wait(30)
                try:
                    self.send_response(receiver.status)
                    self.end_headers()
                except OSError:
                    pass  # whoever asked has gone

            def do_GET(self) -> None:
                receiver.gets += 1
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    @property
    def texts(self) -> list[str]:
        """The words that arrived, in their order."""
        return [body["message"] for body in self.bodies]

    def channel(self, number: int = 1, least: Severity = Severity.INFO) -> Channel:
        """A channel to it, whose address holds a secret."""
        return Channel(f"json {number}", least, self.url)

    @property
    def url(self) -> str:
        return f"json://user:hunter2@127.0.0.1:{self.server.server_port}/s3cret"


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.thread.start()
    try:
        yield receiver
    finally:
        receiver.hold.set()
        receiver.server.shutdown()
        receiver.server.server_close()


def nobody(number: int = 1) -> Channel:
    """A channel to where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return Channel(f"json {number}", Severity.INFO, f"json://127.0.0.1:{port}/s3cret")


def snapshot(*alarms: Alarm, at: int = NOON, name: str = "BTC", **others: Any) -> Snapshot:
    fields: dict[str, Any] = {
        "seq": 1,
        "at": at,
        "started_at": at,
        "name": name,
        "network": Network.PAPER,
        "account": "0x" + "a1" * 20,
        "instrument": KNOWN_INSTRUMENTS["BTC"],
        "leverage": 5,
        "unit_size": Decimal(100),
        "mode": Mode.RUNNING,
        "alarms": alarms,
    }
    return Snapshot(**fields | others)


def alarm(key: str = "stale", severity: Severity = Severity.WARNING, at: int = NOON, **others: Any) -> Alarm:
    return replace(Alarm(key, severity, f"{key} it is", at, at), **others)


def acknowledged(known: Alarm, at: int) -> Alarm:
    return replace(known, acknowledged=Acknowledgement("ann@host", at))


class Desk:
    """An engine to be looked at, whose view a test sets."""

    def __init__(self, *trades: Snapshot) -> None:
        self.view = EngineView(trades or (snapshot(),))


class Hands:
    """A clock (ms) that moves when a test says so, or by `step` with each look."""

    def __init__(self, now: int = NOON, step: int = 0) -> None:
        self.now = now
        self.step = step

    def __call__(self) -> int:
        self.now += self.step
        return self.now


Clock = Callable[[], int]
